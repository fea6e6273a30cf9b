/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "message-header-parser.h"
#include "rfc822-parser.h"
#include "rfc2231-parser.h"

#include "pop4-part-header.h"

static const char *content_type_charset(const struct message_header_line *hdr)
{
	struct rfc822_parser_context parser;
	const char *const *params, *charset = NULL;

	rfc822_parser_init(&parser, hdr->full_value, hdr->full_value_len, NULL);
	rfc822_skip_lwsp(&parser);
	if (rfc822_parse_content_type(&parser, t_str_new(64)) >= 0) {
		(void)rfc2231_parse(&parser, &params);
		for (; charset == NULL && *params != NULL; params += 2) {
			if (strcasecmp(params[0], "charset") == 0)
				charset = params[1];
		}
	}
	rfc822_parser_deinit(&parser);
	return charset;
}

static void header_line(struct message_header_line *hdr, pool_t pool,
			struct pop4_part_header *header)
{
	/* line by line, and the last one counts: as the host's BINARY does */
	if (strcasecmp(hdr->name, "Content-Transfer-Encoding") == 0)
		header->cte = message_decoder_parse_cte(hdr);
	if (strcasecmp(hdr->name, "Content-Type") != 0)
		return;
	if (hdr->continues)
		hdr->use_full_value = TRUE;
	else if (header->charset == NULL)
		header->charset = p_strdup(pool, content_type_charset(hdr));
}

void pop4_part_header_read(struct istream *input, pool_t pool,
			   struct pop4_part_header *header_r)
{
	struct message_header_parser_ctx *parser;
	struct message_header_line *hdr;

	i_zero(header_r);
	header_r->cte = MESSAGE_CTE_78BIT;
	parser = message_parse_header_init(input, NULL, 0);
	while (message_parse_header_next(parser, &hdr) > 0) T_BEGIN {
		header_line(hdr, pool, header_r);
	} T_END;
	message_parse_header_deinit(&parser);
}
