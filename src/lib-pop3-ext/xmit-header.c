/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* XMIT-HEADER - who sends a message, and to whom

   XTND XMIT has no envelope: the recipients are the addresses of To, Cc and Bcc.
   A message with Resent- fields is one that is sent on; then the addresses of
   the newest block of these count, and the others are those of an earlier
   sending. The newest block is the first one. It ends before a Received or
   Return-Path line, as the message was on its way before it was sent on, or
   where one of its fields comes a second time.

   From: alice@example.org                   sender alice@example.org,
   To: bob@example.net                       recipients carol@example.net
   Resent-From: bob@example.net        =>    (and sent by bob@example.net)
   Resent-To: carol@example.net

   Lines are kept octet by octet. Refused are messages whose header has lines
   that are no header lines, addresses that can't be read where they count, more
   than one From line, no recipient, and all that is over a limit. */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "str.h"

#include "message-header-compat.h"
#include "pop3-ext-limits.h"
#include "reply-text.h"
#include "xmit-address.h"
#include "xmit-address-list.h"
#include "xmit-header.h"

enum field {
	FIELD_TO, FIELD_CC, FIELD_BCC,
	FIELD_FROM, FIELD_SENDER, FIELD_DATE, FIELD_MESSAGE_ID,
	FIELD_RETURN_PATH, FIELD_RECEIVED,
	FIELD_RESENT_TO, FIELD_RESENT_CC, FIELD_RESENT_BCC,
	FIELD_RESENT_FROM, FIELD_RESENT_SENDER, FIELD_RESENT_DATE,
	FIELD_RESENT_MESSAGE_ID,
	FIELD_OTHER,
};

/* in the order of enum field */
static const char *const field_names[] = {
	"To", "Cc", "Bcc",
	"From", "Sender", "Date", "Message-ID",
	"Return-Path", "Received",
	"Resent-To", "Resent-Cc", "Resent-Bcc",
	"Resent-From", "Resent-Sender", "Resent-Date",
	"Resent-Message-ID",
};

enum resent_state {
	RESENT_NONE,
	/* in the newest block */
	RESENT_NEWEST,
	/* behind it */
	RESENT_OLDER,
};

struct xmit_header_parser {
	pool_t pool;
	struct istream *input;
	struct message_header_parser_ctx *ctx;
	struct xmit_header_settings set;

	struct xmit_header header;
	struct xmit_address_list recipients, resent_recipients;
	struct xmit_address_list from, resent_from, sender, resent_sender;

	/* the field that is being read */
	enum field field;
	size_t field_offset;

	enum resent_state resent_state;
	/* 1 << enum field */
	unsigned int resent_fields;

	const char *error;
	bool finished:1;
};

struct xmit_header_parser *
xmit_header_parser_init(pool_t pool, struct istream *input,
			const struct xmit_header_settings *set)
{
	struct xmit_header_parser *parser;

	i_assert(set->max_size > 0 && set->max_recipients > 0 &&
		 set->max_received > 0);

	parser = p_new(pool, struct xmit_header_parser, 1);
	parser->pool = pool;
	parser->input = input;
	parser->set = *set;
	parser->ctx = message_parse_header_init(input, NULL, 0);
	parser->header.text = str_new(default_pool, 4096);
	p_array_init(&parser->header.cuts, pool, 4);
	xmit_address_list_init(&parser->recipients, pool, TRUE);
	xmit_address_list_init(&parser->resent_recipients, pool, TRUE);
	xmit_address_list_init(&parser->from, pool, FALSE);
	xmit_address_list_init(&parser->resent_from, pool, FALSE);
	xmit_address_list_init(&parser->sender, pool, FALSE);
	xmit_address_list_init(&parser->resent_sender, pool, FALSE);
	return parser;
}

void xmit_header_parser_deinit(struct xmit_header_parser **_parser)
{
	struct xmit_header_parser *parser = *_parser;

	if (parser == NULL)
		return;
	*_parser = NULL;
	message_parse_header_deinit(&parser->ctx);
	xmit_address_list_deinit(&parser->recipients);
	xmit_address_list_deinit(&parser->resent_recipients);
	str_free(&parser->header.text);
}

const struct xmit_header *
xmit_header_parser_get(struct xmit_header_parser *parser)
{
	i_assert(parser->finished && parser->error == NULL);
	return &parser->header;
}

/*
 * Fields
 */

static enum field field_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(field_names); i++) {
		if (strcasecmp(field_names[i], name) == 0)
			return i;
	}
	return FIELD_OTHER;
}

static void
parser_add_cut(struct xmit_header_parser *parser,
	       enum xmit_header_cut_type type)
{
	struct xmit_header_cut *cut;

	cut = array_append_space(&parser->header.cuts);
	cut->type = type;
	cut->offset = parser->field_offset;
	cut->size = str_len(parser->header.text) - parser->field_offset;
}

/* A field begins: where are we? */
static void
parser_update_resent(struct xmit_header_parser *parser, const char *name)
{
	bool trace = parser->field == FIELD_RECEIVED ||
		parser->field == FIELD_RETURN_PATH;
	unsigned int bit = 1U << parser->field;

	if (trace && parser->resent_state == RESENT_NEWEST)
		parser->resent_state = RESENT_OLDER;
	if (strncasecmp(name, "Resent-", 7) != 0)
		return;
	if (parser->resent_state == RESENT_NONE) {
		parser->resent_state = RESENT_NEWEST;
		parser->header.resent = TRUE;
		parser->header.resent_offset = parser->field_offset;
	}
	if (parser->field == FIELD_OTHER)
		return;
	if ((parser->resent_fields & bit) != 0)
		parser->resent_state = RESENT_OLDER;
	parser->resent_fields |= bit;
}

static void
parser_addresses(struct xmit_header_parser *parser,
		 struct xmit_address_list *list,
		 const unsigned char *value, size_t size)
{
	xmit_address_list_parse(list, field_names[parser->field], value, size,
				parser->set.default_domain,
				parser->set.max_recipients);
}

/* Fields of a message as it was written */
static void
parser_original_field(struct xmit_header_parser *parser,
		      const unsigned char *value, size_t size)
{
	struct xmit_header *header = &parser->header;

	switch (parser->field) {
	case FIELD_TO:
	case FIELD_CC:
	case FIELD_BCC:
		parser_addresses(parser, &parser->recipients, value, size);
		break;
	case FIELD_FROM:
		header->has_from = TRUE;
		parser_addresses(parser, &parser->from, value, size);
		break;
	case FIELD_SENDER:
		header->has_sender = TRUE;
		parser_addresses(parser, &parser->sender, value, size);
		break;
	case FIELD_DATE:
		header->has_date = TRUE;
		break;
	case FIELD_MESSAGE_ID:
		header->has_message_id = TRUE;
		header->message_id = p_strdup(parser->pool,
			reply_text_sanitize_data(value, size,
						 POP3_EXT_MAX_QUOTED_TEXT));
		break;
	default:
		break;
	}
}

/* Fields of the newest block of Resent- fields */
static void
parser_resent_field(struct xmit_header_parser *parser,
		    const unsigned char *value, size_t size)
{
	struct xmit_header *header = &parser->header;

	switch (parser->field) {
	case FIELD_RESENT_TO:
	case FIELD_RESENT_CC:
	case FIELD_RESENT_BCC:
		parser_addresses(parser, &parser->resent_recipients,
				 value, size);
		break;
	case FIELD_RESENT_FROM:
		header->has_resent_from = TRUE;
		parser_addresses(parser, &parser->resent_from, value, size);
		break;
	case FIELD_RESENT_SENDER:
		header->has_resent_sender = TRUE;
		parser_add_cut(parser, XMIT_HEADER_CUT_RESENT_SENDER);
		parser_addresses(parser, &parser->resent_sender, value, size);
		break;
	case FIELD_RESENT_DATE:
		header->has_resent_date = TRUE;
		break;
	case FIELD_RESENT_MESSAGE_ID:
		header->has_resent_message_id = TRUE;
		break;
	default:
		break;
	}
}

/* A field was read to its end. */
static void
parser_field(struct xmit_header_parser *parser,
	     const unsigned char *value, size_t size)
{
	switch (parser->field) {
	case FIELD_BCC:
	case FIELD_RESENT_BCC:
		parser_add_cut(parser, XMIT_HEADER_CUT_BCC);
		break;
	case FIELD_RETURN_PATH:
		parser_add_cut(parser, XMIT_HEADER_CUT_RETURN_PATH);
		break;
	case FIELD_SENDER:
		parser_add_cut(parser, XMIT_HEADER_CUT_SENDER);
		break;
	case FIELD_RECEIVED:
		if (++parser->header.received_count > parser->set.max_received)
			parser->error = "Too many Received lines: mail loop";
		break;
	default:
		break;
	}
	parser_original_field(parser, value, size);
	if (parser->resent_state == RESENT_NEWEST)
		parser_resent_field(parser, value, size);
}

static const char *
parser_malformed(struct xmit_header_parser *parser,
		 const struct message_header_line *hdr)
{
	string_t *line = t_str_new(256);

	message_header_line_write(line, hdr);
	return p_strdup_printf(parser->pool, "Malformed header line: %s",
		reply_text_sanitize_data(str_data(line), str_len(line),
					 POP3_EXT_MAX_QUOTED_TEXT));
}

static void
parser_line(struct xmit_header_parser *parser, struct message_header_line *hdr)
{
	string_t *text = parser->header.text;

	if (!hdr->continued) {
		if (hdr->name_len == 0 ||
		    !message_header_name_is_valid(hdr->name)) {
			parser->error = parser_malformed(parser, hdr);
			return;
		}
		parser->field = field_find(hdr->name);
		parser->field_offset = str_len(text);
		parser_update_resent(parser, hdr->name);
	}
	message_header_line_write(text, hdr);
	if (hdr->no_newline && !hdr->continues) {
		/* the end of the message */
		str_append(text, "\r\n");
	}
	if (str_len(text) > parser->set.max_size) {
		parser->error = "Header is too long";
		return;
	}
	if (hdr->continues)
		hdr->use_full_value = parser->field != FIELD_OTHER;
	else
		parser_field(parser, hdr->full_value, hdr->full_value_len);
}

/*
 * The whole header
 */

static const char *parser_from_error(const struct xmit_header_parser *parser)
{
	if (parser->header.resent)
		return parser->resent_from.error;
	if (parser->from.fields > 1)
		return "There is more than one From line";
	return parser->from.error;
}

static int
parser_finish(struct xmit_header_parser *parser, const char **error_r)
{
	struct xmit_header *header = &parser->header;
	bool resent = header->resent;
	const struct xmit_address_list *recipients =
		resent ? &parser->resent_recipients : &parser->recipients;
	const struct xmit_address_list *from =
		resent ? &parser->resent_from : &parser->from;
	const struct xmit_address_list *sender =
		resent ? &parser->resent_sender : &parser->sender;
	const struct smtp_address *utf8;

	*error_r = recipients->error != NULL ? recipients->error :
		parser_from_error(parser);
	if (*error_r == NULL && array_count(&recipients->addresses) == 0) {
		*error_r = resent ?
			"No recipient: the message has no Resent-To, "
			"Resent-Cc or Resent-Bcc address" :
			"No recipient: the message has no To, Cc or Bcc address";
	}
	if (*error_r != NULL)
		return -1;

	header->recipients = recipients->addresses;
	header->from = from->addresses;
	header->original_from = parser->from.addresses;
	if (sender->fields == 1 && sender->error == NULL &&
	    array_count(&sender->addresses) == 1)
		header->sender = array_idx_elem(&sender->addresses, 0);

	utf8 = xmit_address_list_find_utf8(recipients);
	if (utf8 == NULL)
		utf8 = xmit_address_list_find_utf8(from);
	if (utf8 != NULL) {
		header->needs_utf8 = TRUE;
		header->utf8_address = p_strdup(parser->pool,
						xmit_address_to_text(utf8));
	}
	return 1;
}

/* Returns 1 = a line was read, 0 = wait, -1 = end of the header or error */
static int parser_read_line(struct xmit_header_parser *parser)
{
	struct message_header_line *hdr;
	int ret;

	ret = message_parse_header_next(parser->ctx, &hdr);
	if (ret == 0)
		return 0;
	if (ret < 0) {
		parser->finished = TRUE;
		if (parser->input->stream_errno != 0) {
			parser->error = p_strdup(parser->pool,
				i_stream_get_error(parser->input));
		}
	} else if (hdr->eoh) {
		parser->finished = TRUE;
	} else T_BEGIN {
		parser_line(parser, hdr);
	} T_END;
	if (message_parse_header_has_nuls(parser->ctx))
		parser->error = "The message contains a NUL octet";
	return parser->finished || parser->error != NULL ? -1 : 1;
}

int xmit_header_parser_more(struct xmit_header_parser *parser,
			    const char **error_r)
{
	int ret;

	i_assert(!parser->finished && parser->error == NULL);

	while ((ret = parser_read_line(parser)) > 0) ;
	if (ret == 0)
		return 0;
	if (parser->error == NULL)
		(void)parser_finish(parser, &parser->error);
	*error_r = parser->error;
	return parser->error == NULL ? 1 : -1;
}
