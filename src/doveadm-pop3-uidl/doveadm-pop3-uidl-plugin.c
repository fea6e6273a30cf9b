/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* What doveadm's module loader sees. It ignores modules whose symbols are not
   there: without the code of the mail plugin pop3_uidl there are no such
   commands. */

#include "lib.h"

#include "doveadm-uidl.h"

void doveadm_pop3_uidl_plugin_init(struct module *module);
void doveadm_pop3_uidl_plugin_deinit(void);

static const struct doveadm_cmd_ver2 *const uidl_commands[] = {
	&doveadm_uidl_cmd_list,
	&doveadm_uidl_cmd_export,
	&doveadm_uidl_cmd_import,
	&doveadm_uidl_cmd_verify,
	&doveadm_uidl_cmd_release,
	&doveadm_uidl_cmd_rename,
	&doveadm_uidl_cmd_forget,
};

void doveadm_pop3_uidl_plugin_init(struct module *module ATTR_UNUSED)
{
	struct doveadm_cmd_ver2 cmd;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(uidl_commands); i++) {
		/* it is copied */
		cmd = *uidl_commands[i];
		doveadm_cmd_register_ver2(&cmd);
	}
}

void doveadm_pop3_uidl_plugin_deinit(void)
{
}
