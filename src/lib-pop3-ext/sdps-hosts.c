/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str-sanitize.h"

#include "login-name.h"
#include "sdps-hosts.h"

/* Octets of a wrong name that are quoted */
#define HOST_LOG_MAX 64

static bool has_control_char(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return TRUE;
	}
	return FALSE;
}

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
	if (!login_name_host_is_valid(words[0])) {
		*error_r = t_strdup_printf("%s is not the name of a host",
					   str_sanitize(words[0], HOST_LOG_MAX));
		return -1;
	}
	if (words[1] != NULL && has_control_char(words[1])) {
		*error_r = "there is a control character in the user's name";
		return -1;
	}
	*host_r = t_str_lcase(words[0]);
	*user_r = words[1] == NULL ? *host_r : words[1];
	return 1;
}
