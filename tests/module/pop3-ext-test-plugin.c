/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* A module that builds on pop3_ext as later ones do: it brings commands and a
   reason to refuse logins. For the integration tests, never installed.

   A user whose userdb has the field pop3_ext_test_refuse is not let in, and
   told its text. */

#include "lib.h"
#include "mail-storage-hooks.h"
#include "mail-user.h"

#include "pop3-ext-api.h"
#include "pop3-ext-test-plugin.h"

#define REFUSE_FIELD "pop3_ext_test_refuse="

const char pop3_ext_test_plugin_binary_dependency[] = "pop3";
const char *pop3_ext_test_plugin_dependencies[] = { "pop3_ext", NULL };

static const struct pop3_ext_command *const test_commands[] = {
	&cmd_xbody,
	&cmd_xfail,
	&cmd_xpieces,
	&cmd_xtnd_test,
	&cmd_xwait,
};

static int
pop3_ext_test_login_check(struct client *client, const char **reply_r)
{
	const char *const *field = client->user->userdb_fields;

	for (; field != NULL && *field != NULL; field++) {
		if (strncmp(*field, REFUSE_FIELD, strlen(REFUSE_FIELD)) == 0) {
			*reply_r = *field + strlen(REFUSE_FIELD);
			return -1;
		}
	}
	return 0;
}

void pop3_ext_test_plugin_init(struct module *module)
{
	mail_storage_hooks_add(module, &fail_commit_hooks);
	pop3_ext_api.commands_register(test_commands, N_ELEMENTS(test_commands));
	pop3_ext_api.login_check_register(pop3_ext_test_login_check);
}

void pop3_ext_test_plugin_deinit(void)
{
	pop3_ext_api.login_check_unregister(pop3_ext_test_login_check);
	pop3_ext_api.commands_unregister(test_commands, N_ELEMENTS(test_commands));
	mail_storage_hooks_remove(&fail_commit_hooks);
}
