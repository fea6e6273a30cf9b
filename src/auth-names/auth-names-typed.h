#ifndef AUTH_NAMES_TYPED_H
#define AUTH_NAMES_TYPED_H

#include "login-name.h"

struct auth_request;
struct auth_names;

/* What the client has typed, and the forms that it may have. NULL when there is
   nothing to be read: it has been done, or somebody else has decided who logs
   in. */
const char *
auth_names_get_typed(const struct auth_names *names,
		     struct auth_request *request,
		     enum login_name_form *forms_r);

#endif
