/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The mail plugin pop3_ext. When its code can't be used, POP3 goes on as if the
   plugin were not there, but for logins with a view: they would see the whole
   maildrop, so they are refused. There is no pop3_ext_plugin_version, because
   with it the loader would refuse all of these logins, and every process. */

#include "lib.h"
#include "mail-storage-hooks.h"

#include "host-user.h"
#include "pop3-ext-shim.h"
#include "shim.h"

static const char *const pop3_ext_processes[] = { "pop3", NULL };

/* The settings by which a login sees less, or another folder */
static const char *const view_settings[] = {
	"pop3_ext_view_account",
	"pop3_ext_view_days",
	"pop3_ext_view_folder",
	NULL
};

static struct shim pop3_ext_shim = {
	.name = "pop3_ext",
	.processes = pop3_ext_processes,
	.self = &pop3_ext_shim,
};

static void pop3_ext_refuse_view(struct mail_user *user)
{
	if (host_user_has_setting(user, view_settings)) {
		host_user_refuse(user, t_strdup_printf(
			"pop3_ext: Login with a view refused: %s",
			pop3_ext_shim.error));
	}
}

static const struct mail_storage_hooks pop3_ext_refuse_hooks = {
	.mail_user_created = pop3_ext_refuse_view,
};

void pop3_ext_plugin_preinit(void)
{
	shim_open(&pop3_ext_shim);
}

void pop3_ext_plugin_init(struct module *module)
{
	if (pop3_ext_shim.error[0] == '\0')
		shim_init(&pop3_ext_shim, module);
	else {
		i_error("pop3_ext: Not used: %s", pop3_ext_shim.error);
		/* also for users whose own mail_plugins do not name it */
		mail_storage_hooks_add_forced(module, &pop3_ext_refuse_hooks);
	}
}

void pop3_ext_plugin_deinit(void)
{
	if (pop3_ext_shim.error[0] != '\0')
		mail_storage_hooks_remove(&pop3_ext_refuse_hooks);
	shim_deinit(&pop3_ext_shim);
}
