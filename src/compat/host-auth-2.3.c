/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "host-auth-private.h"
#include "auth-settings.h"
#include "dict-compat.h"

/* args = NAME=VALUE ...; a value that is a list has commas */
static int
host_auth_args_parse(struct setting_parser_context *parser, const char *args,
		     const char **error_r)
{
	const char *const *words = t_strsplit_spaces(args, " ");
	const char *value, *key;

	for (; *words != NULL; words++) {
		value = strchr(*words, '=');
		if (value == NULL) {
			*error_r = t_strdup_printf("args: %s: there is no =",
						   *words);
			return -1;
		}
		key = t_strconcat(host_auth_driver->prefix,
				  t_strdup_until(*words, value), NULL);
		if (settings_parse_keyvalue(parser, key, value + 1) <= 0) {
			*error_r = t_strdup_printf("args: %s: %s", *words,
				settings_parser_get_error(parser));
			return -1;
		}
	}
	return 0;
}

static void host_auth_preinit(pool_t pool, const char *args)
{
	struct setting_parser_context *parser;
	const char *error;
	void *set;

	parser = settings_parser_init(pool, host_auth_driver->info, 0);
	if (host_auth_args_parse(parser, args, &error) < 0 ||
	    !settings_parser_check(parser, pool, &error)) {
		host_auth_switch_off(error);
		settings_parser_deinit(&parser);
		return;
	}
	set = settings_parser_get(parser);
	settings_parser_deinit(&parser);
	*(pool_t *)set = pool;
	if (host_auth_driver->configure(set, &error) < 0)
		host_auth_switch_off(error);
}

HOST_PREINIT(passdb)
{
	host_auth_preinit(pool, args);
	return p_new(pool, struct passdb_module, 1);
}

HOST_PREINIT(userdb)
{
	host_auth_preinit(pool, args);
	return p_new(pool, struct userdb_module, 1);
}

int host_auth_dict_init(const char *name ATTR_UNUSED, const char *uri,
			struct dict **dict_r, const char **error_r)
{
	struct dict_settings set = {
		.base_dir = global_auth_settings->base_dir,
		.event_parent = auth_event,
		HOST_DICT_USER("", NULL)
	};

	if (uri[0] == '\0')
		return 0;
	if (dict_init(uri, &set, dict_r, error_r) < 0)
		return -1;
	return host_auth_dict_check(dict_r, error_r) < 0 ? -1 : 1;
}

void host_auth_settings_deinit(void)
{
	/* they live in the host's pool */
}

void host_auth_add_mail_plugin(struct auth_request *request, const char *plugin)
{
	const char *value = auth_fields_find(request->fields.userdb_reply,
					     "mail_plugins+");

	/* The mail process puts it behind the user's setting as it stands, so
	   it begins with a separator. Duplicates do no harm. */
	value = t_strconcat(value == NULL ? "" : value, ",", plugin, NULL);
	auth_request_set_userdb_field(request, "mail_plugins+", value);
}
