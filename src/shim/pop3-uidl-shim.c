/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The mail plugin pop3_uidl. When its code can't be used, a POP3 session would
   list Dovecot's own UIDLs, and clients would fetch all their mail again: so the
   logins of users who have the plugin are refused. */

#include "lib.h"
#include "mail-storage-hooks.h"
#include "master-service.h"

#include "host-user.h"
#include "pop3-uidl-shim.h"
#include "shim.h"

static const char *const pop3_uidl_processes[] = { "pop3", "doveadm", NULL };

static struct shim pop3_uidl_shim = {
	.name = "pop3_uidl",
	.processes = pop3_uidl_processes,
	.self = &pop3_uidl_shim,
};

static bool pop3_uidl_refuses;

static void pop3_uidl_refuse_login(struct mail_user *user)
{
	host_user_refuse(user, t_strdup_printf(
		"pop3_uidl: Login refused, its UIDLs would be others: %s",
		pop3_uidl_shim.error));
}

static const struct mail_storage_hooks pop3_uidl_refuse_hooks = {
	.mail_user_created = pop3_uidl_refuse_login,
};

void pop3_uidl_plugin_preinit(void)
{
	shim_open(&pop3_uidl_shim);
}

void pop3_uidl_plugin_init(struct module *module)
{
	const char *process = master_service_get_name(master_service);

	if (pop3_uidl_shim.error[0] == '\0')
		shim_init(&pop3_uidl_shim, module);
	else if (strcmp(process, "pop3") == 0) {
		pop3_uidl_refuses = TRUE;
		mail_storage_hooks_add(module, &pop3_uidl_refuse_hooks);
	} else {
		i_error("pop3_uidl: Not used: %s", pop3_uidl_shim.error);
	}
}

void pop3_uidl_plugin_deinit(void)
{
	if (pop3_uidl_refuses)
		mail_storage_hooks_remove(&pop3_uidl_refuse_hooks);
	shim_deinit(&pop3_uidl_shim);
}
