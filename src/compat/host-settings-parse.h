#ifndef HOST_SETTINGS_PARSE_H
#define HOST_SETTINGS_PARSE_H

/* Reads settings one by one from text, so that a wrong one costs only itself. */

#include "host-settings.h"

/* Looks up the setting with this index in info->defines. Returns 1 and its
   value, 0 when it is not set, -1 and a sentence that begins with its name when
   it can't be used. */
typedef int
host_setting_lookup_t(unsigned int idx, const char *key, const char **value_r,
		      const char **error_r, void *context);

/* The sentence for a value of %variables that has become empty. */
const char *host_setting_nothing_error(const char *key, const char *before);

/* Returns a struct whose first member is `pool_t pool'; unreferencing that pool
   frees it. Settings that report() was called for have their defaults. */
const void *
host_settings_parse(const struct setting_parser_info *info,
		    host_setting_lookup_t *lookup, void *lookup_context,
		    host_setting_report_t *report, void *report_context);

#endif
