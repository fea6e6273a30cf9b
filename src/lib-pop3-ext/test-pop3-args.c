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

static void test_pop3_args_match(void)
{
	static const struct {
		const char *line, *name, *args;
	} tests[] = {
		{ "STAT", "STAT", "" },
		{ "stat 1", "STAT", "1" },
		{ "STATS", "STAT", NULL },
		{ "STA", "STAT", NULL },
		{ "", "STAT", NULL },
		{ "XTND XMIT", "XTND XMIT", "" },
		{ "xtnd\t xMit  a  b ", "XTND XMIT", "a  b " },
		{ "XTND", "XTND XMIT", NULL },
		{ "XTND X MIT", "XTND XMIT", NULL },
		{ "XTNDXMIT", "XTND XMIT", NULL },
		{ "XTND XMIT2", "XTND XMIT", NULL },
	};
	const char *args;
	unsigned int i;
	bool ret;

	test_begin("pop3 args: match");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		args = NULL;
		ret = pop3_args_match(tests[i].line, tests[i].name, &args);
		test_assert_idx(ret == (tests[i].args != NULL), i);
		test_assert_strcmp_idx(args, tests[i].args, i);
	}
	test_end();
}

static void test_pop3_args_numbers(void)
{
	static const struct {
		const char *word;
		uoff_t max, number;
		bool ok;
	} tests[] = {
		{ "0", 0, 0, TRUE },
		{ "1", 0, 0, FALSE },
		{ "12", 12, 12, TRUE },
		{ "13", 12, 0, FALSE },
		{ "120", 12, 0, FALSE },
		{ "0012", 12, 12, TRUE },
		{ "18446744073709551615", UOFF_T_MAX, UOFF_T_MAX, TRUE },
		{ "18446744073709551616", UOFF_T_MAX, 0, FALSE },
		{ "18446744073709551625", UOFF_T_MAX, 0, FALSE },
		{ "99999999999999999999999999", UOFF_T_MAX, 0, FALSE },
		{ "4294967297", 4294967295U, 0, FALSE },
		{ "", 10, 0, FALSE },
		{ "+1", 10, 0, FALSE },
		{ "-1", 10, 0, FALSE },
		{ " 1", 10, 0, FALSE },
		{ "1 ", 10, 0, FALSE },
		{ "1a", 10, 0, FALSE },
		{ "0x1", 10, 0, FALSE },
		{ "1.0", 10, 0, FALSE },
		{ "\xb9", 10, 0, FALSE },
	};
	uoff_t number;
	unsigned int i;

	test_begin("pop3 args: numbers");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		number = 0;
		test_assert_idx((pop3_args_get_number(
			tests[i].word, tests[i].max, &number) == 0) ==
			tests[i].ok, i);
		test_assert_idx(number == tests[i].number, i);
	}
	test_end();
}

static void test_pop3_args_msgnums(void)
{
	static const struct {
		const char *word;
		unsigned int count, msgnum;
		const char *error;
	} tests[] = {
		{ "1", 1, 1, NULL },
		{ "12", 12, 12, NULL },
		{ "0", 12, 0, "There's no message 0." },
		{ "13", 12, 0, "There's no message 13." },
		{ "4294967297", 4294967295U, 0,
		  "There's no message 4294967297." },
		{ "1", 0, 0, "There's no message 1." },
		{ "", 12, 0, "Not a message number: " },
		{ "-1", 12, 0, "Not a message number: -1" },
		{ "1x\x01", 12, 0, "Not a message number: 1x?" },
	};
	const char *error;
	unsigned int i, msgnum;
	int ret;

	test_begin("pop3 args: message numbers");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		error = NULL;
		msgnum = 0;
		ret = pop3_args_get_msgnum(tests[i].word, tests[i].count,
					   &msgnum, &error);
		test_assert_idx((ret == 0) == (tests[i].error == NULL), i);
		test_assert_idx(msgnum == tests[i].msgnum, i);
		test_assert_strcmp_idx(error, tests[i].error, i);
	}
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_pop3_args_split,
		test_pop3_args_match,
		test_pop3_args_numbers,
		test_pop3_args_msgnums,
		NULL
	};
	return test_run(test_functions);
}
