/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "dict.h"
#include "hostpid.h"
#include "mail-user.h"
#include "smtp-submit-settings.h"

#include "host-settings.h"
#include "host-settings-parse.h"

static const char *host_user_getenv(const char *key, void *context)
{
	return mail_user_plugin_getenv(context, key);
}

int host_settings_get(struct mail_user *user,
		      const struct setting_parser_info *info,
		      const void **set_r, const char **error_r)
{
	return host_settings_parse(info, host_user_getenv, user,
				   set_r, error_r);
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
