/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "strfuncs.h"

#include "host-process-settings.h"
#include "host-settings-parse.h"

static const char *host_process_getenv(const char *key, void *context ATTR_UNUSED)
{
	return getenv(t_str_ucase(key));
}

int host_process_settings_get(const char *protocol ATTR_UNUSED,
			      const struct setting_parser_info *info,
			      const void **set_r, const char **error_r)
{
	return host_settings_parse(info, host_process_getenv, NULL,
				   set_r, error_r);
}
