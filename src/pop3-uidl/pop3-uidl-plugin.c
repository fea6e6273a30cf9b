/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* What Dovecot's module loader sees. In doveadm there are only the hooks of
   the mail storage; in the pop3 process also the UIDL command and the question
   before each login. No pop3_uidl_plugin_version: see pop3-ext-plugin.c. */

#include "lib.h"
#include "mail-user.h"
#include "mail-storage-hooks.h"

#include "host.h"
#include "host-command.h"
#include "pop3-ext-settings.h"
#include "pop3-uidl-mailbox.h"
#include "pop3-uidl-plugin.h"
#include "pop3-uidl-session.h"
#include "pop3-uidl-settings.h"
#include "pop3-uidl-user.h"

static const struct pop3_ext_command *const uidl_commands[] = { &cmd_uidl };

static struct mail_storage_hooks pop3_uidl_mail_storage_hooks = {
	.mail_user_created = pop3_uidl_user_created,
	.mailbox_allocated = pop3_uidl_mailbox_allocated,
	.mail_allocated = pop3_uidl_mail_allocated,
};

static bool pop3_uidl_enabled, pop3_uidl_in_pop3;

static int
pop3_uidl_judge(struct client *client, const char *name, const char **error_r)
{
	unsigned char store_name[UIDL_DIGEST_SIZE];
	struct uidl_store *store;

	pop3_uidl_store_name(name, store_name);
	return pop3_uidl_user_get_store(client->user, store_name, &store,
					error_r) < 0 ? -1 : 0;
}

/* The store is judged before "+OK Logged in.": later there is no good answer
   to its failure. */
static int pop3_uidl_login_check(struct client *client, const char **reply_r)
{
	struct pop3_uidl_user *uuser = POP3_UIDL_USER_CONTEXT(client->user);
	struct pop3_ext_client *eclient = POP3_EXT_CLIENT_CONTEXT(client);
	const char *folder, *error;

	/* pop3_uidl is not for this user */
	if (uuser == NULL)
		return 0;
	if (eclient == NULL || eclient->set == NULL) {
		/* then the host would answer UIDL */
		error = "pop3_uidl: The settings of pop3_ext are wrong";
	} else {
		folder = eclient->set->pop3_ext_view_folder;
		if (pop3_uidl_judge(client, "INBOX", &error) == 0 &&
		    (folder[0] == '\0' ||
		     pop3_uidl_judge(client, folder, &error) == 0))
			return 0;
	}
	e_error(host_client_event(client), "%s", error);
	if (strcmp(uuser->set->pop3_uidl_on_error, "host") == 0) {
		uuser->host_only = TRUE;
		return 0;
	}
	*reply_r = "[SYS/TEMP] Message ids are not available, try again later";
	return -1;
}

static void pop3_uidl_refuse_user(struct mail_user *user)
{
	user->error = "pop3_uidl needs pop3_ext in mail_plugins";
}

void pop3_uidl_plugin_init(struct module *module)
{
	const char *reason;

	if (!host_is_known(&reason)) {
		i_error("pop3_uidl: Not used: %s", reason);
		return;
	}
	pop3_uidl_enabled = TRUE;
	pop3_uidl_in_pop3 = pop3_ext_commands_register != NULL;
	if (pop3_uidl_in_pop3) {
		pop3_ext_commands_register(uidl_commands,
					   N_ELEMENTS(uidl_commands));
		pop3_ext_login_check_register(pop3_uidl_login_check);
		pop3_ext_uidls_register(pop3_uidl_answer);
	} else if (&pop3_module_register != NULL) {
		/* the pop3 process all the same */
		pop3_uidl_mail_storage_hooks.mail_user_created =
			pop3_uidl_refuse_user;
	}
	mail_storage_hooks_add(module, &pop3_uidl_mail_storage_hooks);
}

/* doveadm's plugin asks before this one is initialised */
bool pop3_uidl_plugin_is_known_host(void)
{
	const char *reason;

	return host_is_known(&reason);
}

void pop3_uidl_plugin_deinit(void)
{
	if (!pop3_uidl_enabled)
		return;
	mail_storage_hooks_remove(&pop3_uidl_mail_storage_hooks);
	if (pop3_uidl_in_pop3) {
		pop3_ext_uidls_register(NULL);
		pop3_ext_login_check_unregister(pop3_uidl_login_check);
		pop3_ext_commands_unregister(uidl_commands,
					     N_ELEMENTS(uidl_commands));
	}
}
