/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "host-auth.h"
#include "array.h"
#include "str-sanitize.h"

#include "auth-names-forward.h"
#include "auth-names-hosts.h"
#include "auth-names-resolve.h"

/* Among the request's extra fields, which the client can't fill */
#define FIELD_TYPED "pop3_ext_typed_name"

/* The mail plugin that makes the views */
#define AUTH_NAMES_PLUGIN "pop3_ext"

static const char *const auth_names_fields[] = {
	LOGIN_NAME_FIELDS
};

struct auth_names_lookup {
	struct auth_request *request;
	const char *typed;
	struct login_name name;

	auth_names_callback_t *callback;
	void *context;
};

static void auth_names_finish(struct auth_names_lookup *lookup,
			      enum auth_names_result result)
{
	lookup->callback(result, lookup->typed, &lookup->name, lookup->context);
}

static void
auth_names_host_found(int ret, const char *user, const char *error,
		      void *context)
{
	struct auth_names_lookup *lookup = context;
	struct auth_request *request = lookup->request;
	struct login_name *name = &lookup->name;
	enum auth_names_result result = AUTH_NAMES_FOUND;

	if (ret < 0 && name->account == NULL) {
		/* it could be anybody's, and they need no host to log in */
		e_warning(authdb_event(request), "Login name is taken for that "
			  "of a user, as no host can be looked up: %s", error);
		ret = 0;
	}
	if (ret < 0) {
		e_error(authdb_event(request), "Login name can't be used for "
			"now, as no host can be looked up: %s", error);
		result = AUTH_NAMES_FAILED;
	} else if (ret > 0)
		name->user = p_strdup(request->pool, user);
	else {
		name->host = name->account = NULL;
		if (!login_name_is_narrowed(name))
			result = AUTH_NAMES_PLAIN;
	}
	auth_names_finish(lookup, result);
	auth_request_unref(&request);
}

void auth_names_log_refused(struct auth_request *request, const char *typed,
			    const char *reason)
{
	e_warning(authdb_event(request), "Refused login name %s: %s",
		  str_sanitize(typed, 128), reason);
}

/* Returns FALSE when no proxy has to do with it. */
static bool
auth_names_resolve_forwarded(const struct auth_names *names,
			     struct auth_names_lookup *lookup)
{
	const char *error;

	switch (auth_names_forward_read(names, lookup->request, lookup->typed,
					&lookup->name, &error)) {
	case AUTH_NAMES_FORWARD_NONE:
		return FALSE;
	case AUTH_NAMES_FORWARD_PLAIN:
		auth_names_finish(lookup, AUTH_NAMES_PLAIN);
		break;
	case AUTH_NAMES_FORWARD_VIEW:
		auth_names_finish(lookup, AUTH_NAMES_FOUND);
		break;
	case AUTH_NAMES_FORWARD_REFUSED:
		auth_names_log_refused(lookup->request, lookup->typed, error);
		auth_names_finish(lookup, AUTH_NAMES_REFUSED);
		break;
	}
	return TRUE;
}

void auth_names_resolve(const struct auth_names *names,
			struct auth_request *request, const char *typed,
			enum login_name_form forms,
			auth_names_callback_t *callback, void *context)
{
	struct auth_names_lookup *lookup;

	lookup = p_new(request->pool, struct auth_names_lookup, 1);
	lookup->request = request;
	lookup->typed = typed;
	lookup->callback = callback;
	lookup->context = context;

	if (auth_names_resolve_forwarded(names, lookup))
		return;
	if (!login_name_parse(request->pool, forms, typed, &lookup->name)) {
		auth_names_finish(lookup, AUTH_NAMES_PLAIN);
		return;
	}
	if (lookup->name.recent)
		lookup->name.days = names->recent_days;
	if (lookup->name.host == NULL)
		auth_names_finish(lookup, AUTH_NAMES_FOUND);
	else {
		auth_request_ref(request);
		auth_names_hosts_find(names->hosts, &lookup->name,
				      auth_names_host_found, lookup);
	}
}

static void
remember(struct auth_request *request, const char *field, const char *value)
{
	if (value != NULL) {
		auth_fields_add(request->fields.extra_fields, field, value,
				AUTH_FIELD_FLAG_HIDDEN);
	}
}

void auth_names_remember(struct auth_request *request, const char *typed,
			 const struct login_name *name)
{
	remember(request, FIELD_TYPED, typed);
	remember(request, LOGIN_NAME_FIELD_ACCOUNT, name->account);
	remember(request, LOGIN_NAME_FIELD_HOST, name->host);
	remember(request, LOGIN_NAME_FIELD_DAYS,
		 name->days > 0 ? dec2str(name->days) : NULL);
	remember(request, LOGIN_NAME_FIELD_FOLDER, name->folder);
	remember(request, LOGIN_NAME_FIELD_NO_MIME,
		 name->no_mime ? "yes" : NULL);
	auth_names_forward_write(request, name);
}

bool auth_names_is_remembered(struct auth_request *request)
{
	return auth_fields_exists(request->fields.extra_fields, FIELD_TYPED);
}

/* Does the name show less than all of INBOX? */
static bool auth_names_is_view(struct auth_request *request)
{
	struct auth_fields *fields = request->fields.extra_fields;

	return auth_fields_exists(fields, LOGIN_NAME_FIELD_ACCOUNT) ||
		auth_fields_exists(fields, LOGIN_NAME_FIELD_DAYS) ||
		auth_fields_exists(fields, LOGIN_NAME_FIELD_FOLDER);
}

void auth_names_export(struct auth_request *request)
{
	const char *value;
	unsigned int i;

	/* Without the plugin the mail process would ignore the fields, and show
	   everything. When it can't be loaded this login fails. */
	if (auth_names_is_view(request))
		host_auth_add_mail_plugin(request, AUTH_NAMES_PLUGIN);
	for (i = 0; i < N_ELEMENTS(auth_names_fields); i++) {
		value = auth_fields_find(request->fields.extra_fields,
					 auth_names_fields[i]);
		if (value != NULL) {
			auth_request_set_userdb_field(
				request, auth_names_fields[i], value);
		}
	}
}
