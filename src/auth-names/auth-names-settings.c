/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "net.h"

#include "login-name.h"
#include "auth-names-settings.h"

#undef DEF
#define DEF(type, name) \
	SETTING_DEFINE_STRUCT_##type(#name, name, struct auth_names_settings)
static const struct setting_define auth_names_setting_defines[] = {
	DEF(STR, pop3_ext_names_forms),
	DEF(STR, pop3_ext_names_hosts),
	DEF(STR, pop3_ext_names_proxies),
	DEF(UINT, pop3_ext_names_recent_days),
	HOST_SETTING_DEFINE_DICT(pop3_ext_names, struct auth_names_settings)

	SETTING_DEFINE_LIST_END
};

static const struct auth_names_settings auth_names_default_settings = {
	.pop3_ext_names_forms = "",
	.pop3_ext_names_hosts = "",
	.pop3_ext_names_proxies = "",
	.pop3_ext_names_recent_days = 30,
	.pop3_ext_names_dict = "",
};

static bool hosts_check(const char *list, const char **error_r)
{
	const char *const *words = t_strsplit_spaces(list, ", ");

	for (; *words != NULL; words++) {
		if (**words != '/' && !login_name_suffix_is_valid(*words)) {
			*error_r = t_strdup_printf(
				"pop3_ext_names_hosts: %s is neither a suffix, "
				"which begins with a dot, nor a file's path",
				*words);
			return FALSE;
		}
	}
	return TRUE;
}

int auth_names_networks_parse(const char *list,
			      ARRAY_TYPE(auth_names_network) *networks,
			      const char **error_r)
{
	const char *const *words = t_strsplit_spaces(list, ", ");
	struct auth_names_network network;

	for (; *words != NULL; words++) {
		if (net_parse_range(*words, &network.ip, &network.bits) < 0) {
			*error_r = t_strdup_printf("%s is neither an address "
				"nor a network", *words);
			return -1;
		}
		if (networks != NULL)
			array_push_back(networks, &network);
	}
	return 0;
}

static bool
auth_names_settings_check(void *_set, pool_t pool ATTR_UNUSED,
			  const char **error_r)
{
	const struct auth_names_settings *set = _set;
	enum login_name_form forms;
	const char *error;

	if (HOST_SETTING_IS_KNOWN(set->pop3_ext_names_forms) &&
	    login_name_forms_parse(set->pop3_ext_names_forms, &forms,
				   &error) < 0) {
		*error_r = t_strdup_printf("pop3_ext_names_forms: %s", error);
		return FALSE;
	}
	if (HOST_SETTING_IS_KNOWN(set->pop3_ext_names_hosts) &&
	    !hosts_check(set->pop3_ext_names_hosts, error_r))
		return FALSE;
	if (HOST_SETTING_IS_KNOWN(set->pop3_ext_names_proxies) &&
	    auth_names_networks_parse(set->pop3_ext_names_proxies, NULL,
				      &error) < 0) {
		*error_r = t_strdup_printf("pop3_ext_names_proxies: %s", error);
		return FALSE;
	}
	if (set->pop3_ext_names_recent_days < 1 ||
	    set->pop3_ext_names_recent_days > AUTH_NAMES_MAX_RECENT_DAYS) {
		*error_r = t_strdup_printf("pop3_ext_names_recent_days "
			"must be between 1 and %u", AUTH_NAMES_MAX_RECENT_DAYS);
		return FALSE;
	}
	return TRUE;
}

bool auth_names_settings_equal(const struct auth_names_settings *set1,
			       const struct auth_names_settings *set2)
{
	return strcmp(set1->pop3_ext_names_forms,
		      set2->pop3_ext_names_forms) == 0 &&
		strcmp(set1->pop3_ext_names_hosts,
		       set2->pop3_ext_names_hosts) == 0 &&
		strcmp(set1->pop3_ext_names_proxies,
		       set2->pop3_ext_names_proxies) == 0 &&
		strcmp(set1->pop3_ext_names_dict,
		       set2->pop3_ext_names_dict) == 0 &&
		set1->pop3_ext_names_recent_days ==
		set2->pop3_ext_names_recent_days;
}

const struct setting_parser_info pop3_ext_names_setting_parser_info =
	HOST_SETTINGS_INFO("pop3_ext_names", "auth/libauthdb_pop3_ext_names",
			   struct auth_names_settings,
			   auth_names_setting_defines,
			   &auth_names_default_settings,
			   auth_names_settings_check);
