/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "smtp-address.h"
#include "test-common.h"

#include "envelope-address.h"
#include "pop3-ext-limits.h"
#include "xmit-address.h"

static void test_envelope_address_parse(void)
{
	static const struct {
		const char *value;
		enum envelope_address_type type;
		const char *text;
	} tests[] = {
		{ "fred@xyz.example", ENVELOPE_ADDRESS_FOUND,
		  "fred@xyz.example" },
		{ "<fred@xyz.example>", ENVELOPE_ADDRESS_FOUND,
		  "fred@xyz.example" },
		{ " <fred@xyz.example> ", ENVELOPE_ADDRESS_FOUND,
		  "fred@xyz.example" },
		{ "fred", ENVELOPE_ADDRESS_FOUND, "fred@x.example" },
		{ "\r\n\tfred@xyz.example (Fred)", ENVELOPE_ADDRESS_FOUND,
		  "fred@xyz.example" },
		{ "\"fred f\"@xyz.example", ENVELOPE_ADDRESS_FOUND,
		  "\"fred f\"@xyz.example" },
		{ "fred+x@[192.0.2.1]", ENVELOPE_ADDRESS_FOUND,
		  "fred+x@[192.0.2.1]" },
		{ "a@xyz.example, b@xyz.example", ENVELOPE_ADDRESS_FOUND,
		  "a@xyz.example" },

		{ "<>", ENVELOPE_ADDRESS_NULL, NULL },
		{ " < >\r\n", ENVELOPE_ADDRESS_NULL, NULL },

		{ "", ENVELOPE_ADDRESS_NONE, NULL },
		{ " ", ENVELOPE_ADDRESS_NONE, NULL },
		{ "<", ENVELOPE_ADDRESS_NONE, NULL },
		{ "<> x", ENVELOPE_ADDRESS_NONE, NULL },
		{ "fred@", ENVELOPE_ADDRESS_NONE, NULL },
		{ "@xyz.example", ENVELOPE_ADDRESS_NONE, NULL },
		{ "fred@xyz.example\x01", ENVELOPE_ADDRESS_NONE, NULL },
		{ "fred\x7f@xyz.example", ENVELOPE_ADDRESS_NONE, NULL },
		{ "fred@xyz .example@", ENVELOPE_ADDRESS_NONE, NULL },
		{ "fred f", ENVELOPE_ADDRESS_NONE, NULL },
	};
	struct smtp_address *address;
	enum envelope_address_type type;
	unsigned int i;
	pool_t pool;

	test_begin("envelope_address_parse()");
	pool = pool_alloconly_create("test", 1024);
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		type = envelope_address_parse(pool, tests[i].value, "x.example",
					      &address);
		test_assert_idx(type == tests[i].type, i);
		if (type == ENVELOPE_ADDRESS_FOUND) {
			test_assert_strcmp_idx(xmit_address_to_text(address),
					       tests[i].text, i);
		}
	}
	pool_unref(&pool);
	test_end();
}

static void test_envelope_address_too_long(void)
{
	struct smtp_address *address;
	string_t *str;
	pool_t pool;

	test_begin("envelope_address_parse(): too long");
	pool = pool_alloconly_create("test", 1024);
	str = t_str_new(512);
	while (str_len(str) <= POP3_EXT_MAX_ADDRESS)
		str_append_c(str, 'x');
	str_append(str, "@xyz.example");
	test_assert(envelope_address_parse(pool, str_c(str), "x.example",
					   &address) == ENVELOPE_ADDRESS_NONE);
	pool_unref(&pool);
	test_end();
}

static void test_envelope_address_is_of(void)
{
	struct smtp_address *address;
	pool_t pool;

	test_begin("envelope_address_is_of()");
	pool = pool_alloconly_create("test", 1024);
	test_assert(envelope_address_parse(pool, "Fred@xyz.example", "",
					   &address) == ENVELOPE_ADDRESS_FOUND);
	test_assert(envelope_address_is_of(address, "fred"));
	test_assert(envelope_address_is_of(address, "FRED"));
	test_assert(!envelope_address_is_of(address, "fre"));
	test_assert(!envelope_address_is_of(address, "freda"));
	test_assert(!envelope_address_is_of(address, "fred@xyz.example"));
	test_assert(!envelope_address_is_of(address, ""));
	pool_unref(&pool);
	test_end();
}

static void test_envelope_headers_parse(void)
{
	static const struct {
		const char *value, *joined;
	} tests[] = {
		{ "Delivered-To", "Delivered-To" },
		{ " Delivered-To  X-Original-To,Envelope-To ",
		  "Delivered-To X-Original-To Envelope-To" },
		{ "a b c d e f g h", "a b c d e f g h" },

		{ "", NULL },
		{ " , ", NULL },
		{ "a b c d e f g h i", NULL },
		{ "Delivered-To:", NULL },
		{ "Deliv\xc3\xa9", NULL },
		{ "a\tb", NULL },
	};
	const char *const *headers, *error;
	unsigned int i;
	int ret;

	test_begin("envelope_headers_parse()");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		ret = envelope_headers_parse(pool_datastack_create(),
					     tests[i].value, &headers, &error);
		test_assert_idx(ret == (tests[i].joined == NULL ? -1 : 0), i);
		if (ret == 0) {
			test_assert_strcmp_idx(t_strarray_join(headers, " "),
					       tests[i].joined, i);
		} else {
			test_assert_idx(strstr(error, "header field") != NULL,
					i);
		}
	}
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_envelope_address_parse,
		test_envelope_address_too_long,
		test_envelope_address_is_of,
		test_envelope_headers_parse,
		NULL
	};
	return test_run(test_functions);
}
