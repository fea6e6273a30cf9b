/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "test-common.h"

#include "pop3-ext-limits.h"
#include "pop4-msgset.h"

static const char *ranges_text(const ARRAY_TYPE(seq_range) *ranges)
{
	const struct seq_range *range;
	string_t *str = t_str_new(64);

	array_foreach(ranges, range) {
		str_printfa(str, "%s%u", str_len(str) == 0 ? "" : ",",
			    range->seq1);
		if (range->seq2 != range->seq1)
			str_printfa(str, ":%u", range->seq2);
	}
	return str_c(str);
}

static void test_pop4_msgset_good(void)
{
	static const struct {
		const char *text;
		uint32_t last;
		const char *all, *named;
	} tests[] = {
		{ "1", 1, "1", "1" },
		{ "*", 7, "7", "7" },
		{ "3:5", 9, "3:5", "" },
		{ "5:3", 9, "3:5", "" },
		{ "2:*", 9, "2:9", "" },
		{ "9:*", 9, "9", "" },
		{ "1:9,4,4,2", 9, "1:9", "2,4" },
		{ "7,1,3:4,2", 9, "1:4,7", "1:2,7" },
		{ "0000000009", 9, "9", "9" },
		{ "1:4294967294", 4294967294U, "1:4294967294", "" },
		{ "4294967295", 4294967295U, "4294967295", "4294967295" },
	};
	struct pop4_msgset set;
	const char *error;
	unsigned int i;

	test_begin("pop4 msgset: good");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		pop4_msgset_init(&set, pool_datastack_create());
		test_assert_idx(pop4_msgset_add(&set, tests[i].text,
						tests[i].last, &error) == 0, i);
		test_assert_strcmp_idx(ranges_text(&set.all), tests[i].all, i);
		test_assert_strcmp_idx(ranges_text(&set.named),
				       tests[i].named, i);
	}
	test_end();
}

static void test_pop4_msgset_bad(void)
{
	static const struct {
		const char *text;
		uint32_t last;
		const char *error;
	} tests[] = {
		{ "", 9, "bad message set: " },
		{ "0", 9, "bad message set: 0" },
		{ "0:3", 9, "bad message set: 0:3" },
		{ "1,", 9, "bad message set: 1," },
		{ ",1", 9, "bad message set: ,1" },
		{ "1,,2", 9, "bad message set: 1,,2" },
		{ "1:", 9, "bad message set: 1:" },
		{ ":1", 9, "bad message set: :1" },
		{ "1:2:3", 9, "bad message set: 1:2:3" },
		{ "*:1", 9, "bad message set: *:1" },
		{ "**", 9, "bad message set: **" },
		{ "1 2", 9, "bad message set: 1 2" },
		{ "-1", 9, "bad message set: -1" },
		{ "+1", 9, "bad message set: +1" },
		{ "a", 9, "bad message set: a" },
		{ "00000000001", 9, "bad message set: 00000000001" },
		{ "10", 9, "no such message: 10" },
		{ "1:10", 9, "no such message: 1:10" },
		{ "10:*", 9, "no such message: 10:*" },
		{ "1:4294967295", 9, "no such message: 1:4294967295" },
		{ "4294967297", 9, "no such message: 4294967297" },
		{ "9999999999", 4294967295U, "no such message: 9999999999" },
		{ "*", 0, "no such message: *" },
		{ "1:*", 0, "no such message: 1:*" },
	};
	struct pop4_msgset set;
	const char *error;
	unsigned int i;

	test_begin("pop4 msgset: bad");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		pop4_msgset_init(&set, pool_datastack_create());
		test_assert_idx(pop4_msgset_add(&set, tests[i].text,
						tests[i].last, &error) < 0, i);
		test_assert_strcmp_idx(error, tests[i].error, i);
	}
	test_end();
}

static void test_pop4_msgset_words(void)
{
	struct pop4_msgset set;
	const char *error;

	test_begin("pop4 msgset: words");
	pop4_msgset_init(&set, pool_datastack_create());
	test_assert(pop4_msgset_add(&set, "1", 20, &error) == 0);
	test_assert(pop4_msgset_add(&set, "4:6,9", 20, &error) == 0);
	test_assert(pop4_msgset_add(&set, "*", 20, &error) == 0);
	test_assert_strcmp(ranges_text(&set.all), "1,4:6,9,20");
	test_assert_strcmp(ranges_text(&set.named), "1,9,20");
	test_end();
}

static void test_pop4_msgset_many(void)
{
	string_t *str = t_str_new(64 * 1024);
	struct pop4_msgset set;
	const char *error;
	unsigned int i;

	test_begin("pop4 msgset: many ranges");
	for (i = 1; i <= POP4_MAX_RANGES; i++)
		str_printfa(str, "%s%u", i == 1 ? "" : ",", i * 2);
	pop4_msgset_init(&set, pool_datastack_create());
	test_assert(pop4_msgset_add(&set, str_c(str), 100000, &error) == 0);
	test_assert(array_count(&set.all) == POP4_MAX_RANGES);

	/* the limit is one of all words together */
	test_assert(pop4_msgset_add(&set, "1", 100000, &error) < 0);
	test_assert_strcmp(error, "bad message set: too many ranges");
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_pop4_msgset_good,
		test_pop4_msgset_bad,
		test_pop4_msgset_words,
		test_pop4_msgset_many,
		NULL
	};
	return test_run(test_functions);
}
