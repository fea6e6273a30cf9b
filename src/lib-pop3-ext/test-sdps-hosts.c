/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "test-common.h"

#include "sdps-hosts.h"

static void test_sdps_hosts_parse_line(void)
{
	static const struct {
		const char *line;
		int ret;
		const char *host, *user;
	} tests[] = {
		{ "", 0, NULL, NULL },
		{ " \t ", 0, NULL, NULL },
		{ "# host user", 0, NULL, NULL },
		{ "\t#host", 0, NULL, NULL },
		{ "xyz", 1, "xyz", "xyz" },
		{ "XYZ.Demon.example", 1, "xyz.demon.example",
		  "xyz.demon.example" },
		{ "vision25 Bob", 1, "vision25", "Bob" },
		{ "  vision25 \t bob  ", 1, "vision25", "bob" },
		{ "vision25 #bob", 1, "vision25", "#bob" },
		{ "a b c", -1, NULL, NULL },
		{ "a b # c", -1, NULL, NULL },
		{ "under_score bob", -1, NULL, NULL },
		{ ".example bob", -1, NULL, NULL },
		{ "\xef\xbb\xbfhost bob", -1, NULL, NULL },
		{ "host b\001ob", -1, NULL, NULL },
		{ "host bob\x7f", -1, NULL, NULL },
	};
	const char *host, *user, *error;
	unsigned int i;

	test_begin("sdps hosts: parse line");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		host = user = error = NULL;
		test_assert_idx(sdps_hosts_parse_line(tests[i].line, &host,
						      &user, &error) ==
				tests[i].ret, i);
		test_assert_strcmp_idx(host, tests[i].host, i);
		test_assert_strcmp_idx(user, tests[i].user, i);
		test_assert_idx((error != NULL) == (tests[i].ret < 0), i);
	}
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_sdps_hosts_parse_line,
		NULL
	};
	return test_run(test_functions);
}
