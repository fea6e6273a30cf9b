/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Lines of PAM's configuration, pam.d(5):

     account required pam_listfile.so item=user ...
     -account [success=1 default=ignore] pam_unix.so
     account include common-account
     @include common-account */

#include "lib.h"

#include "pam-config.h"

enum pam_config_line
pam_config_line_parse(const char *line, const char **included_r)
{
	const char *const *words, *type;

	words = t_strsplit_spaces(t_strcut(line, '#'), " \t\r\n");
	*included_r = NULL;
	if (str_array_length(words) < 2)
		return PAM_CONFIG_LINE_OTHER;
	if (strcasecmp(words[0], "@include") == 0) {
		*included_r = words[1];
		return PAM_CONFIG_LINE_INCLUDE;
	}
	type = *words[0] == '-' ? words[0] + 1 : words[0];
	if (strcasecmp(type, "account") != 0 || words[2] == NULL)
		return PAM_CONFIG_LINE_OTHER;
	if (strcasecmp(words[1], "include") != 0 &&
	    strcasecmp(words[1], "substack") != 0)
		return PAM_CONFIG_LINE_ACCOUNT;
	*included_r = words[2];
	return PAM_CONFIG_LINE_INCLUDE;
}
