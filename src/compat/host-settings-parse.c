/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str-sanitize.h"

#include "host-settings-parse.h"

#define ERROR_VALUE_MAX_LEN 200

#ifndef HOST_2_4
#  define settings_parser_get_set(parser) settings_parser_get(parser)
#  define settings_parser_unref(parser) settings_parser_deinit(parser)
#endif

const char *host_setting_nothing_error(const char *key, const char *before)
{
	return t_strdup_printf("%s=%s: This expands to nothing for this user",
			       key, before);
}

/* Is this value allowed, whatever the other settings are? */
static int
host_setting_check(const struct setting_parser_info *info, const char *key,
		   const char *value, const char **error_r)
{
	struct setting_parser_context *parser;
	pool_t pool = pool_alloconly_create("plugin setting", 1024);
	const char *error;
	int ret = 0;

	parser = settings_parser_init(pool, info, 0);
	if (settings_parse_keyvalue(parser, key, value) <= 0) {
		*error_r = t_strdup_printf("%s=%s: %s", key,
			str_sanitize(value, ERROR_VALUE_MAX_LEN),
			settings_parser_get_error(parser));
		ret = -1;
	} else if (info->check_func != NULL &&
		   !info->check_func(settings_parser_get_set(parser), pool,
				     &error)) {
		*error_r = t_strdup(error);
		ret = -1;
	}
	settings_parser_unref(&parser);
	pool_unref(&pool);
	return ret;
}

const void *
host_settings_parse(const struct setting_parser_info *info,
		    host_setting_lookup_t *lookup, void *lookup_context,
		    host_setting_report_t *report, void *report_context)
{
	struct setting_parser_context *parser;
	const struct setting_define *def;
	const char *value, *error;
	pool_t pool;
	void *set;
	int ret;

	pool = pool_alloconly_create("plugin settings", 1024);
	parser = settings_parser_init(pool, info, 0);
	for (def = info->defines; def->key != NULL; def++) {
		value = NULL;
		ret = lookup(def - info->defines, def->key, &value, &error,
			     lookup_context);
		if (ret > 0 && (ret = host_setting_check(info, def->key, value,
							 &error)) == 0)
			(void)settings_parse_keyvalue(parser, def->key, value);
		if (ret < 0)
			report(def->key, value, error, report_context);
	}
	set = settings_parser_get_set(parser);
	settings_parser_unref(&parser);
	*(pool_t *)set = pool;
	return set;
}
