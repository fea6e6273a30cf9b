/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* An mbox of qpopper, which keeps a UIDL in the header X-UIDL, or of the UW
   server, whose UIDLs are the UIDVALIDITY of the first message's X-IMAPbase
   (or X-IMAP) and the X-UID of each.

   A message begins after an empty line with "From ", in which day and month
   have their names. Its lines are never held, they may have any length. */

#include "lib.h"
#include "istream.h"
#include "str.h"
#include "strnum.h"

#include "dovecot-compat.h"
#include "pop3-ext-limits.h"
#include "uidl-digest.h"
#include "uidl-source.h"

#define MBOX_MAX_FROM_LINE 1000

enum mbox_kind {
	MBOX_X_UIDL,
	MBOX_UW,
};

struct mbox_parser {
	struct uidl_source_reader *reader;
	enum mbox_kind kind;
	struct uidl_digest *digest;

	/* of the message */
	string_t *uidl, *message_id;
	uint32_t uid;
	unsigned int line;
	bool begun, in_header;

	uint32_t uid_validity;
	unsigned int messages, found;
};

/* A line with its LF, or a part of one. */
struct mbox_piece {
	const unsigned char *data;
	size_t size;
	/* at the beginning, at the end of a line */
	bool begin, end;
};

static bool has_name(const char *word, const char *const *names)
{
	return strlen(word) == 3 && str_array_icase_find(names, word);
}

static bool is_from_line(const struct mbox_piece *piece)
{
	static const char *const days[] = {
		"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", NULL
	};
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
		"Oct", "Nov", "Dec", NULL
	};
	const char *const *words;

	if (!piece->end || piece->size < 5 ||
	    piece->size > MBOX_MAX_FROM_LINE ||
	    memcmp(piece->data, "From ", 5) != 0)
		return FALSE;
	words = t_strsplit_spaces(t_strndup(piece->data, piece->size),
				  " \r\n");
	for (; words[0] != NULL && words[1] != NULL; words++) {
		if (has_name(words[0], days) && has_name(words[1], months))
			return TRUE;
	}
	return FALSE;
}

/* The value of a header field that is in one line, without space around it. */
static const char *
get_field(const struct mbox_piece *piece, const char *name)
{
	size_t len = strlen(name);
	const char *value;

	if (!piece->begin || !piece->end || piece->size <= len ||
	    piece->data[len] != ':' ||
	    strncasecmp((const char *)piece->data, name, len) != 0)
		return NULL;
	value = t_strndup(piece->data + len + 1, piece->size - len - 1);
	return t_str_trim(value, " \t\r\n");
}

static void mbox_header(struct mbox_parser *parser,
			const struct mbox_piece *piece)
{
	const char *value;

	if ((value = get_field(piece, "Message-ID")) != NULL) {
		str_truncate(parser->message_id, 0);
		str_append(parser->message_id, value);
	} else if (parser->kind == MBOX_X_UIDL) {
		value = get_field(piece, "X-UIDL");
		if (value != NULL && str_len(parser->uidl) == 0)
			str_append(parser->uidl, value);
	} else if ((value = get_field(piece, "X-UID")) != NULL) {
		if (str_to_uint32(value, &parser->uid) < 0)
			parser->uid = 0;
	} else if (parser->messages == 1 &&
		   ((value = get_field(piece, "X-IMAPbase")) != NULL ||
		    (value = get_field(piece, "X-IMAP")) != NULL)) {
		if (str_parse_uint32(value, &parser->uid_validity, &value) < 0)
			parser->uid_validity = 0;
	}
}

static void mbox_begin(struct mbox_parser *parser)
{
	str_truncate(parser->uidl, 0);
	str_truncate(parser->message_id, 0);
	parser->uid = 0;
	parser->line = parser->reader->line;
	parser->begun = parser->in_header = TRUE;
	parser->messages++;
	uidl_digest_begin(parser->digest);
}

static int mbox_end(struct mbox_parser *parser, const char **error_r)
{
	struct uidl_source_record record;
	unsigned int line = parser->reader->line;

	uidl_source_record_init(&record);
	uidl_digest_end(parser->digest, record.content);
	record.order = parser->messages;
	if (str_len(parser->message_id) > 0)
		record.message_id = str_c(parser->message_id);
	if (parser->kind == MBOX_X_UIDL) {
		record.uidl = str_len(parser->uidl) == 0 ? NULL :
			str_c(parser->uidl);
	} else if (parser->uid_validity != 0 && parser->uid != 0) {
		record.uidl = t_strdup_printf("%08x%08x", parser->uid_validity,
					      parser->uid);
	}
	if (record.uidl == NULL)
		return 0;
	parser->found++;
	parser->reader->line = parser->line;
	if (uidl_source_found(parser->reader, &record, error_r) < 0)
		return -1;
	parser->reader->line = line;
	return 0;
}

static bool is_empty_line(const struct mbox_piece *piece)
{
	return piece->begin && (*piece->data == '\n' ||
		(piece->size == 2 && memcmp(piece->data, "\r\n", 2) == 0));
}

static int
mbox_piece(struct mbox_parser *parser, const struct mbox_piece *piece,
	   bool after_empty, const char **error_r)
{
	if (after_empty && is_from_line(piece)) {
		if (parser->begun && mbox_end(parser, error_r) < 0)
			return -1;
		mbox_begin(parser);
		return 0;
	}
	if (!parser->begun) {
		*error_r = "it does not begin as an mbox does";
		return -1;
	}
	if (parser->in_header) {
		if (is_empty_line(piece))
			parser->in_header = FALSE;
		else
			mbox_header(parser, piece);
	}
	(void)uidl_digest_more(parser->digest, piece->data, piece->size);
	return 0;
}

/* Returns 1, 0 at the end. */
static int mbox_next(struct istream *input, struct mbox_piece *piece)
{
	const unsigned char *end = NULL;

	piece->begin = piece->end;
	do {
		piece->data = i_stream_get_data(input, &piece->size);
		if (piece->size > 0)
			end = memchr(piece->data, '\n', piece->size);
	} while (end == NULL && i_stream_read(input) > 0);
	piece->end = end != NULL;
	if (end != NULL)
		piece->size = end + 1 - piece->data;
	return piece->size > 0 ? 1 : 0;
}

static int mbox_lines(struct mbox_parser *parser, const char **error_r)
{
	struct istream *input = parser->reader->input;
	struct mbox_piece piece = { .end = TRUE };
	bool after_empty = TRUE;
	int ret;

	while (mbox_next(input, &piece) > 0) {
		if (piece.begin)
			parser->reader->line++;
		T_BEGIN {
			ret = mbox_piece(parser, &piece,
					 piece.begin && after_empty, error_r);
		} T_END_PASS_STR_IF(ret < 0, error_r);
		if (ret < 0)
			return -1;
		after_empty = is_empty_line(&piece);
		i_stream_skip(input, piece.size);
	}
	if (input->stream_errno != 0) {
		*error_r = t_strdup_printf("can't be read: %s",
					   i_stream_get_error(input));
		return -1;
	}
	return parser->begun ? mbox_end(parser, error_r) : 0;
}

static int
mbox_read(struct uidl_source_reader *reader, enum mbox_kind kind,
	  const char **error_r)
{
	struct mbox_parser parser = { .reader = reader, .kind = kind };
	int ret;

	parser.digest = uidl_digest_init();
	parser.uidl = str_new(default_pool, 128);
	parser.message_id = str_new(default_pool, 128);
	ret = mbox_lines(&parser, error_r);
	if (ret == 0 && parser.found == 0 && parser.messages > 0) {
		reader->line = 0;
		*error_r = kind == MBOX_UW ?
			"it has no X-IMAPbase and X-UID headers" :
			"it has no X-UIDL headers";
		ret = -1;
	}
	str_free(&parser.message_id);
	str_free(&parser.uidl);
	uidl_digest_deinit(&parser.digest);
	return ret;
}

static int x_uidl_read(struct uidl_source_reader *reader, const char **error_r)
{
	return mbox_read(reader, MBOX_X_UIDL, error_r);
}

static int uw_read(struct uidl_source_reader *reader, const char **error_r)
{
	return mbox_read(reader, MBOX_UW, error_r);
}

const struct uidl_source uidl_source_x_uidl = {
	.name = "x-uidl",
	.description = "mbox with X-UIDL headers, as of qpopper",
	.read = x_uidl_read,
};
const struct uidl_source uidl_source_uw = {
	.name = "uw",
	.description = "mbox of the UW server, with X-UID headers",
	.read = uw_read,
};
