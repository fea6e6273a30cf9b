/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "fuzzer.h"

#include "sdps-hosts.h"

static void check(bool ok, const char *what)
{
	if (!ok)
		i_panic("wrong: %s", what);
}

static void check_word(const char *line, const char *word)
{
	check(*word != '\0' && strpbrk(word, " \t") == NULL, "a word");
	check(strstr(t_str_lcase(line), t_str_lcase(word)) != NULL, "made up");
}

/* A line */
FUZZ_BEGIN_STR(const char *line)
	const char *host, *user, *error;

	if (sdps_hosts_parse_line(line, &host, &user, &error) > 0) {
		check_word(line, host);
		check_word(line, user);
		check(*host != '#', "a comment");
		check(strcmp(host, t_str_lcase(host)) == 0, "lower case");
	}
FUZZ_END
