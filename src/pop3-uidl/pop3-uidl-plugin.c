/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The code of the mail plugin, which the module that Dovecot loads opens in the
   pop3 process and in doveadm (../shim). In doveadm there are only the hooks of
   the mail storage; in the pop3 process also the UIDL command and the question
   before each login. */

#include "lib.h"
#include "mail-user.h"
#include "mail-namespace.h"
#include "mail-storage-hooks.h"
#include "master-service.h"

#include "host-version.h"
#include "pop3-ext-settings.h"
#include "pop3-uidl-mailbox.h"
#include "pop3-uidl-plugin.h"
#include "pop3-uidl-session.h"
#include "pop3-uidl-settings.h"
#include "pop3-uidl-user.h"

#include <dlfcn.h>

const char *const pop3_uidl_version = host_version;

const struct pop3_ext_api *pop3_ext = NULL;

static const struct pop3_ext_command *const uidl_commands[] = { &cmd_uidl };

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
	struct pop3_ext_client *eclient = pop3_ext->client_get(client);
	const char *folder, *error;

	/* pop3_uidl is not for this user */
	if (uuser == NULL)
		return 0;
	if (eclient == NULL) {
		/* then the host would answer UIDL */
		error = "pop3_uidl needs pop3_ext in mail_plugins";
	} else {
		folder = eclient->set->pop3_ext_view_folder;
		if (pop3_uidl_judge(client, "INBOX", &error) == 0 &&
		    (folder[0] == '\0' ||
		     pop3_uidl_judge(client, folder, &error) == 0))
			return 0;
	}
	e_error(pop3_ext->host_client_event(client), "%s", error);
	if (strcmp(uuser->set->pop3_uidl_on_error, "host") == 0) {
		uuser->host_only = TRUE;
		return 0;
	}
	*reply_r = "[SYS/TEMP] Message ids are not available, try again later";
	return -1;
}

static bool in_pop3_process(void)
{
	return strcmp(master_service_get_name(master_service), "pop3") == 0;
}

/* pop3_ext may come into the process after us, by another user's login. */
static bool pop3_uidl_find_pop3_ext(void)
{
	if (pop3_ext != NULL)
		return TRUE;
	pop3_ext = dlsym(RTLD_DEFAULT, "pop3_ext_api");
	if (pop3_ext == NULL)
		return FALSE;
	pop3_ext->commands_register(uidl_commands, N_ELEMENTS(uidl_commands));
	pop3_ext->login_check_register(pop3_uidl_login_check);
	pop3_ext->uidls_register(pop3_uidl_answer);
	return TRUE;
}

/* Does this user log in to a POP3 session? Owners of shared mailboxes don't. */
static bool user_has_session(const struct mail_user *user)
{
	return in_pop3_process() && !user->autocreated && user->creator == NULL;
}

static void refuse_user(struct mail_user *user, const char *reason)
{
	user->error = p_strdup_printf(user->pool, "%s: pop3_uidl: %s",
				      user->username, reason);
}

/* Without pop3_ext the host would answer UIDL. */
static void pop3_uidl_mail_user_created(struct mail_user *user)
{
	if (user_has_session(user) && (!pop3_uidl_find_pop3_ext() ||
				       !pop3_ext->user_is_ours(user))) {
		refuse_user(user, "The user's mail_plugins must contain "
			    "pop3_ext, too");
		return;
	}
	pop3_uidl_user_created(user);
}

/* Nor may it answer when pop3_ext has no part in the session: the process looks
   strange to it. */
static void
pop3_uidl_mail_namespaces_created(struct mail_namespace *namespaces)
{
	struct mail_user *user = namespaces->user;

	if (user_has_session(user) && POP3_UIDL_USER_CONTEXT(user) != NULL &&
	    pop3_ext->client_find(user) == NULL) {
		refuse_user(user, "Login refused: pop3_ext is not used in "
			    "this session");
	}
}

static struct mail_storage_hooks pop3_uidl_mail_storage_hooks = {
	.mail_user_created = pop3_uidl_mail_user_created,
	.mail_namespaces_created = pop3_uidl_mail_namespaces_created,
	.mailbox_allocated = pop3_uidl_mailbox_allocated,
	.mail_allocated = pop3_uidl_mail_allocated,
};

void pop3_uidl_init(struct module *module)
{
	mail_storage_hooks_add(module, &pop3_uidl_mail_storage_hooks);
}

void pop3_uidl_deinit(void)
{
	mail_storage_hooks_remove(&pop3_uidl_mail_storage_hooks);
	pop3_uidl_users_deinit();
	if (pop3_ext == NULL)
		return;
	pop3_ext->uidls_register(NULL);
	pop3_ext->login_check_unregister(pop3_uidl_login_check);
	pop3_ext->commands_unregister(uidl_commands, N_ELEMENTS(uidl_commands));
}
