/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "host-auth-private.h"
#include "array.h"
#include "settings.h"

/* settings_get() checks at compile time that the struct has a pool */
struct host_auth_settings {
	pool_t pool;
};

static ARRAY(const struct host_auth_settings *) host_auth_settings;

static int host_auth_preinit(struct event *event, const char **error_r)
{
	const struct host_auth_settings *set;

	if (settings_get(event, host_auth_driver->info, 0, &set, error_r) < 0)
		return -1;
	if (!array_is_created(&host_auth_settings))
		i_array_init(&host_auth_settings, 4);
	array_push_back(&host_auth_settings, &set);
	return host_auth_driver->configure(set, error_r);
}

HOST_PREINIT(passdb)
{
	*module_r = p_new(pool, struct passdb_module, 1);
	return host_auth_preinit(event, error_r);
}

HOST_PREINIT(userdb)
{
	*module_r = p_new(pool, struct userdb_module, 1);
	return host_auth_preinit(event, error_r);
}

/* The host looks at settings that nobody has freed when it ends; by then the
   module with the name of the file that got them is no longer there. */
void host_auth_settings_deinit(void)
{
	const struct host_auth_settings *set;

	if (!array_is_created(&host_auth_settings))
		return;
	array_foreach_elem(&host_auth_settings, set)
		settings_free(set);
	array_free(&host_auth_settings);
}
