/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "env-util.h"
#include "strfuncs.h"

#include "host-process-settings.h"
#include "host-settings-parse.h"

static int
host_process_getenv(unsigned int idx ATTR_UNUSED, const char *key,
		    const char **value_r, const char **error_r ATTR_UNUSED,
		    void *context ATTR_UNUSED)
{
	*value_r = getenv(t_str_ucase(key));
	return *value_r == NULL ? 0 : 1;
}

static void
host_process_setting_report(const char *key ATTR_UNUSED,
			    const char *value ATTR_UNUSED, const char *error,
			    void *context)
{
	const char **error_r = context;

	if (*error_r == NULL)
		*error_r = t_strdup(error);
}

int host_process_settings_get(const char *protocol ATTR_UNUSED,
			      const struct setting_parser_info *info,
			      const void **set_r, const char **error_r)
{
	pool_t pool;

	*error_r = NULL;
	*set_r = host_settings_parse(info, host_process_getenv, NULL,
				     host_process_setting_report, error_r);
	if (*error_r == NULL)
		return 0;
	pool = *(const pool_t *)*set_r;
	pool_unref(&pool);
	return -1;
}

const char *const *host_process_settings_get_names(void)
{
	ARRAY_TYPE(const_string) names;
	char *const *env;
	const char *name;

	t_array_init(&names, 32);
	for (env = *env_get_environ_p(); *env != NULL; env++) {
		name = t_strcut(*env, '=');
		array_push_back(&names, &name);
	}
	array_append_zero(&names);
	return array_front(&names);
}
