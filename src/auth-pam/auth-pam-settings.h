#ifndef AUTH_PAM_SETTINGS_H
#define AUTH_PAM_SETTINGS_H

#include "host-settings.h"

/* What pop3-ext-auth(7) calls by the same names. Times are seconds. */
struct auth_pam_settings {
	pool_t pool;

	const char *pop3_ext_xmit_pam_service;
	unsigned int pop3_ext_xmit_pam_timeout;
};

extern const struct setting_parser_info pop3_ext_pam_setting_parser_info;

#endif
