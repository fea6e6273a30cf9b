/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Tells the config process of Dovecot 2.4 which settings the plugins of this
   suite have. The config process finds the symbols by the module's name.

   There is no pop3_ext_settings_version: when the module is not loaded, a
   configuration with a setting of ours is an error, and no service starts. An
   upgrade of Dovecot without one of ours would stop all mail. */

#include "lib.h"
#include "kpop-settings.h"
#include "auth-names-settings.h"
#include "host-version.h"
#include "pop3-ext-settings.h"
#include "pop3-uidl-settings.h"

struct module;

extern const char *pop3_ext_settings_doveconf_banner;
extern const struct setting_parser_info *pop3_ext_settings_set_infos[];
void pop3_ext_settings_init(struct module *module);

const char *pop3_ext_settings_doveconf_banner = "pop3-ext " POP3_EXT_VERSION;

const struct setting_parser_info *pop3_ext_settings_set_infos[] = {
	&pop3_ext_names_setting_parser_info,
	&pop3_ext_setting_parser_info,
	&kpop_setting_parser_info,
	&pop3_uidl_setting_parser_info,
	NULL
};

void pop3_ext_settings_init(struct module *module ATTR_UNUSED)
{
	const char *reason;

	if (host_knows_settings_of(host_version, &reason))
		return;
	i_error("pop3-ext: Settings are not known: %s. Install the "
		"dovecot-pop3-ext that was built for this Dovecot", reason);
	pop3_ext_settings_set_infos[0] = NULL;
}
