/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"

#include "host-settings-parse.h"

static int
host_setting_parse(struct setting_parser_context *parser,
		   const struct setting_define *def, const char *value,
		   const char **error_r)
{
	if (settings_parse_keyvalue(parser, def->key, value) > 0)
		return 0;
	*error_r = t_strdup_printf("%s=%s: %s", def->key, value,
				   settings_parser_get_error(parser));
	return -1;
}

int host_settings_parse(const struct setting_parser_info *info,
			host_setting_lookup_t *lookup, void *context,
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
		value = lookup(def->key, context);
		if (value != NULL)
			ret = host_setting_parse(parser, def, value, error_r);
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
