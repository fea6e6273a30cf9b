/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "test-common.h"

#include "pop3-ext-limits.h"
#include "pop3-listing.h"
#include "reply-text.h"

static void test_pop3_listing_uidl(void)
{
	static const struct {
		const char *line, *uidl, *error;
	} tests[] = {
		{ "7 0000000158f0a3b1", "0000000158f0a3b1", NULL },
		{ "7   ~!  ", "~!", NULL },
		{ "", NULL, "UIDL has the line \"\"" },
		{ "7", NULL, "UIDL has the line \"7\"" },
		{ "7 ", NULL, "UIDL has the line \"7\"" },
		{ "0 a", NULL, "UIDL has the line \"0 a\"" },
		{ "-1 a", NULL, "UIDL has the line \"-1 a\"" },
		{ "x a", NULL, "UIDL has the line \"x a\"" },
		{ "4294967296 a", NULL, "UIDL has the line \"4294967296 a\"" },
		{ "7 a b", NULL, "UIDL has the line \"7 a b\"" },
		{ "7\ta", NULL, "UIDL has the line \"7 a\"" },
		{ "7 \x1b[1m", NULL, "UIDL has the line \"7 ?[1m\"" },
	};
	string_t *big = t_str_new(POP3_EXT_MAX_UIDL + 16);
	const char *uidl, *error;
	unsigned int i, num;
	int ret;

	test_begin("pop3 listing: UIDL");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		ret = pop3_listing_uidl(t_strdup_noconst(tests[i].line), &num,
					&uidl, &error);
		test_assert_idx(ret == (tests[i].error == NULL ? 0 : -1), i);
		if (ret < 0)
			test_assert_strcmp_idx(error, tests[i].error, i);
		else {
			test_assert_idx(num == 7, i);
			test_assert_strcmp_idx(uidl, tests[i].uidl, i);
		}
	}
	str_append(big, "7 ");
	while (str_len(big) < POP3_EXT_MAX_UIDL + 2)
		str_append_c(big, 'x');
	test_assert(pop3_listing_uidl(t_strdup_noconst(str_c(big)), &num, &uidl,
				      &error) == 0);
	str_append_c(big, 'x');
	test_assert(pop3_listing_uidl(t_strdup_noconst(str_c(big)), &num, &uidl,
				      &error) < 0);
	test_end();
}

static void test_pop3_listing_size(void)
{
	static const struct {
		const char *line;
		uoff_t size;
	} good[] = {
		{ "7 0", 0 },
		{ "7  120", 120 },
		{ "7 120 octets", 120 },
		{ "7 18446744073709551614", UOFF_T_MAX - 1 },
	};
	static const char *const bad[] = {
		"", "7", "7 ", "7 x", "7 1x", "7 -1", "0 120", "120", " 7 120",
		"7 99999999999999999999",
	};
	const char *error;
	unsigned int i, num;
	uoff_t size;

	test_begin("pop3 listing: LIST");
	for (i = 0; i < N_ELEMENTS(good); i++) {
		test_assert_idx(pop3_listing_size(good[i].line, &num, &size,
						  &error) == 0, i);
		test_assert_idx(num == 7 && size == good[i].size, i);
	}
	for (i = 0; i < N_ELEMENTS(bad); i++) {
		error = NULL;
		test_assert_idx(pop3_listing_size(bad[i], &num, &size,
						  &error) < 0, i);
		test_assert_strcmp_idx(error,
			t_strdup_printf("LIST has the line \"%s\"",
				reply_text_sanitize(bad[i], 100)), i);
	}
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_pop3_listing_uidl,
		test_pop3_listing_size,
		NULL
	};
	return test_run(test_functions);
}
