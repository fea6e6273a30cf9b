/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* A part of a mail as RPRT sends it: where it lies there, and the stream that
   converts it (pop4-part-stream.c). The host's IMAP BINARY does the same with a
   temporary file. */

#include "lib.h"
#include "istream.h"
#include "message-part-data.h"
#include "mail-storage-private.h"

#include "mail-compat.h"
#include "pop3-ext-limits.h"
#include "pop4-content.h"

static const char *const mode_names[] = {
	[POP4_CONTENT_RAW] = "RAW",
	[POP4_CONTENT_HEAD] = "HEAD",
	[POP4_CONTENT_BODY] = "BODY",
	[POP4_CONTENT_DATA] = "DATA",
	[POP4_CONTENT_TEXT] = "TEXT",
};

bool pop4_content_mode_parse(const char *name, enum pop4_content_mode *mode_r)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(mode_names); i++) {
		if (strcasecmp(mode_names[i], name) == 0) {
			*mode_r = i;
			return TRUE;
		}
	}
	return FALSE;
}

static bool content_is_decoded(const struct pop4_content *content)
{
	return content->mode == POP4_CONTENT_DATA ||
		content->mode == POP4_CONTENT_TEXT;
}

/* Where it lies in the mail, and how long it is there and with CRLFs */
static void
content_range(const struct pop4_content *content, uoff_t *offset_r,
	      struct message_size *size_r)
{
	const struct message_part *part = content->part;

	*offset_r = part->physical_pos;
	i_zero(size_r);
	switch (content->mode) {
	case POP4_CONTENT_RAW:
		*size_r = part->header_size;
		message_size_add(size_r, &part->body_size);
		break;
	case POP4_CONTENT_HEAD:
		*size_r = part->header_size;
		break;
	case POP4_CONTENT_BODY:
	case POP4_CONTENT_DATA:
	case POP4_CONTENT_TEXT:
		*offset_r += part->header_size.physical_size;
		*size_r = part->body_size;
		break;
	}
}

static enum pop4_content_result content_read_failed(struct pop4_content *content)
{
	mail_set_critical(content->mail, "read(%s) failed: %s",
			  i_stream_get_name(content->raw),
			  content->raw->stream_errno != 0 ?
			  i_stream_get_error(content->raw) : "Shorter than known");
	return POP4_CONTENT_STORAGE_ERROR;
}

static enum pop4_content_result
content_open_raw(struct pop4_content *content, uoff_t offset, uoff_t size)
{
	struct istream *stream;

	if (mail_get_stream_because(content->mail, NULL, NULL, "MIME part",
				    &stream) < 0)
		return POP4_CONTENT_STORAGE_ERROR;
	i_stream_seek(stream, offset);
	content->raw = i_stream_create_limit(stream, size);
	content->raw_size = size;
	return POP4_CONTENT_OK;
}

static enum pop4_content_result
content_read_header(struct pop4_content *content, pool_t pool)
{
	const struct message_part *part = content->part;
	enum pop4_content_result ret;

	ret = content_open_raw(content, part->physical_pos,
			       I_MIN(part->header_size.physical_size,
				     POP3_EXT_MAX_HEADER_SIZE));
	if (ret != POP4_CONTENT_OK)
		return ret;
	pop4_part_header_read(content->raw, pool, &content->header);
	if (content->raw->stream_errno != 0)
		ret = content_read_failed(content);
	pop4_content_close(content);

	if (ret == POP4_CONTENT_OK &&
	    content->header.cte == MESSAGE_CTE_UNKNOWN) {
		content->error = "unknown transfer encoding";
		return POP4_CONTENT_UNDECODABLE;
	}
	if (content->header.charset == NULL ||
	    *content->header.charset == '\0')
		content->header.charset = MESSAGE_PART_DEFAULT_CHARSET;
	return ret;
}

enum pop4_content_result
pop4_content_init(struct pop4_content *content, pool_t pool, struct mail *mail,
		  const struct message_part *part, enum pop4_content_mode mode)
{
	i_zero(content);
	content->mail = mail;
	content->part = part;
	content->mode = mode;
	if (!content_is_decoded(content))
		return POP4_CONTENT_OK;

	if ((part->flags & MESSAGE_PART_FLAG_MULTIPART) != 0) {
		content->error = "it is a multipart";
		return POP4_CONTENT_UNDECODABLE;
	}
	if (mode == POP4_CONTENT_TEXT &&
	    (part->flags & MESSAGE_PART_FLAG_TEXT) == 0) {
		content->error = "it is no text";
		return POP4_CONTENT_UNDECODABLE;
	}
	return content_read_header(content, pool);
}

/* The size of decoded data, from the cache only. */
static bool
content_get_cached_size(struct pop4_content *content, uoff_t *size_r)
{
	const struct message_part *part = content->part;
	uoff_t physical_size = part->header_size.physical_size +
		part->body_size.physical_size;
	uoff_t virtual_size = part->header_size.virtual_size +
		part->body_size.virtual_size;
	struct mail_binary_properties bprops;
	struct message_part alone = *part;
	int ret;

	if (part->children != NULL)
		return FALSE;
	/* The host takes as the part all that begins within so many octets in
	   the mail as it has with CRLFs, which are too many where lines end
	   in LF, and then corrects this size: so it gets the other one, and
	   the rest of the correction is done here. */
	alone.header_size.virtual_size = part->header_size.physical_size;
	alone.body_size.virtual_size = part->body_size.physical_size;

	content->mail->lookup_abort = MAIL_LOOKUP_ABORT_READ_MAIL;
	ret = mail_get_binary_properties(content->mail, &alone, FALSE, &bprops);
	content->mail->lookup_abort = MAIL_LOOKUP_ABORT_NEVER;
	*size_r = bprops.size + virtual_size - physical_size;
	return ret >= 0;
}

bool pop4_content_get_size(struct pop4_content *content, uoff_t *size_r)
{
	struct message_size size;
	uoff_t offset;

	if (content->mode == POP4_CONTENT_TEXT)
		return FALSE;
	if (content->mode == POP4_CONTENT_DATA &&
	    pop4_part_is_encoded(&content->header))
		return content_get_cached_size(content, size_r);
	content_range(content, &offset, &size);
	*size_r = size.virtual_size;
	return TRUE;
}

enum pop4_content_result pop4_content_open(struct pop4_content *content)
{
	enum pop4_content_result ret;
	struct message_size size;
	uoff_t offset;

	content_range(content, &offset, &size);
	ret = content_open_raw(content, offset, size.physical_size);
	if (ret != POP4_CONTENT_OK)
		return ret;
	if (i_stream_create_pop4_part(content->raw, content->mode,
				      &content->header,
				      size.physical_size == size.virtual_size,
				      &content->input) < 0) {
		content->error = "unknown character set";
		return POP4_CONTENT_UNDECODABLE;
	}
	return POP4_CONTENT_OK;
}

enum pop4_content_result pop4_content_finish(struct pop4_content *content)
{
	struct istream *raw = content->raw;

	if (raw->stream_errno != 0 ||
	    (raw->eof && raw->v_offset + i_stream_get_data_size(raw) <
	     content->raw_size))
		return content_read_failed(content);
	if (content->input->stream_errno != 0) {
		content->error = content->header.cte == MESSAGE_CTE_BASE64 ?
			"broken base64" : "broken quoted-printable";
		return POP4_CONTENT_UNDECODABLE;
	}
	return POP4_CONTENT_OK;
}

void pop4_content_close(struct pop4_content *content)
{
	i_stream_unref(&content->input);
	i_stream_unref(&content->raw);
}
