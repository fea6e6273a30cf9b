#ifndef PAM_CONFIG_H
#define PAM_CONFIG_H

/* Who has no account line in the file of his PAM service is judged by the
   service "other", which lets everybody pass on many systems. */

enum pam_config_line {
	/* nothing of the account part */
	PAM_CONFIG_LINE_OTHER,
	/* names a module of it */
	PAM_CONFIG_LINE_ACCOUNT,
	/* ... or a file that may do so */
	PAM_CONFIG_LINE_INCLUDE
};

/* What a line of a file in /etc/pam.d says of the account part; continued lines
   (backslash) as one. The file that is included is from the data stack: a path
   or a name in that folder, never empty. */
enum pam_config_line
pam_config_line_parse(const char *line, const char **included_r);

#endif
