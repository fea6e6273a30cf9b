/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The code of the mail plugin, which the module that Dovecot loads opens in the
   pop3 process (../shim). */

#include "lib.h"
#include "mail-user.h"
#include "mail-namespace.h"
#include "mail-storage-hooks.h"
#include "mail-storage-private.h"
#include "pop3-common.h"

#include "host-command.h"
#include "host-version.h"
#include "maildrop.h"
#include "maildrop-folder.h"
#include "maildrop-view.h"
#include "pop3-ext-api.h"
#include "pop3-ext-client.h"
#include "pop3-ext-guard.h"
#include "pop3-ext-input.h"
#include "pop3-ext-plugin.h"
#include "pop3-ext-settings.h"

const char *const pop3_ext_version = host_version;

const struct pop3_ext_api pop3_ext_api = {
	.commands_register = pop3_ext_commands_register,
	.commands_unregister = pop3_ext_commands_unregister,
	.login_check_register = pop3_ext_login_check_register,
	.login_check_unregister = pop3_ext_login_check_unregister,
	.user_is_ours = pop3_ext_user_is_ours,
	.client_get = pop3_ext_client_get,
	.client_find = pop3_ext_client_find,
	.command_wait = pop3_ext_command_wait,
	.command_resume = pop3_ext_command_resume,
	.reply_ok = pop3_ext_reply_ok,
	.reply_err = pop3_ext_reply_err,
	.uidls_register = pop3_ext_uidls_register,
	.host_uidls_get = pop3_ext_host_uidls_get,
	.disconnect = client_disconnect,
	.host_command_execute = host_command_execute,
	.host_client_event = host_client_event,
};

static pop3_client_created_func_t *next_hook_client_created;

static void pop3_ext_client_created(struct client **client)
{
	struct mail_user *user = pop3_ext_guard_newest_user();

	if (user != NULL && pop3_ext_user_is_ours(user))
		pop3_ext_client_create(*client, user);
	if (next_hook_client_created != NULL)
		next_hook_client_created(client);
}

/* The input is taken over here and not when the client is created: only now
   do client->input and ->output have what the host puts on top of them (the
   bytes that came along with the login, rawlog). Nothing has been read yet. */
static void pop3_ext_mail_namespaces_created(struct mail_namespace *namespaces)
{
	struct client *client = pop3_ext_client_find(namespaces->user);
	struct pop3_ext_client *eclient;
	const char *reply;

	if (client == NULL ||
	    (eclient = POP3_EXT_CLIENT_CONTEXT(client)) == NULL)
		return;
	if (!pop3_ext_client_is_refused(client) &&
	    maildrop_folder_begin(client, &reply) < 0)
		pop3_ext_client_refuse(eclient, reply);
	pop3_ext_input_install(client);
}

static void pop3_ext_mailbox_allocated(struct mailbox *box)
{
	struct client *client = pop3_ext_client_find(box->storage->user);

	if (client == NULL)
		return;
	if (pop3_ext_client_is_refused(client)) {
		/* The host opens the mailbox also for a login that was
		   refused. At least its new mail stays new. */
		box->flags &= ENUM_NEGATE(MAILBOX_FLAG_DROP_RECENT);
	}
	maildrop_mailbox_allocated(client, box);
}

static struct mail_storage_hooks pop3_ext_mail_storage_hooks = {
	.mailbox_allocated = pop3_ext_mailbox_allocated,
	.mail_namespaces_created = pop3_ext_mail_namespaces_created,
};

void pop3_ext_init(struct module *module)
{
	pop3_ext_guard_init(module);
	next_hook_client_created =
		pop3_client_created_hook_set(pop3_ext_client_created);
	mail_storage_hooks_add(module, &pop3_ext_mail_storage_hooks);
	pop3_ext_login_check_register(maildrop_view_login_check);
}

void pop3_ext_deinit(void)
{
	pop3_ext_login_check_unregister(maildrop_view_login_check);
	mail_storage_hooks_remove(&pop3_ext_mail_storage_hooks);
	pop3_client_created_hook_set(next_hook_client_created);
	pop3_ext_guard_deinit();
	pop3_ext_settings_deinit();
}
