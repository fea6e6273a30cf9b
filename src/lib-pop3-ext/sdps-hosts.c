/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"

#include "sdps-hosts.h"

int sdps_hosts_parse_line(const char *line, const char **host_r,
			  const char **user_r, const char **error_r)
{
	const char *const *words = t_strsplit_spaces(line, " \t");

	if (words[0] == NULL || words[0][0] == '#')
		return 0;
	if (words[1] != NULL && words[2] != NULL) {
		*error_r = "more than a host and a user";
		return -1;
	}
	*host_r = t_str_lcase(words[0]);
	*user_r = words[1] == NULL ? *host_r : words[1];
	return 1;
}
