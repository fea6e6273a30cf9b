#ifndef AUTH_NAMES_CHECK_H
#define AUTH_NAMES_CHECK_H

#include "login-name.h"

#define AUTH_NAMES_DRIVER "pop3_ext_names"

/* Looks at what the host has been told beside our own settings: without it
   names would be let through that should not be, or none at all. Returns -1
   when it can't work. */
int auth_names_check_databases(enum login_name_form forms,
			       const char **error_r);

#endif
