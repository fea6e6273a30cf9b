/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "test-common.h"

#include "pop3-ext-limits.h"
#include "reply-text.h"

static void test_reply_text_sanitize(void)
{
	static const struct {
		const char *in;
		size_t max_size;
		const char *out;
	} tests[] = {
		{ "", 10, "" },
		{ "Hello", 10, "Hello" },
		{ "  a \r\n\t b\v\f ", 10, "a b" },
		{ "a\r\n-ERR b", 20, "a -ERR b" },
		{ "\x01\x1b[0m\x7f", 10, "??[0m?" },
		{ "b\xc3\xb6se\xe2\x82\xac\xf0\x9f\x98\x80", 20, "b?se??" },
		{ "\xff\xc3\xe2\x82", 10, "????" },
		{ "1234567890", 10, "1234567890" },
		{ "12345678901", 10, "1234567..." },
		{ "123456789 \n", 10, "123456789" },
		{ "123456789 \nx", 10, "1234567..." },
		{ "123", 2, ".." },
		{ "123", 0, "" },
	};
	unsigned int i;

	test_begin("reply text: sanitize");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(reply_text_sanitize(tests[i].in,
							   tests[i].max_size),
				       tests[i].out, i);
	}
	test_assert_strcmp(reply_text_sanitize_data("a\0b\0", 4, 10), "a?b?");
	test_end();
}

static void test_reply_text_line(void)
{
	static const struct {
		const char *status, *code, *text, *line;
	} tests[] = {
		{ "+OK", NULL, "Fine", "+OK Fine" },
		{ "-ERR", NULL, "No", "-ERR No" },
		{ "-ERR", "SYS/TEMP", "No", "-ERR [SYS/TEMP] No" },
		/* nobody else's response code */
		{ "-ERR", NULL, "[AUTH] x [y]", "-ERR (AUTH) x [y]" },
		{ "-ERR", NULL, " \r\n[AUTH x", "-ERR (AUTH x" },
		{ "-ERR", "SYS/PERM", "[192.0.2.1] said: no",
		  "-ERR [SYS/PERM] [192.0.2.1] said: no" },
		/* always a text */
		{ "+OK", NULL, "", "+OK Done." },
		{ "-ERR", "SYS/PERM", " \r\n", "-ERR [SYS/PERM] Failed." },
		/* one line */
		{ "-ERR", NULL, "a\r\n.\r\n+OK b\n", "-ERR a . +OK b" },
		{ "-ERR", NULL, "b\xc3\xb6se", "-ERR b?se" },
	};
	unsigned int i;

	test_begin("reply text: line");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(reply_text(tests[i].status,
						  tests[i].code, tests[i].text),
				       tests[i].line, i);
	}
	test_end();
}

static void test_reply_text_length(void)
{
	string_t *text = t_str_new(1024);
	const char *line;
	size_t size;

	test_begin("reply text: length");
	for (size = 1; size < 600; size++) {
		str_append_c(text, 'x');
		line = reply_text("-ERR", "SYS/TEMP", str_c(text));
		test_assert_idx(strlen(line) + 2 == I_MIN(
			strlen("-ERR [SYS/TEMP] ") + size + 2,
			POP3_EXT_MAX_REPLY_LINE), size);
	}
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_reply_text_sanitize,
		test_reply_text_line,
		test_reply_text_length,
		NULL
	};
	return test_run(test_functions);
}
