/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "test-common.h"

#include "pop3-ext-limits.h"
#include "pop4-folder-name.h"

static const char *deep_name(unsigned int levels)
{
	string_t *str = t_str_new(levels * 2);

	while (levels-- > 0)
		str_append(str, levels > 0 ? "a/" : "a");
	return str_c(str);
}

static void test_pop4_folder_name_check(void)
{
	static const struct {
		const char *name, *error;
	} tests[] = {
		{ "INBOX", NULL },
		{ "a/b c/\xc3\xbc", NULL },
		{ "..", NULL },
		{ "", "it is empty" },
		{ "/", "it begins or ends with /" },
		{ "/a", "it begins or ends with /" },
		{ "a/", "it begins or ends with /" },
		{ "a//b", "there is nothing between two /" },
		{ "a/b\n", "it has control characters, or is not UTF-8" },
		{ "\xff", "it has control characters, or is not UTF-8" },
	};
	const char *error;
	unsigned int i;
	int ret;

	test_begin("pop4 folder name: check");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		error = NULL;
		ret = pop4_folder_name_check(tests[i].name, &error);
		test_assert_idx((ret < 0) == (tests[i].error != NULL), i);
		test_assert_idx(null_strcmp(error, tests[i].error) == 0, i);
	}
	test_assert(pop4_folder_name_check(
		deep_name(POP4_MAX_FOLDER_DEPTH), &error) == 0);
	test_assert(pop4_folder_name_check(
		deep_name(POP4_MAX_FOLDER_DEPTH + 1), &error) < 0);
	test_assert_strcmp(error, "it has too many levels");
	test_end();
}

static void test_pop4_folder_name_translate(void)
{
	static const struct {
		const char *wire, *store;
		char sep;
	} tests[] = {
		{ "a/b.c", "a/b.c", '/' },
		{ "a/b", "a.b", '.' },
		{ "a/b.c", "a.b/c", '.' },
		{ "a/b.c", "a^b.c", '^' },
		{ "\xc3\xbc/^", "\xc3\xbc^/", '^' },
	};
	unsigned int i;

	test_begin("pop4 folder name: translate");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(pop4_folder_name_translate(
			tests[i].wire, tests[i].sep), tests[i].store, i);
		test_assert_strcmp_idx(pop4_folder_name_translate(
			tests[i].store, tests[i].sep), tests[i].wire, i);
	}
	test_end();
}

static void test_pop4_folder_name_parts(void)
{
	test_begin("pop4 folder name: parts");
	test_assert_strcmp(pop4_folder_name_parent("a"), "");
	test_assert_strcmp(pop4_folder_name_last("a"), "a");
	test_assert_strcmp(pop4_folder_name_parent("a/b/c"), "a/b");
	test_assert_strcmp(pop4_folder_name_last("a/b/c"), "c");
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_pop4_folder_name_check,
		test_pop4_folder_name_translate,
		test_pop4_folder_name_parts,
		NULL
	};
	return test_run(test_functions);
}
