/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "buffer.h"
#include "charset-utf8.h"

#include "istream-compat.h"
#include "istream-charset.h"

/* Converted at a time: as UTF-8 it may be several times as long. */
#define CONVERT_MAX_SIZE 8192

struct charset_istream {
	struct istream_private istream;

	struct charset_translation *charset;
	/* converted, and not skipped yet by the reader */
	buffer_t *buf;
	/* octets of the parent that are known to be no whole character */
	size_t incomplete;
};

static void i_stream_charset_close(struct iostream_private *stream,
				   bool close_parent)
{
	struct charset_istream *cstream =
		container_of(stream, struct charset_istream, istream.iostream);

	if (cstream->charset != NULL)
		charset_to_utf8_end(&cstream->charset);
	buffer_free(&cstream->buf);
	if (close_parent)
		i_stream_close(cstream->istream.parent);
}

static void charset_convert(struct charset_istream *cstream,
			    const unsigned char *data, size_t size)
{
	struct istream *parent = cstream->istream.parent;
	bool more = size > CONVERT_MAX_SIZE;

	size = I_MIN(size, CONVERT_MAX_SIZE);
	(void)charset_to_utf8(cstream->charset, data, &size, cstream->buf);
	i_stream_skip(parent, size);
	cstream->incomplete = more ? 0 : i_stream_get_data_size(parent);
}

static void charset_finish(struct charset_istream *cstream)
{
	buffer_append(cstream->buf, UNICODE_REPLACEMENT_CHAR_UTF8,
		      strlen(UNICODE_REPLACEMENT_CHAR_UTF8));
	i_stream_skip(cstream->istream.parent, cstream->incomplete);
	cstream->incomplete = 0;
}

/* Returns 1 if something was converted, otherwise as read() does. */
static int charset_read_parent(struct charset_istream *cstream)
{
	struct istream_private *stream = &cstream->istream;
	size_t used = cstream->buf->used, size;
	const unsigned char *data;
	int ret;

	while (cstream->buf->used == used) {
		ret = i_stream_read_data(stream->parent, &data, &size,
					 cstream->incomplete);
		i_assert(ret != -2); /* there is next to nothing in it */
		if (ret > 0) {
			charset_convert(cstream, data, size);
			continue;
		}
		if (ret == 0)
			return 0;
		stream->istream.stream_errno = stream->parent->stream_errno;
		if (stream->istream.stream_errno != 0)
			return -1;
		if (cstream->incomplete == 0) {
			stream->istream.eof = TRUE;
			return -1;
		}
		charset_finish(cstream);
	}
	return 1;
}

static ssize_t i_stream_charset_read(struct istream_private *stream)
{
	struct charset_istream *cstream =
		container_of(stream, struct charset_istream, istream);
	size_t max_size, pos;
	int ret;

	buffer_delete(cstream->buf, 0, stream->skip);
	stream->pos -= stream->skip;
	stream->skip = 0;
	stream->buffer = cstream->buf->data;

	max_size = i_stream_get_max_buffer_size(&stream->istream);
	pos = stream->pos;
	if (pos >= max_size)
		return -2;
	if (pos == cstream->buf->used) {
		ret = charset_read_parent(cstream);
		if (ret <= 0)
			return ret;
		stream->buffer = cstream->buf->data;
	}
	stream->pos = I_MIN(cstream->buf->used, max_size);
	return stream->pos - pos;
}

int i_stream_create_charset(struct istream *input, const char *charset,
			    struct istream **stream_r)
{
	struct charset_translation *translation;
	struct charset_istream *cstream;

	if (charset_to_utf8_begin(charset, NULL, &translation) < 0)
		return -1;

	cstream = i_new(struct charset_istream, 1);
	cstream->charset = translation;
	cstream->buf = buffer_create_dynamic(default_pool, CONVERT_MAX_SIZE);
	cstream->istream.max_buffer_size = input->real_stream->max_buffer_size;
	cstream->istream.iostream.close = i_stream_charset_close;
	cstream->istream.read = i_stream_charset_read;
	cstream->istream.istream.readable_fd = FALSE;
	cstream->istream.istream.blocking = input->blocking;
	cstream->istream.istream.seekable = FALSE;
	*stream_r = i_stream_create(&cstream->istream, input,
				    i_stream_get_fd(input),
				    ISTREAM_HIDDEN_INPUTS_NONE, 0);
	return 0;
}
