/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Tells the config process of Dovecot 2.4 which settings the plugins of this
   suite have. The config process finds the symbols by the module's name. */

#include "lib.h"
#include "kpop-settings.h"
#include "auth-names-settings.h"
#include "pop3-ext-settings.h"
#include "pop3-uidl-settings.h"

extern const char *pop3_ext_settings_version;
extern const char *pop3_ext_settings_doveconf_banner;
extern const struct setting_parser_info *pop3_ext_settings_set_infos[];

const char *pop3_ext_settings_version = DOVECOT_ABI_VERSION;
const char *pop3_ext_settings_doveconf_banner = "pop3-ext " POP3_EXT_VERSION;

const struct setting_parser_info *pop3_ext_settings_set_infos[] = {
	&pop3_ext_names_setting_parser_info,
	&pop3_ext_setting_parser_info,
	&kpop_setting_parser_info,
	&pop3_uidl_setting_parser_info,
	NULL
};
