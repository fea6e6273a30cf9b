#ifndef HOST_SETTINGS_PARSE_H
#define HOST_SETTINGS_PARSE_H

/* Dovecot 2.3: settings of plugins from somewhere else than the config
   process. */

#include "settings-parser.h"

/* Returns the value of a setting as text, NULL when it is not set. */
typedef const char *host_setting_lookup_t(const char *key, void *context);

/* Fills a struct whose first member is `pool_t pool'; unreferencing that pool
   frees it. Returns -1 when a value is not allowed; the error names the
   setting. */
int host_settings_parse(const struct setting_parser_info *info,
			host_setting_lookup_t *lookup, void *context,
			const void **set_r, const char **error_r);

#endif
