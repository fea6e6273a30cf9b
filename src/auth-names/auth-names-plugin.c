/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Login names of POP3 with more than a user in them (doc/spec/sdps.txt)

   A passdb that checks no password and a userdb that knows no user. Both stand
   before the databases that do:

   - passdb: takes the name to pieces and makes the plain user the one who logs
     in. Its result is always "ask the next one".
   - userdb: adds what was found as fields. For those who come without a passdb
     step (master users) it takes the name to pieces, too.

   Whose password was checked never changes after that: a name that would now
   be somebody else's is refused. */

#include "lib.h"
#include "host-auth.h"
#include "module-dir.h"
#include "str-sanitize.h"

#include "auth-names-check.h"
#include "auth-names-hosts.h"
#include "auth-names-resolve.h"
#include "auth-names-settings.h"
#include "auth-names-typed.h"

extern const char *authdb_pop3_ext_names_version;

const char *authdb_pop3_ext_names_version = DOVECOT_ABI_VERSION;

void authdb_pop3_ext_names_init(struct module *module);
void authdb_pop3_ext_names_deinit(void);

static struct auth_names auth_names;
static const struct auth_names_settings *auth_names_set;

static bool is_pop3(struct auth_request *request)
{
	const char *protocol = HOST_AUTH_PROTOCOL(request);

	return protocol != NULL && strcmp(protocol, "pop3") == 0;
}

/* Was the name itself proven? A master user has proven his own. */
static bool auth_names_is_proven(const struct auth_request_fields *fields)
{
	return fields->master_user == NULL &&
		(fields->cert_username || fields->skip_password_check);
}

/* Makes the plain user the one who logs in. A proven name, which does not depend
   on the password that will be checked, must stay the same. */
static bool
auth_names_set_user(struct auth_request *request, const char *user,
		    bool proven, const char **error_r)
{
	const char *before = request->fields.user;

	if (!host_auth_set_user(request, user, error_r))
		return FALSE;
	if (!proven || strcmp(before, request->fields.user) == 0)
		return TRUE;
	*error_r = t_strdup_printf("the login was proven for %s",
				   str_sanitize(before, 128));
	return FALSE;
}

static void
auth_names_refuse(struct auth_request *request, const char *typed,
		  const char *reason)
{
	e_warning(authdb_event(request), "Refused login name %s: %s",
		  str_sanitize(typed, 128), reason);
}

/* Whom the master user wants to be: master passdbs decide by the plain name. */
static void
auth_names_found_master_login(struct auth_request *request, const char *typed,
			      const struct login_name *name)
{
	const char *error;

	if (host_auth_set_login_user(request, name->user, &error)) {
		auth_names_remember(&auth_names, request, typed, name);
		return;
	}
	auth_names_refuse(request, typed, error);
	/* a name that nobody has */
	auth_request_set_login_username_forced(request, typed);
}

static void
auth_names_found_login(struct auth_request *request, const char *typed,
		       const struct login_name *name)
{
	const char *error;

	if (auth_names_set_user(request, name->user,
				auth_names_is_proven(&request->fields),
				&error)) {
		auth_names_remember(&auth_names, request, typed, name);
		return;
	}
	/* the next passdb gets a name that nobody has */
	auth_names_refuse(request, typed, error);
	host_auth_set_unknown_user(request, typed);
}

static void
auth_names_passdb_resolved(enum auth_names_result result, const char *typed,
			   const struct login_name *name, void *context)
{
	struct host_passdb_lookup *lookup = context;
	struct auth_request *request = lookup->request;

	if (result == AUTH_NAMES_FAILED) {
		host_passdb_finish(lookup, PASSDB_RESULT_INTERNAL_FAILURE);
		return;
	}
	if (result == AUTH_NAMES_FOUND) {
		if (request->fields.requested_login_user != NULL)
			auth_names_found_master_login(request, typed, name);
		else
			auth_names_found_login(request, typed, name);
	}
	host_passdb_finish(lookup, PASSDB_RESULT_NEXT);
}

static void auth_names_passdb_lookup(struct host_passdb_lookup *lookup)
{
	struct auth_request *request = lookup->request;
	enum login_name_form forms = auth_names.forms;
	const char *typed = NULL;

	if (!is_pop3(request))
		;
	else if (request->fields.requested_login_user != NULL) {
		typed = host_auth_strip_default_domain(
			request, request->fields.requested_login_user);
	} else
		typed = auth_names_get_typed(&auth_names, request, &forms);

	if (typed == NULL)
		host_passdb_finish(lookup, PASSDB_RESULT_NEXT);
	else {
		auth_names_resolve(&auth_names, request, typed, forms,
				   auth_names_passdb_resolved, lookup);
	}
}

struct auth_names_userdb_lookup {
	struct auth_request *request;
	userdb_callback_t *callback;
};

/* Returns FALSE when the login must not go on. */
static bool
auth_names_found_user(struct auth_request *request, const char *typed,
		      const struct login_name *name)
{
	const struct auth_request_fields *fields = &request->fields;
	bool proven = fields->successful && fields->master_user == NULL;
	const char *error;

	if (!auth_names_set_user(request, name->user, proven, &error)) {
		auth_names_refuse(request, typed, error);
		return FALSE;
	}
	auth_names_remember(&auth_names, request, typed, name);
	return TRUE;
}

static void
auth_names_userdb_resolved(enum auth_names_result result, const char *typed,
			   const struct login_name *name, void *context)
{
	struct auth_names_userdb_lookup *lookup = context;
	struct auth_request *request = lookup->request;

	if (result == AUTH_NAMES_FAILED ||
	    (result == AUTH_NAMES_FOUND &&
	     !auth_names_found_user(request, typed, name))) {
		/* also when the next userdb knows that name */
		request->userdb_lookup_tempfailed = TRUE;
		lookup->callback(USERDB_RESULT_INTERNAL_FAILURE, request);
		return;
	}
	auth_names_export(request);
	lookup->callback(USERDB_RESULT_OK, request);
}

static void
auth_names_userdb_lookup(struct auth_request *request,
			 userdb_callback_t *callback)
{
	struct auth_names_userdb_lookup *lookup;
	enum login_name_form forms;
	const char *typed = NULL;

	if (is_pop3(request)) {
		auth_names_export(request);
		typed = auth_names_get_typed(&auth_names, request, &forms);
	}
	if (typed == NULL) {
		callback(USERDB_RESULT_OK, request);
		return;
	}
	lookup = p_new(request->pool, struct auth_names_userdb_lookup, 1);
	lookup->request = request;
	lookup->callback = callback;
	auth_names_resolve(&auth_names, request, typed, forms,
			   auth_names_userdb_resolved, lookup);
}

/*
 * Configuration
 */

static int auth_names_configure_hosts(const struct auth_names_settings *set,
				      const char **error_r)
{
	struct dict *dict = NULL;

	if (host_auth_dict_init("pop3_ext_names", set->pop3_ext_names_dict,
				&dict, error_r) < 0)
		return -1;
	if ((auth_names.forms & LOGIN_NAME_SDPS_FORMS) != 0 &&
	    *set->pop3_ext_names_hosts == '\0' && dict == NULL) {
		*error_r = "pop3_ext_names_hosts is empty, "
			"but there are forms with hosts";
		return -1;
	}
	auth_names.hosts = auth_names_hosts_init(set->pop3_ext_names_hosts,
						 dict);
	return 0;
}

static int auth_names_configure(const void *_set, const char **error_r)
{
	const struct auth_names_settings *set = _set;

	/* a block without settings means those of the others */
	if (*set->pop3_ext_names_forms == '\0')
		return 0;
	if (auth_names_set != NULL) {
		if (auth_names_settings_equal(set, auth_names_set))
			return 0;
		*error_r = "the settings differ from those of another "
			"pop3_ext_names; there can be only one set of them";
		return -1;
	}
	if (login_name_forms_parse(set->pop3_ext_names_forms,
				   &auth_names.forms, error_r) < 0 ||
	    auth_names_configure_hosts(set, error_r) < 0)
		return -1;
	auth_names.recent_days = set->pop3_ext_names_recent_days;
	auth_names_set = set;
	return 0;
}

static void auth_names_close(void)
{
	if (auth_names.hosts != NULL)
		auth_names_hosts_close(auth_names.hosts);
}

static int auth_names_check(const char **error_r)
{
	if (auth_names_check_databases(auth_names.forms, error_r) < 0)
		return -1;
	if (auth_names_set == NULL) {
		*error_r = "no form of login names is switched on";
		return -1;
	}
	return 0;
}

static const struct host_auth_driver auth_names_driver = {
	.name = AUTH_NAMES_DRIVER,
	.info = &pop3_ext_names_setting_parser_info,
	.prefix = "pop3_ext_names_",

	.configure = auth_names_configure,
	.check = auth_names_check,
	.close = auth_names_close,

	.passdb_lookup = auth_names_passdb_lookup,
	.userdb_lookup = auth_names_userdb_lookup,
};

void authdb_pop3_ext_names_init(struct module *module ATTR_UNUSED)
{
	host_auth_register(&auth_names_driver);
}

void authdb_pop3_ext_names_deinit(void)
{
	host_auth_unregister();
	auth_names_hosts_deinit(&auth_names.hosts);
}
