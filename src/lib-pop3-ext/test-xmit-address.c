/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "smtp-address.h"
#include "smtp-parser.h"
#include "test-common.h"

#include "pop3-ext-limits.h"
#include "xmit-address.h"

static pool_t pool;

/* All addresses with blanks between them, or "!" and the error. */
static const char *test_parse(const char *value)
{
	struct xmit_address_parser parser;
	struct smtp_address *address;
	string_t *str = t_str_new(128);
	const char *error;
	int ret;

	xmit_address_parser_init(&parser, value, strlen(value),
				 "default.example");
	while ((ret = xmit_address_parser_next(&parser, pool, &address,
					       &error)) > 0) {
		if (str_len(str) > 0)
			str_append_c(str, ' ');
		str_append(str, xmit_address_to_text(address));
	}
	if (ret < 0) {
		if (xmit_address_parser_next(&parser, pool, &address,
					     &error) != 0)
			return "it goes on after an error";
		return t_strconcat("!", error, NULL);
	}
	return str_c(str);
}

static const struct {
	const char *value, *result;
} lists[] = {
	/* the usual ones */
	{ "", "" },
	{ "   \r\n\t", "" },
	{ "bob@example.net", "bob@example.net" },
	{ "<bob@example.net>", "bob@example.net" },
	{ " Bob <bob@example.net>", "bob@example.net" },
	{ "bob@example.net (Bob, the builder)", "bob@example.net" },
	{ "\"Bob, the builder\" <bob@example.net>", "bob@example.net" },
	{ "=?utf-8?q?B=C3=B6b=2C_x=40y?= <bob@example.net>", "bob@example.net" },
	{ "B\xf6" "b <bob@example.net>", "bob@example.net" },
	{ "Dr. Bob J. <bob@example.net>", "bob@example.net" },
	{ "a@x.example, b@x.example,c@x.example",
	  "a@x.example b@x.example c@x.example" },
	{ "a@x.example,\r\n\tB <b@x.example>,\r\n (c, d) <c@x.example>\r\n",
	  "a@x.example b@x.example c@x.example" },
	{ "Bob@Example.NET", "Bob@Example.NET" },

	/* without a domain */
	{ "bob", "bob@default.example" },
	{ "<bob>", "bob@default.example" },
	{ "Bob <bob>, carol (Carol)",
	  "bob@default.example carol@default.example" },
	{ "Bob <\"b o b\">", "\"b o b\"@default.example" },
	{ "\"bob\"", "!\"bob\"" },
	{ "Bob Builder", "!Bob Builder" },

	/* empty elements */
	{ "a@x.example,", "a@x.example" },
	{ ",, a@x.example , ,b@x.example, (nobody),",
	  "a@x.example b@x.example" },
	{ "<>", "!<>" },
	{ "Nobody <>", "!Nobody <>" },

	/* groups */
	{ "Recipient list suppressed:;", "" },
	{ "undisclosed-recipients: ;, a@x.example", "a@x.example" },
	{ "list: a@x.example, B <b@x.example>;, c",
	  "a@x.example b@x.example c@default.example" },
	{ "\"a:b;c\": a@x.example;", "a@x.example" },
	{ "list:a,;,", "a@default.example" },
	{ "list: a@x.example", "!a@x.example (the group has no end)" },
	{ "list: a@x.example; b@x.example", "!b@x.example" },
	{ "list: other: a@x.example;;", "!other" },
	{ "a@x.example; b@x.example", "!a@x.example" },
	{ "a@x.example;", "!a@x.example" },
	{ ": a@x.example;", "!" },
	{ ";", "!" },
	{ "mailto:bob@example.net", "!bob@example.net (the group has no end)" },
	{ "bob@example.net: a;", "!bob@example.net" },

	/* local parts */
	{ "\"a b\"@x.example", "\"a b\"@x.example" },
	{ "\"a\\\"b\\\\\"@x.example", "\"a\\\"b\\\\\"@x.example" },
	{ "\"a@b\"@x.example", "\"a@b\"@x.example" },
	{ "\"a.b\"@x.example", "a.b@x.example" },
	{ "a.b+c=d/e@x.example", "a.b+c=d/e@x.example" },
	{ "a.b.@x.example", "\"a.b.\"@x.example" },
	{ "a..b@x.example", "\"a..b\"@x.example" },
	{ " a (x) @ x . (y) example ", "a@x.example" },
	{ "\"\"@x.example", "!\"\"@x.example" },
	{ "@x.example", "!@x.example" },
	{ "a b@x.example", "!a b@x.example" },
	{ "\"a\x01\"@x.example",
	  "!\"a?\"@x.example (it has characters that no address has)" },
	{ "\"a\tb\"@x.example",
	  "!\"a b\"@x.example (it has characters that no address has)" },
	{ "\"a\r\n b\"@x.example", "\"a b\"@x.example" },
	{ "\"a\\\r\n b\"@x.example", "\"a\\\\ b\"@x.example" },
	{ "\"a\\\rb\"@x.example",
	  "!\"a\\ b\"@x.example (it has characters that no address has)" },

	/* domains */
	{ "a@[192.0.2.1]", "a@[192.0.2.1]" },
	{ "a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]" },
	{ "a@[192.0.2.1", "!a@[192.0.2.1" },
	{ "a@[192.0.2.256]", "!a@[192.0.2.256] (" },
	{ "a@[x>y]", "!a@[x>y] (" },
	{ "a@[a:b>]", "!a@[a:b>] (" },
	{ "a@", "!a@" },
	{ "a@.", "!a@." },
	{ "a@x.", "!a@x." },
	{ "a@x..example", "!a@x..example" },
	{ "a@.example", "!a@.example" },
	{ "a@x y", "!a@x y" },
	{ "a@x_y.example", "a@x_y.example" },
	{ "a@x!y", "!a@x!y (" },
	{ "a@b@x.example", "!a@b@x.example" },
	{ "a@xn--bcher-kva.example", "a@xn--bcher-kva.example" },
	{ "a@x.xn--bcher-kva", "a@x.xn--bcher-kva" },

	/* broken */
	{ "a@x.example b@x.example", "!a@x.example b@x.example" },
	{ "a@x.example, b@x.example c, d@x.example", "!b@x.example c" },
	{ "<a@x.example", "!<a@x.example" },
	{ "a@x.example>", "!a@x.example>" },
	{ "<<a@x.example>>", "!<<a@x.example>>" },
	{ "<a@x.example> <b@x.example>", "!<a@x.example> <b@x.example>" },
	{ "<a@x.example, b@x.example>", "!<a@x.example, b@x.example>" },
	{ "<a@x.example> b", "!<a@x.example> b" },
	{ "(a@x.example", "!(a@x.example" },
	{ "\"a@x.example", "!\"a@x.example" },
	{ "a@x.example (b", "!a@x.example (b" },
	{ "a@x.example\\, b", "!a@x.example\\, b" },
	{ "a\x80@x.example", "!a?@x.example (" },

	/* routes */
	{ "<@y.example:a@x.example>",
	  "!<@y.example:a@x.example> (source routes are not supported)" },
	{ "A < (c) @y.example,@z.example:a@x.example>",
	  "!A < (c) @y.example,@z.example:a@x.example> "
	  "(source routes are not supported)" },
	{ "<@y.example a@x.example>",
	  "!<@y.example a@x.example> (source routes are not supported)" },
	{ "a%x.example@y.example", "a%x.example@y.example" },
	{ "x.example!a@y.example", "x.example!a@y.example" },

	/* names that should be quoted */
	{ "bob@example.net <bob@example.net>", "bob@example.net" },
	{ "Bob (x@y.example) B. \"C\" <bob@example.net> (z)",
	  "bob@example.net" },

	/* what the host uses for missing parts, and what is used here */
	{ "MISSING_MAILBOX@MISSING_DOMAIN", "MISSING_MAILBOX@MISSING_DOMAIN" },
	{ "sentinel@sentinel, a@x.example,",
	  "sentinel@sentinel a@x.example" },

	/* not ASCII */
	{ "b\xc3\xb6" "b@example.net", "b\xc3\xb6" "b@example.net" },
	{ "bob@b\xc3\xbc" "cher.example", "bob@b\xc3\xbc" "cher.example" },
	{ "b\xc3\xb6" "b", "b\xc3\xb6" "b@default.example" },
	{ "b\xf6" "b@example.net",
	  "!b?b@example.net (it has characters that no address has)" },
	{ "b\xc2\x85" "b@example.net",
	  "!b?b@example.net (it has characters that no address has)" },
	{ "bob@a\xe2\x80\xa8" "b.example",
	  "!bob@a?b.example (it has characters that no address has)" },
};

/* An error's reason may come from the host: the table ends with "(" then. */
static bool result_matches(const char *result, const char *wanted)
{
	size_t len = strlen(wanted);

	if (*wanted == '!' && wanted[len - 1] == '(') {
		return strncmp(result, wanted, len) == 0 &&
			result[strlen(result) - 1] == ')';
	}
	return strcmp(result, wanted) == 0;
}

static void test_xmit_address_lists(void)
{
	const char *result;
	unsigned int i;

	test_begin("xmit address: lists");
	for (i = 0; i < N_ELEMENTS(lists); i++) T_BEGIN {
		result = test_parse(lists[i].value);
		if (!result_matches(result, lists[i].result))
			test_assert_strcmp_idx(result, lists[i].result, i);
	} T_END;
	test_end();
}

/* NULs don't hide what is behind them. */
static void test_xmit_address_nuls(void)
{
	static const char *const values[] = {
		"a@x.example\0, b@x.example", "\0", "a\0b@x.example",
		"\"a\0\"@x.example", "<a@x.example\0>", "a@x.example (\0",
	};
	static const size_t sizes[] = { 26, 1, 13, 14, 15, 14 };
	struct xmit_address_parser parser;
	struct smtp_address *address;
	const char *error;
	unsigned int i;

	test_begin("xmit address: NULs");
	for (i = 0; i < N_ELEMENTS(values); i++) {
		xmit_address_parser_init(&parser, values[i], sizes[i], "x");
		test_assert_idx(xmit_address_parser_next(
			&parser, pool, &address, &error) < 0, i);
	}
	test_end();
}

static void test_xmit_address_create(void)
{
	static const struct {
		const char *localpart, *domain, *text;
	} tests[] = {
		{ "a", "x.example", "a@x.example" },
		{ "a b", "x.example", "\"a b\"@x.example" },
		{ "a\"b\\", "x", "\"a\\\"b\\\\\"@x" },
		{ "a", "[::1]", NULL },
		{ "a", "[IPv6:::1]", "a@[IPv6:::1]" },
		{ "a>", "x", "\"a>\"@x" },
		{ NULL, "x", NULL }, { "", "x", NULL },
		{ "a", NULL, NULL }, { "a", "", NULL },
		{ "a\n", "x", NULL }, { "a\r", "x", NULL }, { "a\x7f", "x", NULL },
		{ "a", "x\n", NULL }, { "a", "x y", NULL }, { "a", "x>", NULL },
		{ "a", "x> SIZE=1", NULL }, { "a", "x@y", NULL },
		{ "a", ".", NULL }, { "a", "x.", NULL },
	};
	struct smtp_address *address;
	const char *error;
	unsigned int i;
	int ret;

	test_begin("xmit address: create");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		error = NULL;
		ret = xmit_address_create(pool, tests[i].localpart,
					  tests[i].domain, &address, &error);
		test_assert_idx((ret < 0) == (tests[i].text == NULL), i);
		test_assert_idx((ret < 0) == (error != NULL), i);
		if (ret == 0) {
			test_assert_strcmp_idx(smtp_address_encode(address),
					       tests[i].text, i);
		}
	}
	test_end();
}

static void test_xmit_address_length(void)
{
	const size_t rest = strlen("@x.example");
	struct smtp_address *address;
	const char *error;
	char part[POP3_EXT_MAX_ADDRESS + 2];
	size_t size;

	test_begin("xmit address: length");
	memset(part, 'a', sizeof(part));
	for (size = 1; size < sizeof(part); size++) {
		test_assert_idx((xmit_address_create(
			pool, t_strndup(part, size), "x.example",
			&address, &error) == 0) ==
			(size + rest <= POP3_EXT_MAX_ADDRESS), size);
		test_assert_idx((xmit_address_create(
			pool, "a", t_strndup(part, size),
			&address, &error) == 0) ==
			(size <= POP3_EXT_MAX_DOMAIN), size);
	}
	/* quoting counts */
	memset(part, '"', sizeof(part));
	size = (POP3_EXT_MAX_ADDRESS - rest - 2) / 2;
	test_assert(xmit_address_create(pool, t_strndup(part, size),
					"x.example", &address, &error) == 0);
	test_assert(xmit_address_create(pool, t_strndup(part, size + 1),
					"x.example", &address, &error) < 0);
	test_end();
}

static void test_xmit_address_ascii(void)
{
	struct smtp_address *address;
	const char *error;
	bool host_utf8 = smtp_char_is_atext(0xc3);

	test_begin("xmit address: not ASCII");
	test_assert(xmit_address_create(pool, "a", "xn--bcher-kva.example",
					&address, &error) == 0);
	test_assert(xmit_address_is_ascii(address));
	test_assert(xmit_address_is_usable(address));

	test_assert(xmit_address_create(pool, "b\xc3\xb6" "b", "x.example",
					&address, &error) == 0);
	test_assert(!xmit_address_is_ascii(address));
	test_assert(xmit_address_is_usable(address) == host_utf8);
	test_assert_strcmp(xmit_address_to_text(address),
			   "b\xc3\xb6" "b@x.example");

	test_assert(xmit_address_create(pool, "b\xc3\xb6 b", "x\xc3\xb6.example",
					&address, &error) == 0);
	test_assert(!xmit_address_is_ascii(address));
	test_assert(strstr(xmit_address_to_text(address),
			   "b\xc3\xb6 b") != NULL);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_xmit_address_lists,
		test_xmit_address_nuls,
		test_xmit_address_create,
		test_xmit_address_length,
		test_xmit_address_ascii,
		NULL
	};
	int ret;

	pool = pool_alloconly_create("test xmit address", 4096);
	ret = test_run(test_functions);
	pool_unref(&pool);
	return ret;
}
