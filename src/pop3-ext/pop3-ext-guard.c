/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* A login with a view must not become one without. Dovecot loads plugins by the
   user's mail_plugins setting, which the userdb may replace, and the process may
   have this plugin because of another user. So the guard's hooks are forced:
   they run for each user of the process. doc/man/pop3-ext-auth.7 says which
   logins never reach it. */

#include "lib.h"
#include "mail-namespace.h"
#include "mail-storage-hooks.h"
#include "mail-user.h"

#include "maildrop-view.h"
#include "pop3-ext-client.h"
#include "pop3-ext-guard.h"

static struct module *guard_module;
static struct mail_user *guard_newest_user;

bool pop3_ext_user_is_ours(struct mail_user *user)
{
	return guard_module != NULL &&
		mail_user_is_plugin_loaded(user, guard_module);
}

struct mail_user *pop3_ext_guard_newest_user(void)
{
	return guard_newest_user;
}

static void guard_refuse(struct mail_user *user, const char *reason)
{
	user->error = p_strdup_printf(user->pool,
		"%s: pop3_ext: Login with a view refused: %s",
		user->username, reason);
}

static void guard_user_created(struct mail_user *user)
{
	/* owners of shared mailboxes do not log in */
	if (user->autocreated || user->creator != NULL)
		return;
	guard_newest_user = user;
	if (!pop3_ext_user_is_ours(user) && maildrop_view_is_wanted(user)) {
		guard_refuse(user, "The user's mail_plugins, which the userdb "
			     "may have set, must contain pop3_ext");
	}
}

/* Now the session exists, unless its struct client looked strange. */
static void guard_namespaces_created(struct mail_namespace *namespaces)
{
	struct mail_user *user = namespaces->user;

	if (user != guard_newest_user)
		return;
	guard_newest_user = NULL;
	if (pop3_ext_client_find(user) == NULL && maildrop_view_is_wanted(user))
		guard_refuse(user, "pop3_ext is not used in this session");
}

static const struct mail_storage_hooks guard_hooks = {
	.mail_user_created = guard_user_created,
	.mail_namespaces_created = guard_namespaces_created,
};

void pop3_ext_guard_init(struct module *module)
{
	guard_module = module;
	mail_storage_hooks_add_forced(module, &guard_hooks);
}

void pop3_ext_guard_deinit(void)
{
	mail_storage_hooks_remove(&guard_hooks);
	guard_module = NULL;
}
