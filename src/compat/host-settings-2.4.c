/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "dict.h"
#include "settings.h"
#include "mail-user.h"
#include "smtp-submit-settings.h"

#include "host-settings.h"

/* settings_get() checks at compile time that the struct has a pool */
struct host_settings {
	pool_t pool;
};

int host_settings_get(struct mail_user *user,
		      const struct setting_parser_info *info,
		      const void **set_r, const char **error_r)
{
	const struct host_settings *set;

	if (settings_get(user->event, info, 0, &set, error_r) < 0)
		return -1;
	*set_r = set;
	return 0;
}

int host_dict_init(struct mail_user *user, const char *name,
		   const char *uri ATTR_UNUSED, struct dict **dict_r,
		   const char **error_r)
{
	struct event *event = event_create(user->event);
	int ret;

	settings_event_add_filter_name(event, name);
	ret = dict_init_auto(event, dict_r, error_r);
	event_unref(&event);
	return ret;
}

int host_submission_settings_get(struct mail_user *user, pool_t pool,
				 const struct smtp_submit_settings **set_r,
				 const char **error_r)
{
	const struct smtp_submit_settings *host_set;
	struct smtp_submit_settings *set;

	if (settings_get(user->event, &smtp_submit_setting_parser_info, 0,
			 &host_set, error_r) < 0)
		return -1;
	set = p_new(pool, struct smtp_submit_settings, 1);
	*set = *host_set;
	set->hostname = p_strdup(pool, host_set->hostname);
	set->submission_host = p_strdup(pool, host_set->submission_host);
	set->sendmail_path = p_strdup(pool, host_set->sendmail_path);
	set->submission_ssl = p_strdup(pool, host_set->submission_ssl);
	settings_free(host_set);
	*set_r = set;
	return 0;
}
