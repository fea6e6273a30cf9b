/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "test-common.h"

#include "pop4-args.h"

static void test_pop4_args_split(void)
{
	static const struct {
		const char *args, *words;
	} tests[] = {
		{ "", "" },
		{ "a", "a|" },
		{ "a b-c", "a|b-c|" },
		{ "\"\"", "|" },
		{ "\"\" \"\"", "||" },
		{ "\"a b\" c", "a b|c|" },
		{ "\"a\\\"b\\\\\"", "a\"b\\|" },
		{ "1:*,5 Archive/2003", "1:*,5|Archive/2003|" },
		{ "\xc3\xbc \"\xe2\x82\xac \xf0\x9f\x93\xac\"",
		  "\xc3\xbc|\xe2\x82\xac \xf0\x9f\x93\xac|" },
		{ "\"\xc2\xa0\"", "\xc2\xa0|" },
	};
	const char *const *words, *error;
	string_t *str = t_str_new(64);
	unsigned int i;

	test_begin("pop4 args: split");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(pop4_args_split(tests[i].args, &words,
						&error) == 0, i);
		str_truncate(str, 0);
		for (; *words != NULL; words++)
			str_printfa(str, "%s|", *words);
		test_assert_strcmp_idx(str_c(str), tests[i].words, i);
	}
	test_end();
}

static void test_pop4_args_split_errors(void)
{
	static const struct {
		const char *args, *error;
	} tests[] = {
		{ " ", "a blank too many" },
		{ " a", "a blank too many" },
		{ "a ", "a blank too many" },
		{ "a  b", "a blank too many" },
		{ "\"a\" ", "a blank too many" },
		{ "a\tb", "control character, or not UTF-8" },
		{ "a\"b\"", "quote or backslash in a word that is not quoted" },
		{ "a\\b", "quote or backslash in a word that is not quoted" },
		{ "\"a", "no quote at the end" },
		{ "\"a\\\"", "no quote at the end" },
		{ "\"a\\", "backslash before something else than a quote or backslash" },
		{ "\"\\a\"", "backslash before something else than a quote or backslash" },
		{ "\"a\"b", "no blank after a quoted word" },
		{ "\"a\"\"b\"", "no blank after a quoted word" },
		{ "\"a\x7f\"", "control character, or not UTF-8" },
		{ "\"a\x01\"", "control character, or not UTF-8" },
		{ "\xc2\x80", "control character, or not UTF-8" },
		{ "\xc2\x9f", "control character, or not UTF-8" },
		{ "\xc3", "control character, or not UTF-8" },
		{ "\xc3 a", "control character, or not UTF-8" },
		{ "\xc0\xaf", "control character, or not UTF-8" },
		{ "\xed\xa0\x80", "control character, or not UTF-8" },
		{ "\xf4\x90\x80\x80", "control character, or not UTF-8" },
		{ "\"\xff\"", "control character, or not UTF-8" },
	};
	const char *const *words, *error;
	unsigned int i;

	test_begin("pop4 args: split, errors");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		error = NULL;
		test_assert_idx(pop4_args_split(tests[i].args, &words,
						&error) < 0, i);
		test_assert_strcmp_idx(error, tests[i].error, i);
	}
	test_end();
}

static void test_pop4_word_append(void)
{
	static const struct {
		const char *text, *word;
	} tests[] = {
		{ "", "\"\"" },
		{ "-", "\"-\"" },
		{ "--", "--" },
		{ "123", "\"123\"" },
		{ "123a", "123a" },
		{ "a b", "\"a b\"" },
		{ "a\"\\", "\"a\\\"\\\\\"" },
		{ "Archive/\xc3\xbc", "Archive/\xc3\xbc" },
		{ "a\tb\xff\xc3", "a\xef\xbf\xbd" "b\xef\xbf\xbd\xef\xbf\xbd" },
	};
	string_t *str = t_str_new(64);
	unsigned int i;

	test_begin("pop4 args: append a word");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		str_truncate(str, 0);
		pop4_word_append(str, tests[i].text);
		test_assert_strcmp_idx(str_c(str), tests[i].word, i);
	}
	test_assert(pop4_word_is_valid("") && pop4_word_is_valid("a \" \\ b"));
	test_assert(!pop4_word_is_valid("a\n") && !pop4_word_is_valid("\xff"));
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_pop4_args_split,
		test_pop4_args_split_errors,
		test_pop4_word_append,
		NULL
	};
	return test_run(test_functions);
}
