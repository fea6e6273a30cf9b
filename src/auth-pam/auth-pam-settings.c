/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"

#include "auth-pam-settings.h"

/* The host gives up waiting for its worker after 60 seconds. */
#define TIMEOUT_MAX_SECS 30

#undef DEF
#define DEF(type, name) \
	SETTING_DEFINE_STRUCT_##type(#name, name, struct auth_pam_settings)
static const struct setting_define auth_pam_setting_defines[] = {
	DEF(STR, pop3_ext_xmit_pam_service),
	DEF(TIME, pop3_ext_xmit_pam_timeout),

	SETTING_DEFINE_LIST_END
};

static const struct auth_pam_settings auth_pam_default_settings = {
	.pop3_ext_xmit_pam_service = "dovecot-xmit",
	.pop3_ext_xmit_pam_timeout = 5,
};

static bool
auth_pam_settings_check(void *_set, pool_t pool ATTR_UNUSED,
			const char **error_r)
{
	const struct auth_pam_settings *set = _set;
	const char *service = set->pop3_ext_xmit_pam_service;

	if (HOST_SETTING_IS_KNOWN(service) &&
	    (*service == '\0' || strchr(service, '/') != NULL)) {
		*error_r = "pop3_ext_xmit_pam_service must be the name of a "
			"file in /etc/pam.d";
		return FALSE;
	}
	if (set->pop3_ext_xmit_pam_timeout < 1 ||
	    set->pop3_ext_xmit_pam_timeout > TIMEOUT_MAX_SECS) {
		*error_r = t_strdup_printf("pop3_ext_xmit_pam_timeout "
			"must be between 1 and %u seconds", TIMEOUT_MAX_SECS);
		return FALSE;
	}
	return TRUE;
}

const struct setting_parser_info pop3_ext_pam_setting_parser_info =
	HOST_SETTINGS_INFO("pop3_ext_xmit_pam", "auth/libauthdb_pop3_ext_pam",
			   struct auth_pam_settings,
			   auth_pam_setting_defines,
			   &auth_pam_default_settings,
			   auth_pam_settings_check);
