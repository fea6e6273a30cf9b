/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "test-common.h"

#include "pop3-args.h"

static void test_pop3_args_split(void)
{
	static const struct {
		const char *line, *words;
	} tests[] = {
		{ "", "" },
		{ "  \t ", "" },
		{ "XTND", "XTND" },
		{ "XTND XMIT", "XTND|XMIT" },
		{ " \tXTND   XLST\tFrom:  12 ", "XTND|XLST|From:|12" },
		{ "a\"b c\" \xff", "a\"b|c\"|\xff" },
	};
	const char *line, *words;
	unsigned int i;

	test_begin("pop3 args: split");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(t_strarray_join(
			pop3_args_split(tests[i].line), "|"),
			tests[i].words, i);
		line = tests[i].line;
		words = pop3_args_next(&line);
		test_assert_idx(strncmp(tests[i].words, words,
					strlen(words)) == 0, i);
	}

	line = " a  b ";
	test_assert_strcmp(pop3_args_next(&line), "a");
	test_assert_strcmp(line, "b ");
	test_assert_strcmp(pop3_args_next(&line), "b");
	test_assert_strcmp(line, "");
	test_assert_strcmp(pop3_args_next(&line), "");
	test_assert_strcmp(line, "");
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_pop3_args_split,
		NULL
	};
	return test_run(test_functions);
}
