/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* A module that builds on pop3_ext as later ones do: it brings commands and a
   reason to refuse logins. For the integration tests, never installed.

   A user whose userdb has the field test_refuse_login is not let in, and
   told its text. The session of one with pop3_ext_test_strange looks to
   pop3_ext as if this were another Dovecot. */

#include "lib.h"
#include "mail-storage-hooks.h"
#include "mail-user.h"

#include "pop3-ext-api.h"
#include "pop3-ext-test-plugin.h"

#define REFUSE_FIELD "test_refuse_login="
#define STRANGE_FIELD "pop3_ext_test_strange="

const char pop3_ext_test_plugin_binary_dependency[] = "pop3";
const char *pop3_ext_test_plugin_dependencies[] = { "pop3_ext", NULL };

static const struct pop3_ext_command *const test_commands[] = {
	&cmd_xbody,
	&cmd_xfail,
	&cmd_xpieces,
	&cmd_xtnd_test,
	&cmd_xwait,
};

static pop3_client_created_func_t *next_hook_client_created;

static const char *
user_field(const struct mail_user *user, const char *name)
{
	const char *const *field = user->userdb_fields;

	for (; field != NULL && *field != NULL; field++) {
		if (strncmp(*field, name, strlen(name)) == 0)
			return *field + strlen(name);
	}
	return NULL;
}

static int
pop3_ext_test_login_check(struct client *client, const char **reply_r)
{
	*reply_r = user_field(client->user, REFUSE_FIELD);
	return *reply_r == NULL ? 0 : -1;
}

/* Called before pop3_ext's hook, which was set before. */
static void pop3_ext_test_client_created(struct client **client)
{
	bool strange = user_field((*client)->user, STRANGE_FIELD) != NULL;

	if (strange)
		(*client)->uidl_pool = (*client)->pool;
	if (next_hook_client_created != NULL)
		next_hook_client_created(client);
	if (strange)
		(*client)->uidl_pool = NULL;
}

void pop3_ext_test_plugin_init(struct module *module)
{
	mail_storage_hooks_add(module, &fail_commit_hooks);
	pop3_ext_api.commands_register(test_commands, N_ELEMENTS(test_commands));
	pop3_ext_api.login_check_register(pop3_ext_test_login_check);
	next_hook_client_created =
		pop3_client_created_hook_set(pop3_ext_test_client_created);
}

void pop3_ext_test_plugin_deinit(void)
{
	pop3_client_created_hook_set(next_hook_client_created);
	pop3_ext_api.login_check_unregister(pop3_ext_test_login_check);
	pop3_ext_api.commands_unregister(test_commands, N_ELEMENTS(test_commands));
	mail_storage_hooks_remove(&fail_commit_hooks);
}
