/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "mail-user.h"

#include "host-user.h"

#include <dlfcn.h>
#include <time.h>

/* A user who has just been created logged in no longer ago than this. */
#define USER_MAX_AGE_SECS 60

/* Numbers before and behind what we use, which can be looked at without
   following a pointer: in another struct these places hold pointers, 0 or
   flags. The members up to the error are the same in each series, from 2.3.16
   and from 2.4.0 on. */
static void user_must_be_known(const struct mail_user *user)
{
	time_t now = time(NULL);

	if (user->refcount != 1 ||
	    user->session_create_time < now - USER_MAX_AGE_SECS ||
	    user->session_create_time > now + USER_MAX_AGE_SECS) {
		i_fatal("pop3-ext: Users look different in this Dovecot. "
			"Install the dovecot-pop3-ext that was built for it, or "
			"remove pop3_ext and pop3_uidl from mail_plugins");
	}
}

static bool value_is_set(const char *value)
{
	return value != NULL && *value != '\0' && strcmp(value, "0") != 0;
}

/* Dovecot 2.4 does not have the function. */
static bool user_has_plugin_setting(struct mail_user *user, const char *name)
{
	const char *(*getenv_func)(struct mail_user *user, const char *name) =
		(const char *(*)(struct mail_user *, const char *))
		dlsym(RTLD_DEFAULT, "mail_user_plugin_getenv");

	return getenv_func != NULL && value_is_set(getenv_func(user, name));
}

static bool user_has_field(const struct mail_user *user, const char *prefix)
{
	const char *const *field = user->userdb_fields;
	const char *plugin_prefix = t_strconcat("plugin/", prefix, NULL);
	const char *value;

	for (; field != NULL && *field != NULL; field++) {
		if (strncmp(*field, prefix, strlen(prefix)) != 0 &&
		    strncmp(*field, plugin_prefix, strlen(plugin_prefix)) != 0)
			continue;
		value = strchr(*field, '=');
		if (value == NULL || value_is_set(value + 1))
			return TRUE;
	}
	return FALSE;
}

bool host_user_has_setting(struct mail_user *user, const char *const *prefixes)
{
	user_must_be_known(user);
	for (; *prefixes != NULL; prefixes++) {
		if (user_has_field(user, *prefixes) ||
		    user_has_plugin_setting(user, *prefixes))
			return TRUE;
	}
	return FALSE;
}

void host_user_refuse(struct mail_user *user, const char *reason)
{
	user_must_be_known(user);
	user->error = p_strdup_printf(user->pool, "%s: %s",
				      user->username, reason);
}
