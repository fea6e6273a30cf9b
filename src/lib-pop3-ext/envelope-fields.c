/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The delivery writes its fields on top of the message, below them stands what
   the sender wrote. So only the topmost of the named fields is believed, even
   when it makes no sense: the next one may be the sender's. */

#include "lib.h"
#include "istream.h"
#include "message-header-parser.h"
#include "str.h"

#include "envelope-fields.h"
#include "pop3-ext-limits.h"

static bool
field_is_wanted(const struct message_header_line *hdr, const char *const *names)
{
	for (; *names != NULL; names++) {
		if (strcasecmp(hdr->name, *names) == 0)
			return TRUE;
	}
	return FALSE;
}

/* A value that is longer than any address with its comments is cut, and then
   holds no address. */
static void
value_append(string_t *value, const struct message_header_line *hdr)
{
	size_t room = POP3_EXT_MAX_ENVELOPE_VALUE + 1 - str_len(value);

	if (hdr->continued && room > 0) {
		str_append_c(value, ' ');
		room--;
	}
	str_append_data(value, hdr->value, I_MIN(hdr->value_len, room));
}

/* Returns 1 when value has the topmost field, 0 when there is none, -1 when the
   stream has failed. */
static int
value_read(struct istream *input, const char *const *names, string_t *value)
{
	struct message_header_parser_ctx *parser;
	struct message_header_line *hdr;
	bool found = FALSE;

	parser = message_parse_header_init(input, NULL, 0);
	while (message_parse_header_next(parser, &hdr) > 0) {
		if (hdr->eoh)
			break;
		if (!hdr->continued) {
			if (found)
				break;
			found = field_is_wanted(hdr, names);
		}
		if (found)
			value_append(value, hdr);
	}
	message_parse_header_deinit(&parser);
	if (input->stream_errno != 0)
		return -1;
	return found ? 1 : 0;
}

int envelope_fields_read(struct istream *input, const char *const *names,
			 pool_t pool, const char *default_domain,
			 enum envelope_address_type *type_r,
			 struct smtp_address **address_r)
{
	string_t *value = t_str_new(256);
	int ret;

	*type_r = ENVELOPE_ADDRESS_NONE;
	ret = value_read(input, names, value);
	if (ret <= 0)
		return ret;
	if (str_len(value) > POP3_EXT_MAX_ENVELOPE_VALUE ||
	    memchr(str_data(value), '\0', str_len(value)) != NULL)
		return 0;
	*type_r = envelope_address_parse(pool, str_c(value), default_domain,
					 address_r);
	return 0;
}
