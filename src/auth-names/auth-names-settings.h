#ifndef AUTH_NAMES_SETTINGS_H
#define AUTH_NAMES_SETTINGS_H

#include "net.h"
#include "host-settings.h"

/* The most days that "recent:" may show */
#define AUTH_NAMES_MAX_RECENT_DAYS 36500

/* What pop3-ext-auth(7) calls by the same names */
struct auth_names_settings {
	pool_t pool;

	const char *pop3_ext_names_forms;
	const char *pop3_ext_names_hosts;
	const char *pop3_ext_names_proxies;
	unsigned int pop3_ext_names_recent_days;
	/* of 2.3 */
	const char *pop3_ext_names_dict;
};

bool auth_names_settings_equal(const struct auth_names_settings *set1,
			       const struct auth_names_settings *set2);

struct auth_names_network {
	struct ip_addr ip;
	unsigned int bits;
};
ARRAY_DEFINE_TYPE(auth_names_network, struct auth_names_network);
/* A list of networks as in pop3_ext_names_proxies. Returns -1 and error when one
   of them is none; networks_r may be NULL. */
int auth_names_networks_parse(const char *list,
			      ARRAY_TYPE(auth_names_network) *networks,
			      const char **error_r);

extern const struct setting_parser_info pop3_ext_names_setting_parser_info;

#endif
