/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "hostpid.h"
#include "mail-user.h"
#include "mail-storage-settings.h"
#include "smtp-submit-settings.h"

#include "mail-compat.h"
#include "host-settings.h"
#include "host-settings-parse.h"

struct host_user_lookup {
	struct mail_user *user;
	const char *const *may_be_nothing;
};

/* A field without a value, also one whose value is empty, becomes "yes" on its
   way from the userdb into plugin { }. */
static bool host_user_field_is_bare(struct mail_user *user, const char *key)
{
	const char *const *fields = user->userdb_fields;

	return fields != NULL && str_array_find(fields, key);
}

static bool
host_user_value_was_lost(struct mail_user *user, const char *key,
			 const char **before_r)
{
	*before_r = mail_user_set_plugin_getenv(user->unexpanded_set, key);
	return *before_r != NULL && **before_r != '\0';
}

static int
host_user_getenv(unsigned int idx ATTR_UNUSED, const char *key,
		 const char **value_r, const char **error_r, void *context)
{
	struct host_user_lookup *lookup = context;
	const char *before;

	*value_r = mail_user_plugin_getenv(lookup->user, key);
	if (*value_r == NULL)
		return 0;
	if (strcmp(*value_r, "yes") == 0 &&
	    host_user_field_is_bare(lookup->user, key)) {
		*error_r = t_strdup_printf("%s: The userdb field is empty, "
			"which is yes for Dovecot 2.3: give it a value, or "
			"leave it out", key);
		return -1;
	}
	if (**value_r == '\0' &&
	    (lookup->may_be_nothing == NULL ||
	     !str_array_find(lookup->may_be_nothing, key)) &&
	    host_user_value_was_lost(lookup->user, key, &before)) {
		*error_r = host_setting_nothing_error(key, before);
		return -1;
	}
	return 1;
}

const void *
host_settings_get(struct mail_user *user,
		  const struct setting_parser_info *info,
		  const char *const *may_be_nothing,
		  host_setting_report_t *report, void *context)
{
	struct host_user_lookup lookup = {
		.user = user,
		.may_be_nothing = may_be_nothing,
	};

	return host_settings_parse(info, host_user_getenv, &lookup,
				   report, context);
}

const char *const *host_settings_get_names(struct mail_user *user)
{
	ARRAY_TYPE(const_string) names;
	const char *const *envs;
	unsigned int i, count;

	t_array_init(&names, 32);
	if (array_is_created(&user->set->plugin_envs)) {
		envs = array_get(&user->set->plugin_envs, &count);
		for (i = 0; i < count; i += 2)
			array_push_back(&names, &envs[i]);
	}
	array_append_zero(&names);
	return array_front(&names);
}

int host_dict_init(struct mail_user *user, const char *name ATTR_UNUSED,
		   const char *uri, struct dict **dict_r, const char **error_r)
{
	struct dict_settings set = {
		.base_dir = user->set->base_dir,
		.event_parent = user->event,
		HOST_DICT_USER(user->username,
			mail_user_get_dict_op_settings(user)->home_dir)
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
