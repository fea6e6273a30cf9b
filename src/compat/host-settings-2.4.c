/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "dict.h"
#include "settings.h"
#include "mail-user.h"
#include "smtp-submit-settings.h"

#include "host-settings.h"
#include "host-settings-parse.h"

#include <ctype.h>

/* Dovecot gives the settings of a struct all or none: with a wrong one, which
   can come from the userdb or from %variables, none. So they are read as text,
   by a description of the same names in which all of them are strings. */
struct host_raw_settings {
	pool_t pool;
	const char *values[];
};

struct host_raw_context {
	struct setting_parser_info info;
	struct setting_define *defines;
	unsigned int count;
	const struct host_raw_settings *set;
	/* for each setting, or NULL */
	const char **errors;
	const char *const *may_be_nothing;
	const char *const *userdb_fields;
	struct event *event;
};

static void
host_raw_init(struct host_raw_context *raw,
	      const struct setting_parser_info *info, struct event *event)
{
	unsigned int i;

	i_zero(raw);
	raw->event = event;
	raw->count = setting_parser_info_get_define_count(info);
	raw->errors = t_new(const char *, raw->count);
	raw->defines = t_new(struct setting_define, raw->count + 1);
	for (i = 0; i < raw->count; i++) {
		raw->defines[i] = info->defines[i];
		if (raw->defines[i].type == SET_FILTER_NAME)
			continue;
		raw->defines[i].type = SET_STR;
		raw->defines[i].offset =
			offsetof(struct host_raw_settings, values) +
			i * sizeof(const char *);
	}
	raw->info.name = info->name;
	raw->info.defines = raw->defines;
	raw->info.struct_size =
		offsetof(struct host_raw_settings, values) +
		raw->count * sizeof(const char *);
	raw->info.defaults = t_malloc0(raw->info.struct_size);
	raw->info.pool_offset1 = 1 + offsetof(struct host_raw_settings, pool);
}

static int
host_raw_read(struct host_raw_context *raw, const char **error_r)
{
	return settings_get(raw->event, &raw->info, 0, &raw->set, error_r);
}

static void
host_raw_set_type(struct host_raw_context *raw, enum setting_type type)
{
	unsigned int i;

	for (i = 0; i < raw->count; i++) {
		if (raw->defines[i].type != SET_FILTER_NAME)
			raw->defines[i].type = type;
	}
}

/* Something in them can't be expanded. Finds out which ones by expanding one at
   a time; they keep the text that they have in the configuration. */
static int
host_raw_read_each(struct host_raw_context *raw, const char **error_r)
{
	unsigned int i;

	host_raw_set_type(raw, SET_STR_NOVARS);
	for (i = 0; i < raw->count; i++) {
		if (raw->defines[i].type == SET_FILTER_NAME)
			continue;
		raw->defines[i].type = SET_STR;
		if (host_raw_read(raw, &raw->errors[i]) == 0)
			settings_free(raw->set);
		raw->defines[i].type = SET_STR_NOVARS;
	}
	for (i = 0; i < raw->count; i++) {
		if (raw->errors[i] == NULL &&
		    raw->defines[i].type != SET_FILTER_NAME)
			raw->defines[i].type = SET_STR;
	}
	return host_raw_read(raw, error_r);
}

/* Dovecot 2.3 wrote its variables as %n or %Lu. Here they are only text. Not
   meant: user%host.example@relay.example */
static const char *host_find_old_variable(const char *value)
{
	const char *p, *start;

	for (p = value; (start = strchr(p, '%')) != NULL; ) {
		p = start + 1;
		p += strspn(p, "LUEHTRNXM0123456789.-");
		if (strchr("undhslrpiaDocwkm", *p) != NULL && *p != '\0' &&
		    !i_isalnum(p[1]))
			return t_strdup_until(start, p + 1);
	}
	return NULL;
}

/* Returns an empty value's text from before its %variables were expanded. */
static const char *
host_raw_get_unexpanded(struct host_raw_context *raw, unsigned int idx)
{
	const struct host_raw_settings *set;
	const char *value, *error;

	if (settings_get(raw->event, &raw->info, SETTINGS_GET_FLAG_NO_EXPAND,
			 &set, &error) < 0)
		return "";
	value = t_strdup(set->values[idx]);
	settings_free(set);
	return value == NULL ? "" : value;
}

/* Its name without "+" and the path of a block of settings. Returns TRUE if it
   is in no block. */
static bool
host_userdb_field_split(const char *field, const char **name_r,
			const char **value_r)
{
	const char *name, *block;

	t_split_key_value_eq(field, &name, value_r);
	block = strrchr(name, '/');
	*name_r = block == NULL ? name : block + 1;
	/* name+=value */
	if (str_ends_with(*name_r, "+"))
		*name_r = t_strndup(*name_r, strlen(*name_r) - 1);
	return block == NULL;
}

static bool
host_userdb_field_is_empty(struct host_raw_context *raw, const char *key)
{
	const char *const *field, *name, *value;

	for (field = raw->userdb_fields; field != NULL && *field != NULL;
	     field++) {
		(void)host_userdb_field_split(*field, &name, &value);
		if (*value == '\0' && strcmp(name, key) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Is an empty value none at all? */
static int
host_raw_check_empty(struct host_raw_context *raw, unsigned int idx,
		     const char *key, const char **error_r)
{
	const char *before = host_raw_get_unexpanded(raw, idx);

	if (*before != '\0') {
		*error_r = host_setting_nothing_error(key, before);
		return -1;
	}
	if (host_userdb_field_is_empty(raw, key)) {
		*error_r = t_strdup_printf("%s: The userdb field is empty: "
			"give it a value, or leave it out", key);
		return -1;
	}
	return 1;
}

static int
host_raw_check(struct host_raw_context *raw, unsigned int idx, const char *key,
	       const char *value, const char **error_r)
{
	const char *variable;

	variable = host_find_old_variable(value);
	if (variable != NULL) {
		*error_r = t_strdup_printf("%s=%s: %s is a variable of "
			"Dovecot 2.3: write it as %%{...}",
			key, value, variable);
		return -1;
	}
	if (*value != '\0' || (raw->may_be_nothing != NULL &&
			       str_array_find(raw->may_be_nothing, key)))
		return 1;
	return host_raw_check_empty(raw, idx, key, error_r);
}

static int
host_raw_lookup(unsigned int idx, const char *key, const char **value_r,
		const char **error_r, void *context)
{
	struct host_raw_context *raw = context;

	if (raw->errors[idx] != NULL) {
		*error_r = t_strdup_printf("%s: %s", key, raw->errors[idx]);
		return -1;
	}
	*value_r = raw->defines[idx].type == SET_FILTER_NAME ? NULL :
		raw->set->values[idx];
	if (*value_r == NULL)
		return 0;
	return host_raw_check(raw, idx, key, *value_r, error_r);
}

static int host_raw_lookup_none(unsigned int idx ATTR_UNUSED,
				const char *key ATTR_UNUSED,
				const char **value_r ATTR_UNUSED,
				const char **error_r ATTR_UNUSED,
				void *context ATTR_UNUSED)
{
	return 0;
}

/* The text is settings_mmap_apply()'s. */
static bool host_settings_are_unknown(const char *error)
{
	return strstr(error, "Configuration has no settings struct") != NULL;
}

const void *
host_settings_get(struct mail_user *user,
		  const struct setting_parser_info *info,
		  const char *const *may_be_nothing,
		  host_setting_report_t *report, void *context)
{
	struct host_raw_context raw;
	const char *error;
	const void *set;

	host_raw_init(&raw, info, user->event);
	raw.may_be_nothing = may_be_nothing;
	raw.userdb_fields = user->userdb_fields;
	if (host_raw_read(&raw, &error) < 0 &&
	    host_raw_read_each(&raw, &error) < 0) {
		report(host_settings_are_unknown(error) ? "" : NULL,
		       NULL, error, context);
		return host_settings_parse(info, host_raw_lookup_none, NULL,
					   report, context);
	}
	set = host_settings_parse(info, host_raw_lookup, &raw,
				  report, context);
	settings_free(raw.set);
	return set;
}

const char *const *host_settings_get_names(struct mail_user *user)
{
	ARRAY_TYPE(const_string) names;
	const char *const *field, *name, *value;

	t_array_init(&names, 16);
	for (field = user->userdb_fields; field != NULL && *field != NULL;
	     field++) {
		if (host_userdb_field_split(*field, &name, &value))
			array_push_back(&names, &name);
	}
	array_append_zero(&names);
	return array_front(&names);
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
