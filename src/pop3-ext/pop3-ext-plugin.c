/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* What Dovecot's module loader sees. There is no pop3_ext_plugin_version on
   purpose: with it the loader would end every POP3 session on a Dovecot that
   we were not built for. We look ourselves, say so once, and leave the stock
   sessions alone. */

#include "lib.h"
#include "mail-user.h"
#include "mail-namespace.h"
#include "mail-storage-hooks.h"
#include "mail-storage-private.h"
#include "pop3-common.h"

#include "host.h"
#include "maildrop.h"
#include "maildrop-folder.h"
#include "maildrop-view.h"
#include "pop3-ext-client.h"
#include "pop3-ext-input.h"
#include "pop3-ext-plugin.h"

const char pop3_ext_plugin_binary_dependency[] = "pop3";

static struct module *pop3_ext_module;
static pop3_client_created_func_t *next_hook_client_created;
static bool pop3_ext_enabled;

static void pop3_ext_client_created(struct client **client)
{
	/* the module may be in the process because of another user */
	if (mail_user_is_plugin_loaded((*client)->user, pop3_ext_module))
		pop3_ext_client_create(*client);
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

void pop3_ext_plugin_init(struct module *module)
{
	const char *reason;

	if (!host_is_known(&reason)) {
		i_error("pop3_ext: Not used: %s", reason);
		return;
	}
	pop3_ext_enabled = TRUE;
	pop3_ext_module = module;
	next_hook_client_created =
		pop3_client_created_hook_set(pop3_ext_client_created);
	mail_storage_hooks_add(module, &pop3_ext_mail_storage_hooks);
	pop3_ext_login_check_register(maildrop_view_login_check);
}

void pop3_ext_plugin_deinit(void)
{
	if (!pop3_ext_enabled)
		return;
	pop3_ext_login_check_unregister(maildrop_view_login_check);
	mail_storage_hooks_remove(&pop3_ext_mail_storage_hooks);
	pop3_client_created_hook_set(next_hook_client_created);
}
