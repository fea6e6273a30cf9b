#ifndef HOST_PROCESS_SETTINGS_H
#define HOST_PROCESS_SETTINGS_H

/* Settings of plugins in processes that have no mail user. In Dovecot 2.4 they
   are settings like all others. In 2.3 such processes have no plugin { }; there
   they come by the environment (import_environment), under their names in
   upper case. */

#include "host-settings.h"

/* Reads what holds for the protocol into *set_r, as host_settings_get()
   does. */
int host_process_settings_get(const char *protocol,
			      const struct setting_parser_info *info,
			      const void **set_r, const char **error_r);

/* Names in use that nobody has checked yet: in 2.3 those of the environment, in
   2.4 none. NULL-terminated, on the data stack. */
const char *const *host_process_settings_get_names(void);

#endif
