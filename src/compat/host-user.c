/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "mail-user.h"

#include "host-user.h"

#include <dlfcn.h>
#include <time.h>

/* A user who has just been created logged in no longer ago than this. */
#define USER_MAX_AGE_SECS 60
/* How far members may have moved between releases, either way */
#define USER_MAX_SHIFT_WORDS 8

/* Releases put members between others (2.4.5 has two more). So those that we use
   are found by a neighbour whose value is known; the members between the two have
   been the same in each series. */
struct user_shift {
	/* of username, which is behind refcount: 1 */
	ptrdiff_t name;
	/* of userdb_fields and error, which are around session_create_time:
	   the current time */
	ptrdiff_t fields;
};

static bool is_first_reference(const char *member)
{
	int refcount;

	memcpy(&refcount, member, sizeof(refcount));
	return refcount == 1;
}

static bool is_current_time(const char *member)
{
	time_t now = time(NULL), value;

	memcpy(&value, member, sizeof(value));
	return value >= now - USER_MAX_AGE_SECS &&
		value <= now + USER_MAX_AGE_SECS;
}

/* FALSE unless there is exactly one such member around this place. */
static bool
find_shift(const struct mail_user *user, size_t offset,
	   bool (*is_member)(const char *), ptrdiff_t *shift_r)
{
	const ptrdiff_t word = sizeof(void *);
	unsigned int found = 0;
	ptrdiff_t shift, i;

	for (i = -USER_MAX_SHIFT_WORDS; i <= USER_MAX_SHIFT_WORDS; i++) {
		shift = i * word;
		if ((ptrdiff_t)offset + shift >= 0 &&
		    is_member((const char *)user + offset + shift)) {
			*shift_r = shift;
			found++;
		}
	}
	return found == 1;
}

static void
user_find_shift(const struct mail_user *user, struct user_shift *shift_r)
{
	if (!find_shift(user, offsetof(struct mail_user, refcount),
			is_first_reference, &shift_r->name) ||
	    !find_shift(user, offsetof(struct mail_user, session_create_time),
			is_current_time, &shift_r->fields)) {
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
	const char *plugin_prefix = t_strconcat("plugin/", prefix, NULL);
	const char *const *field, *value;
	struct user_shift shift;

	user_find_shift(user, &shift);
	memcpy(&field, (const char *)&user->userdb_fields + shift.fields,
	       sizeof(field));
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
	for (; *prefixes != NULL; prefixes++) {
		if (user_has_field(user, *prefixes) ||
		    user_has_plugin_setting(user, *prefixes))
			return TRUE;
	}
	return FALSE;
}

void host_user_refuse(struct mail_user *user, const char *reason)
{
	struct user_shift shift;
	const char *name, *error;

	user_find_shift(user, &shift);
	memcpy(&name, (const char *)&user->username + shift.name, sizeof(name));
	/* the pool is the first member */
	error = p_strdup_printf(user->pool, "%s: %s", name, reason);
	memcpy((char *)&user->error + shift.fields, &error, sizeof(error));
}
