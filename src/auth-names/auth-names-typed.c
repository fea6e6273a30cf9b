/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "host-auth.h"

#include "auth-names-resolve.h"
#include "auth-names-typed.h"

/* Is this the principal itself, in any spelling? */
static bool is_principal(const char *name, const char *principal)
{
	size_t len = strlen(name);

	return strchr(name, '\\') != NULL ||
		(strncasecmp(name, principal, len) == 0 &&
		 (principal[len] == '\0' || principal[len] == '@'));
}

/* The ticket's principal comes first, then the name that was typed, of which the
   host has only what it has made of it. Afterwards the host compares the
   principal with the plain user or with the typed name: both must not be
   somebody else's by a modifier. So a host, which has a password of its own, is
   not asked for, and a principal's own name is nothing but that. */
static const char *auth_names_ticket_typed(struct auth_request *request)
{
	const struct auth_request_fields *fields = &request->fields;
	const char *name;

	if (fields->successful || fields->user == NULL)
		return NULL;
	name = host_auth_strip_default_domain(request, fields->user);
	return is_principal(name, fields->original_username) ? NULL : name;
}

const char *
auth_names_get_typed(const struct auth_names *names,
		     struct auth_request *request,
		     enum login_name_form *forms_r)
{
	const struct auth_request_fields *fields = &request->fields;

	*forms_r = names->forms;
	if (auth_names_is_remembered(request) ||
	    fields->original_username == NULL)
		return NULL;
	if (fields->master_user == NULL && host_auth_has_token(request)) {
		/* it is somebody's, and where it has been looked at already it
		   is that of the name as it was typed */
		if (fields->skip_password_check || fields->successful)
			return NULL;
		*forms_r &= ~LOGIN_NAME_SDPS_FORMS;
	}
	if (fields->master_user == NULL && host_auth_has_ticket(request)) {
		*forms_r &= ~LOGIN_NAME_SDPS_FORMS;
		return auth_names_ticket_typed(request);
	}
	/* changed by another passdb */
	if (null_strcmp(fields->user, fields->translated_username) != 0)
		return NULL;
	/* of a name that a master user wanted, too, the host has only that */
	return fields->master_user == NULL ? fields->original_username :
		host_auth_strip_default_domain(request, fields->user);
}
