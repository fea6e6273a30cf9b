/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "test-common.h"

#include "pop3-ext-limits.h"
#include "pop4-header.h"

static bool header_is_good(const char *text, size_t piece)
{
	struct pop4_header header = { .size = 0 };
	size_t len = strlen(text), pos, size;

	for (pos = 0; pos < len; pos += size) {
		size = I_MIN(piece, len - pos);
		if (!pop4_header_more(&header,
				      (const unsigned char *)text + pos, size))
			return FALSE;
	}
	return pop4_header_finish(&header);
}

static void test_pop4_header(void)
{
	static const struct {
		const char *text;
		bool good;
	} tests[] = {
		{ "Subject: a\r\n\r\nbody\r\n", TRUE },
		{ "Subject:\n\nbody\n", TRUE },
		{ "a:\r\n", TRUE },
		{ "Old-Style \t: b\r\n c\r\n\td\r\n \r\n\r\n: x", TRUE },
		{ "A: \xff\r\nB:x\r\n\r\nany\rthing", TRUE },
		{ "", FALSE },
		{ "\r\nbody\r\n", FALSE },
		{ "\n", FALSE },
		{ " folded: first\r\n", FALSE },
		{ ": no name\r\n\r\n", FALSE },
		{ "From alice Sat Jan  3 01:05:34 1996\nA: b\n\n", FALSE },
		{ "just text\r\n\r\n", FALSE },
		{ "A: b\r\njust text\r\n\r\n", FALSE },
		{ "A: b\r\n: c\r\n\r\n", FALSE },
		{ "A: b\r\nname\r\n\r\n", FALSE },
		{ "A: b\r\n\rC: d\r\n\r\n", FALSE },
		{ "A\xe4: b\r\n\r\n", FALSE },
		{ "A: b", FALSE },
		{ "A: b\r\nC", FALSE },
	};
	unsigned int i;

	test_begin("pop4 header");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(header_is_good(tests[i].text, SIZE_MAX) ==
				tests[i].good, i);
		test_assert_idx(header_is_good(tests[i].text, 1) ==
				tests[i].good, i);
	}
	test_end();
}

static void test_pop4_header_size(void)
{
	string_t *str = t_str_new(POP3_EXT_MAX_HEADER_SIZE + 10);

	test_begin("pop4 header: size");
	str_append(str, "A: ");
	while (str_len(str) < POP3_EXT_MAX_HEADER_SIZE - 4)
		str_append_c(str, 'x');
	str_append(str, "\r\n\r\n");
	test_assert(header_is_good(str_c(str), SIZE_MAX));
	str_append(str, "a body has no limit of its own");
	test_assert(header_is_good(str_c(str), SIZE_MAX));
	str_insert(str, 3, "x");
	test_assert(!header_is_good(str_c(str), SIZE_MAX));
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_pop4_header,
		test_pop4_header_size,
		NULL
	};
	return test_run(test_functions);
}
