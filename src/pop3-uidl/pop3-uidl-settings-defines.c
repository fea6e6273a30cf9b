/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"

#include "pop3-uidl-settings.h"

static bool
pop3_uidl_settings_check(void *_set, pool_t pool, const char **error_r);

#undef DEF
#define DEF(type, name) \
	SETTING_DEFINE_STRUCT_##type(#name, name, struct pop3_uidl_settings)
static const struct setting_define pop3_uidl_setting_defines[] = {
	HOST_SETTING_DEFINE_DICT(pop3_uidl, struct pop3_uidl_settings)
	DEF(STR, pop3_uidl_on_error),

	SETTING_DEFINE_LIST_END
};

static const struct pop3_uidl_settings pop3_uidl_default_settings = {
	.pop3_uidl_dict = "",
	.pop3_uidl_on_error = "refuse",
};

const struct setting_parser_info pop3_uidl_setting_parser_info =
	HOST_SETTINGS_INFO("pop3_uidl", "lib96_pop3_uidl_plugin",
			   struct pop3_uidl_settings, pop3_uidl_setting_defines,
			   &pop3_uidl_default_settings,
			   pop3_uidl_settings_check);

static bool
pop3_uidl_settings_check(void *_set, pool_t pool ATTR_UNUSED,
			 const char **error_r)
{
	const struct pop3_uidl_settings *set = _set;

	if (!HOST_SETTING_IS_KNOWN(set->pop3_uidl_on_error) ||
	    strcmp(set->pop3_uidl_on_error, "refuse") == 0 ||
	    strcmp(set->pop3_uidl_on_error, "host") == 0)
		return TRUE;
	*error_r = t_strdup_printf("pop3_uidl_on_error=%s: must be one of: "
				   "refuse, host", set->pop3_uidl_on_error);
	return FALSE;
}
