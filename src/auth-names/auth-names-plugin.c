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
#include "array.h"
#include "module-dir.h"
#include "net.h"

#include "auth-names-check.h"
#include "auth-names-forward.h"
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
	return host_auth_set_user(request, user,
				  proven ? request->fields.user : NULL,
				  error_r);
}

/* A name that nobody has, for the next passdbs: the answer is that to an unknown
   user then. */
static void
auth_names_set_nobody(struct auth_request *request, const char *typed)
{
	const char *nobody = auth_names_forward_nobody(typed);

	if (request->fields.requested_login_user != NULL)
		auth_request_set_login_username_forced(request, nobody);
	else
		host_auth_set_unknown_user(request, nobody);
}

/* Whom the master user wants to be: master passdbs decide by the plain name. */
static void
auth_names_found_master_login(struct auth_request *request, const char *typed,
			      const struct login_name *name)
{
	const char *error;

	if (host_auth_set_login_user(request, name->user, &error)) {
		auth_names_remember(request, typed, name);
		return;
	}
	auth_names_log_refused(request, typed, error);
	auth_names_set_nobody(request, typed);
}

static void
auth_names_found_login(struct auth_request *request, const char *typed,
		       const struct login_name *name)
{
	const char *error;

	if (auth_names_set_user(request, name->user,
				auth_names_is_proven(&request->fields),
				&error)) {
		auth_names_remember(request, typed, name);
		return;
	}
	auth_names_log_refused(request, typed, error);
	auth_names_set_nobody(request, typed);
}

/* With a wrong configuration nobody may get in by more than a plain name. */
static enum auth_names_result
auth_names_judge(struct auth_request *request, const char *typed,
		 enum auth_names_result result)
{
	if (result != AUTH_NAMES_FOUND || !host_auth_is_off())
		return result;
	auth_names_log_refused(request, typed, "the configuration of "
		AUTH_NAMES_DRIVER" is wrong, see the Error at the start");
	return AUTH_NAMES_FAILED;
}

static void
auth_names_passdb_resolved(enum auth_names_result result, const char *typed,
			   const struct login_name *name, void *context)
{
	struct host_passdb_lookup *lookup = context;
	struct auth_request *request = lookup->request;

	switch (auth_names_judge(request, typed, result)) {
	case AUTH_NAMES_FAILED:
		host_passdb_finish(lookup, PASSDB_RESULT_INTERNAL_FAILURE);
		return;
	case AUTH_NAMES_REFUSED:
		auth_names_set_nobody(request, typed);
		break;
	case AUTH_NAMES_PLAIN:
		break;
	case AUTH_NAMES_FOUND:
		if (request->fields.requested_login_user != NULL)
			auth_names_found_master_login(request, typed, name);
		else
			auth_names_found_login(request, typed, name);
		break;
	}
	host_passdb_finish(lookup, PASSDB_RESULT_NEXT);
}

/* The name that has to be read, and the forms that it may have; NULL: none */
static const char *
auth_names_get_name(struct auth_request *request, enum login_name_form *forms_r)
{
	const char *typed;

	*forms_r = auth_names.forms;
	if (!is_pop3(request))
		return NULL;
	if (request->fields.requested_login_user != NULL) {
		return host_auth_strip_default_domain(
			request, request->fields.requested_login_user);
	}
	typed = auth_names_get_typed(&auth_names, request, forms_r);
	/* a view that came along has to be judged with any name */
	if (typed == NULL && !auth_names_is_remembered(request) &&
	    auth_names_forward_has_view(request))
		typed = request->fields.user;
	return typed;
}

static void auth_names_passdb_lookup(struct host_passdb_lookup *lookup)
{
	struct auth_request *request = lookup->request;
	enum login_name_form forms;
	const char *typed = auth_names_get_name(request, &forms);

	if (typed != NULL) {
		auth_names_resolve(&auth_names, request, typed, forms,
				   auth_names_passdb_resolved, lookup);
		return;
	}
	/* once more, after passdbs that return a destuser of their own */
	if (auth_names_is_remembered(request))
		auth_names_forward_rewrite(request);
	host_passdb_finish(lookup, PASSDB_RESULT_NEXT);
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

	if (fields->successful && fields->master_user != NULL &&
	    host_auth_asks_policy(request)) {
		auth_names_log_refused(request, typed, "the policy server has not "
			"been asked about the user: add a passdb "
			AUTH_NAMES_DRIVER" with master = yes before the others");
		return FALSE;
	}
	if (!auth_names_set_user(request, name->user, proven, &error)) {
		auth_names_log_refused(request, typed, error);
		return FALSE;
	}
	auth_names_remember(request, typed, name);
	return TRUE;
}

/* The next userdb is to be asked. With a wrong rule everybody would exist, or
   have no home, after OK. */
static enum userdb_result auth_names_userdb_result(void)
{
	return host_auth_is_off() ? USERDB_RESULT_USER_UNKNOWN :
		USERDB_RESULT_OK;
}

static void
auth_names_userdb_resolved(enum auth_names_result result, const char *typed,
			   const struct login_name *name, void *context)
{
	struct auth_names_userdb_lookup *lookup = context;
	struct auth_request *request = lookup->request;

	result = auth_names_judge(request, typed, result);
	if (result == AUTH_NAMES_FAILED || result == AUTH_NAMES_REFUSED ||
	    (result == AUTH_NAMES_FOUND &&
	     !auth_names_found_user(request, typed, name))) {
		/* also when the next userdb knows that name */
		request->userdb_lookup_tempfailed = TRUE;
		lookup->callback(USERDB_RESULT_INTERNAL_FAILURE, request);
		return;
	}
	auth_names_export(request);
	lookup->callback(auth_names_userdb_result(), request);
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
		typed = auth_names_get_name(request, &forms);
	}
	if (typed == NULL) {
		callback(auth_names_userdb_result(), request);
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

static int auth_names_configure_proxies(const struct auth_names_settings *set,
					const char **error_r)
{
	i_array_init(&auth_names.proxies, 4);
	return auth_names_networks_parse(set->pop3_ext_names_proxies,
					 &auth_names.proxies, error_r);
}

static int auth_names_configure_hosts(const struct auth_names_settings *set,
				      const char **error_r)
{
	struct dict *dict = NULL;
	int ret;

	ret = host_auth_dict_init("pop3_ext_names", set->pop3_ext_names_dict,
				  &dict, error_r);
	auth_names.hosts = auth_names_hosts_init(set->pop3_ext_names_hosts,
						 dict);
	if (ret < 0) {
		*error_r = t_strconcat(HOST_SETTING_DICT_NAME("pop3_ext_names"),
				       ": ", *error_r, NULL);
		return -1;
	}
	if ((auth_names.forms & LOGIN_NAME_SDPS_FORMS) != 0 &&
	    *set->pop3_ext_names_hosts == '\0' && dict == NULL) {
		*error_r = "pop3_ext_names_hosts is empty, "
			"but there are forms with hosts";
		return -1;
	}
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
	    auth_names_configure_hosts(set, error_r) < 0 ||
	    auth_names_configure_proxies(set, error_r) < 0)
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
	.off = "Until this is mended no name with more than a user in it "
		"can log in by POP3; all others can",

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
	array_free(&auth_names.proxies);
}
