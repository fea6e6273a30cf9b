/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "test-common.h"

#include "pop3-ext-limits.h"
#include "pop4-flags.h"

static void test_pop4_flags_parse(void)
{
	static const struct {
		const char *text;
		enum mail_flags flags;
		const char *keywords, *error;
	} tests[] = {
		{ "-", 0, "", NULL },
		{ "SEEN", MAIL_SEEN, "", NULL },
		{ "seen,Draft,SEEN", MAIL_SEEN | MAIL_DRAFT, "", NULL },
		{ "FLAGGED,ANSWERED", MAIL_FLAGGED | MAIL_ANSWERED, "", NULL },
		{ "forwarded,$FORWARDED", 0, "$Forwarded", NULL },
		{ "Junk,$MDNSent,junk", 0, "Junk,$MDNSent", NULL },
		{ "a.b,a:b,[x,+,1", 0, "a.b,a:b,[x,+,1", NULL },
		{ "", 0, NULL, "bad flag: \"\"" },
		{ "SEEN,", 0, NULL, "bad flag: \"\"" },
		{ ",SEEN", 0, NULL, "bad flag: \"\"" },
		{ "SEEN,-", 0, NULL, "bad flag: \"-\"" },
		{ "Recent", 0, NULL, "bad flag: RECENT can't be changed" },
		{ "a,deleted", 0, NULL, "bad flag: DELETED can't be changed" },
		{ "\\Seen", 0, NULL, "bad flag: \"\\Seen\"" },
		{ "a b", 0, NULL, "bad flag: \"a b\"" },
		{ "a*", 0, NULL, "bad flag: \"a*\"" },
		{ "a\"b", 0, NULL, "bad flag: \"a\"b\"" },
		{ "a\x7f", 0, NULL, "bad flag: \"a\x7f\"" },
		{ "\xc3\xa4", 0, NULL, "bad flag: \"\xc3\xa4\"" },
	};
	struct pop4_flags flags;
	const char *error;
	unsigned int i;
	int ret;

	test_begin("pop4 flags: parse");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		error = NULL;
		ret = pop4_flags_parse(pool_datastack_create(), tests[i].text,
				       &flags, &error);
		test_assert_idx(ret == (tests[i].error == NULL ? 0 : -1), i);
		test_assert_strcmp_idx(error, tests[i].error, i);
		if (ret < 0)
			continue;
		test_assert_idx(flags.flags == tests[i].flags, i);
		test_assert_strcmp_idx(t_strarray_join(flags.keywords, ","),
				       tests[i].keywords, i);
	}
	test_end();
}

static void test_pop4_flags_many(void)
{
	string_t *str = t_str_new(1024);
	struct pop4_flags flags;
	const char *error;
	unsigned int i;

	test_begin("pop4 flags: many");
	for (i = 0; i < POP4_MAX_FLAGS; i++)
		str_printfa(str, "%sk%u", i == 0 ? "" : ",", i);
	test_assert(pop4_flags_parse(pool_datastack_create(), str_c(str),
				     &flags, &error) == 0);
	test_assert(str_array_length(flags.keywords) == POP4_MAX_FLAGS);
	str_append(str, ",k0");
	test_assert(pop4_flags_parse(pool_datastack_create(), str_c(str),
				     &flags, &error) < 0);
	test_assert_strcmp(error, "bad flag: too many of them");
	test_end();
}

static void test_pop4_flags_append(void)
{
	static const struct {
		enum mail_flags flags;
		const char *keywords, *text;
	} tests[] = {
		{ 0, "", "-" },
		{ MAIL_SEEN, "", "SEEN" },
		{ MAIL_FLAGS_MASK, "",
		  "SEEN,ANSWERED,FLAGGED,DRAFT,RECENT,DELETED" },
		{ MAIL_DELETED | MAIL_SEEN, "b $forwarded A",
		  "SEEN,b,FORWARDED,A,DELETED" },
		/* what can't be written is left out */
		{ 0, "seen a,b - DELETED Recent forwarded \xc3\xa4", "-" },
	};
	string_t *str = t_str_new(64);
	unsigned int i;

	test_begin("pop4 flags: append");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		str_truncate(str, 0);
		str_append(str, "7 ");
		pop4_flags_append(str, tests[i].flags,
				  t_strsplit_spaces(tests[i].keywords, " "));
		test_assert_strcmp_idx(str_c(str) + 2, tests[i].text, i);
	}
	str_truncate(str, 0);
	pop4_flags_append(str, 0, NULL);
	test_assert_strcmp(str_c(str), "-");
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_pop4_flags_parse,
		test_pop4_flags_many,
		test_pop4_flags_append,
		NULL
	};
	return test_run(test_functions);
}
