/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "host-auth-private.h"
#include "array.h"
#include "dict.h"
#include "settings.h"

/* settings_get() checks at compile time that the struct has a pool */
struct host_auth_settings {
	pool_t pool;
};

static ARRAY(const struct host_auth_settings *) host_auth_settings;
/* of the block that is configured just now */
static struct event *host_auth_event;

static int host_auth_preinit(struct event *event, const char **error_r)
{
	const struct host_auth_settings *set;
	const char *error;

	if (settings_get(event, host_auth_driver->info, 0, &set, error_r) < 0)
		return -1;
	if (!array_is_created(&host_auth_settings))
		i_array_init(&host_auth_settings, 4);
	array_push_back(&host_auth_settings, &set);
	host_auth_event = event;
	if (host_auth_driver->configure(set, &error) < 0)
		host_auth_switch_off(error);
	return 0;
}

int host_auth_dict_init(const char *name, const char *uri ATTR_UNUSED,
			struct dict **dict_r, const char **error_r)
{
	struct event *event = event_create(host_auth_event);
	int ret;

	settings_event_add_filter_name(event, name);
	ret = dict_init_auto(event, dict_r, error_r);
	event_unref(&event);
	if (ret <= 0)
		return ret;
	return host_auth_dict_check(dict_r, error_r) < 0 ? -1 : 1;
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

void host_auth_add_mail_plugin(struct auth_request *request, const char *plugin)
{
	const char *value = auth_fields_find(request->fields.userdb_reply,
					     "mail_plugins");

	auth_request_set_userdb_field(request,
		t_strconcat("mail_plugins/", plugin, NULL), "yes");
	if (value != NULL) {
		/* a whole list takes the place of single ones */
		auth_request_set_userdb_field(request, "mail_plugins",
			t_strconcat(value, " ", plugin, NULL));
	}
}
