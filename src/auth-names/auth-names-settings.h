#ifndef AUTH_NAMES_SETTINGS_H
#define AUTH_NAMES_SETTINGS_H

#include "host-settings.h"

/* What pop3-ext-auth(7) calls by the same names */
struct auth_names_settings {
	pool_t pool;

	const char *pop3_ext_names_forms;
	const char *pop3_ext_names_hosts;
	unsigned int pop3_ext_names_recent_days;
	/* of 2.3 */
	const char *pop3_ext_names_dict;
};

bool auth_names_settings_equal(const struct auth_names_settings *set1,
			       const struct auth_names_settings *set2);

extern const struct setting_parser_info pop3_ext_names_setting_parser_info;

#endif
