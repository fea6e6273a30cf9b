/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "str.h"
#include "smtp-address.h"
#include "message-header-parser.h"
#include "test-common.h"
#include "fuzzer.h"

#include "istream-pop3-data.h"
#include "pop3-data-parser.h"
#include "pop3-ext-limits.h"
#include "xmit-address.h"
#include "xmit-header.h"

static const struct smtp_address own_address = {
	.localpart = "me", .domain = "x.example",
};

static void check(bool ok, const char *what)
{
	if (!ok)
		i_panic("wrong: %s", what);
}

/* Whatever comes out as an address can be written into a command. */
static void check_addresses(const ARRAY_TYPE(smtp_address_const) *addresses)
{
	const struct smtp_address *const *address;
	struct smtp_address *parsed;
	const char *text;

	array_foreach(addresses, address) {
		text = xmit_address_to_text(*address);
		check(strlen(text) <= POP3_EXT_MAX_ADDRESS, "length");
		for (const char *p = text; *p != '\0'; p++)
			check((unsigned char)*p >= 0x20 && *p != 0x7f, "octet");
		/* Dovecot 2.4 can write more addresses than it can read. */
		if (!xmit_address_is_ascii(*address))
			continue;
		check(smtp_address_parse_mailbox(pool_datastack_create(), text,
						 0, &parsed, NULL) == 0,
		      "address can't be parsed");
		check(smtp_address_equals(parsed, *address), "address");
	}
}

/* What leaves is one header, without Bcc. */
static void check_finished(const string_t *text, bool bcc)
{
	struct message_header_parser_ctx *ctx;
	struct message_header_line *hdr;
	struct istream *input;
	bool eoh = FALSE;

	input = i_stream_create_from_data(str_data(text), str_len(text));
	ctx = message_parse_header_init(input, NULL, 0);
	while (message_parse_header_next(ctx, &hdr) > 0) {
		eoh = hdr->eoh;
		if (eoh)
			break;
		check(hdr->crlf_newline, "line without CRLF");
		check(hdr->continued || hdr->name_len > 0, "line without name");
		check(bcc || (strcasecmp(hdr->name, "Bcc") != 0 &&
			      strcasecmp(hdr->name, "Resent-Bcc") != 0), "Bcc");
		check(strcasecmp(hdr->name, "Return-Path") != 0, "Return-Path");
	}
	check(eoh && input->v_offset == str_len(text), "end of header");
	message_parse_header_deinit(&ctx);
	i_stream_unref(&input);
}

static void
check_header(const struct xmit_header *header, unsigned int flags)
{
	static const char *const own[] = { "me@x.example", NULL };
	struct xmit_header_additions add;
	string_t *text = t_str_new(1024);
	enum xmit_from_policy policy = (flags >> 2) % 3;
	const char *error;
	bool set_sender;

	check(array_count(&header->recipients) > 0, "no recipient");
	check_addresses(&header->recipients);
	check_addresses(&header->from);
	check_addresses(&header->original_from);

	i_zero(&add);
	add.hostname = add.domain = "x.example";
	add.session_id = add.unique_id = "1";
	add.own_address = &own_address;
	add.keep_bcc = (flags & 1) != 0;
	if (xmit_from_allowed(header, own, policy, &set_sender, &error))
		add.set_sender = set_sender;
	else
		check(policy == XMIT_FROM_OWN && *error != '\0', "policy");
	xmit_header_finish(text, header, &add);
	check_finished(text, add.keep_bcc);
}

static void
fuzz_header(struct istream *input, struct istream *root,
	    const uint8_t *data, size_t size)
{
	const struct xmit_header_settings set = {
		.default_domain = (data[0] & 2) != 0 ? "d.example" : NULL,
		.max_size = 1 + data[1] * 16,
		.max_recipients = 1 + data[2] % 16,
		.max_received = 2,
	};
	struct xmit_header_parser *parser;
	const char *error = NULL;
	pool_t pool = pool_alloconly_create("fuzz xmit header", 1024);
	size_t pos = 0;
	int ret;

	parser = xmit_header_parser_init(pool, input, &set);
	do {
		pos = I_MIN(size, pos + 1 + data[3]);
		test_istream_set_size(root, pos);
		test_istream_set_allow_eof(root, pos == size);
		ret = xmit_header_parser_more(parser, &error);
	} while (ret == 0);
	if (ret > 0)
		check_header(xmit_header_parser_get(parser), data[0]);
	else
		check(error != NULL && *error != '\0', "no error text");
	xmit_header_parser_deinit(&parser);
	pool_unref(&pool);
}

/* The first octets are flags and limits, the rest is what a client sends. */
FUZZ_BEGIN_DATA(const uint8_t *data, size_t size)
	struct pop3_data_parser parser;
	struct istream *root, *input;

	if (size > 4) {
		root = test_istream_create_data(data + 4, size - 4);
		pop3_data_parser_init(&parser, 0);
		input = i_stream_create_pop3_data(root, &parser);
		fuzz_header(input, root, data, size - 4);
		i_stream_unref(&input);
		i_stream_unref(&root);
	}
FUZZ_END
