/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "dict.h"
#include "hostpid.h"
#include "mail-user.h"
#include "smtp-submit-settings.h"

#include "host-settings.h"

static int
host_settings_parse(struct setting_parser_context *parser,
		    const struct setting_define *def, const char *value,
		    const char **error_r)
{
	if (settings_parse_keyvalue(parser, def->key, value) > 0)
		return 0;
	*error_r = t_strdup_printf("%s=%s: %s", def->key, value,
				   settings_parser_get_error(parser));
	return -1;
}

int host_settings_get(struct mail_user *user,
		      const struct setting_parser_info *info,
		      const void **set_r, const char **error_r)
{
	struct setting_parser_context *parser;
	const struct setting_define *def;
	const char *value;
	pool_t pool;
	void *set;
	int ret = 0;

	pool = pool_alloconly_create("plugin settings", 1024);
	parser = settings_parser_init(pool, info, 0);
	for (def = info->defines; def->key != NULL && ret == 0; def++) {
		value = mail_user_plugin_getenv(user, def->key);
		if (value != NULL)
			ret = host_settings_parse(parser, def, value, error_r);
	}
	if (ret == 0 && !settings_parser_check(parser, pool, error_r))
		ret = -1;
	set = settings_parser_get(parser);
	settings_parser_deinit(&parser);
	if (ret < 0) {
		pool_unref(&pool);
		return -1;
	}
	*(pool_t *)set = pool;
	*set_r = set;
	return 0;
}

int host_dict_init(struct mail_user *user, const char *name ATTR_UNUSED,
		   const char *uri, struct dict **dict_r, const char **error_r)
{
	struct dict_settings set = {
		.base_dir = user->set->base_dir,
		.event_parent = user->event,
	};

	if (uri[0] == '\0')
		return 0;
	return dict_init(uri, &set, dict_r, error_r) < 0 ? -1 : 1;
}

int host_submission_settings_get(struct mail_user *user ATTR_UNUSED,
				 pool_t pool,
				 const struct smtp_submit_settings **set_r,
				 const char **error_r ATTR_UNUSED)
{
	struct smtp_submit_settings *set;

	set = p_new(pool, struct smtp_submit_settings, 1);
	*set = *(const struct smtp_submit_settings *)
		smtp_submit_setting_parser_info.defaults;
	set->hostname = p_strdup(pool, my_hostdomain());
	set->submission_ssl = "no";
	*set_r = set;
	return 0;
}
