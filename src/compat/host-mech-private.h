#ifndef HOST_MECH_PRIVATE_H
#define HOST_MECH_PRIVATE_H

#include "auth.h"
#include "host-mech.h"

/* The passdbs were asked about somebody whose password doesn't matter. Does a
   rule of the last one say that he may not log in? The host knows that he was
   let in, but not why he wasn't. */
static inline bool host_mech_passdb_refuses(const struct auth_request *request)
{
	enum auth_db_rule rule;

	if (request->passdb_result == PASSDB_RESULT_OK)
		return !request->passdb_success;
	if (request->passdb == NULL)
		return FALSE;
	rule = request->passdb->result_failure;
	return rule == AUTH_DB_RULE_RETURN_FAIL ||
		rule == AUTH_DB_RULE_CONTINUE_FAIL;
}

#endif
