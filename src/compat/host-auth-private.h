#ifndef HOST_AUTH_PRIVATE_H
#define HOST_AUTH_PRIVATE_H

#include "host-auth.h"

/* The parameters of preinit(), and credentials that are none */
#ifdef HOST_PREINIT_PARAMETERS
#  define HOST_PREINIT(kind) \
	int host_##kind##_preinit(pool_t pool, struct event *event, \
		const struct kind##_parameters *params ATTR_UNUSED, \
		struct kind##_module **module_r, const char **error_r)
#elif defined(HOST_PREINIT_EVENT)
#  define HOST_PREINIT(kind) \
	int host_##kind##_preinit(pool_t pool, struct event *event, \
		struct kind##_module **module_r, const char **error_r)
#else
#  define HOST_PREINIT(kind) \
	struct kind##_module *host_##kind##_preinit(pool_t pool, \
						    const char *args)
#endif

#ifdef HOST_CREDENTIALS_SCHEME
#  define HOST_NO_CREDENTIALS uchar_empty_ptr, 0, NULL
#else
#  define HOST_NO_CREDENTIALS uchar_empty_ptr, 0
#endif

extern const struct host_auth_driver *host_auth_driver;

/* Logs that the configuration is wrong, and has the driver refuse whoever needs
   it. The process serves all other logins, so it goes on. */
void host_auth_switch_off(const char *error);

/* Closes a dict that is not a proxy. Returns -1 and error then. */
int host_auth_dict_check(struct dict **dict, const char **error_r);

HOST_PREINIT(passdb);
HOST_PREINIT(userdb);
/* Frees what configure() has got. */
void host_auth_settings_deinit(void);

#endif
