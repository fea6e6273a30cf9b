/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The settings of KPOP, for the login and the auth process and, for Dovecot
   2.4, for the module from which the config process learns their names. */

#include "lib.h"

#include "kpop-settings.h"

/* The host ends connections that have not logged in after 180 seconds. */
#define TIMEOUT_MAX_SECS 120

static bool
kpop_settings_check(void *_set, pool_t pool, const char **error_r);

#undef DEF
#define DEF(type, name) \
	SETTING_DEFINE_STRUCT_##type(#name, name, struct kpop_settings)
static const struct setting_define kpop_setting_defines[] = {
	DEF(TIME, pop3_ext_kpop_timeout),
	DEF(STR, pop3_ext_kpop_realms),
	DEF(STR, pop3_ext_kpop_services),

	SETTING_DEFINE_LIST_END
};

static const struct kpop_settings kpop_default_settings = {
	.pop3_ext_kpop_timeout = 30,
	.pop3_ext_kpop_realms = "",
	.pop3_ext_kpop_services = "pop",
};

const struct setting_parser_info kpop_setting_parser_info =
	HOST_SETTINGS_INFO("pop3_ext_kpop", "auth/libmech_kpop",
			   struct kpop_settings, kpop_setting_defines,
			   &kpop_default_settings, kpop_settings_check);

static bool
kpop_settings_check(void *_set, pool_t pool ATTR_UNUSED,
		    const char **error_r)
{
	const struct kpop_settings *set = _set;

	if (set->pop3_ext_kpop_timeout < 1 ||
	    set->pop3_ext_kpop_timeout > TIMEOUT_MAX_SECS) {
		*error_r = t_strdup_printf("pop3_ext_kpop_timeout must be "
			"between 1 and %u seconds", TIMEOUT_MAX_SECS);
		return FALSE;
	}
	if (HOST_SETTING_IS_KNOWN(set->pop3_ext_kpop_services) &&
	    *t_strsplit_spaces(set->pop3_ext_kpop_services, ", ") == NULL) {
		*error_r = "pop3_ext_kpop_services must not be empty";
		return FALSE;
	}
	return TRUE;
}
