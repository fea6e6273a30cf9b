/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Who may send by XTND XMIT is decided by PAM

   A userdb that knows no user and lets nobody in: it stands before the one that
   does, and adds a field for those whom the account management of the service
   does not allow. A passdb could not do this: it has to accept a user to
   be asked at all, and is left out for master users.

   PAM modules run in the auth worker, for logins of POP3 alone. Whatever goes
   wrong there, the login goes on without the right to send. */

#include "lib.h"
#include "host-auth.h"
#include "module-dir.h"
#include "userdb-blocking.h"

#include "auth-pam-settings.h"
#include "pam-check.h"

#define AUTH_PAM_DRIVER "pop3_ext_pam"
/* a setting of the plugin in the mail process */
#define AUTH_PAM_FIELD "pop3_ext_xmit_permission"

extern const char *authdb_pop3_ext_pam_version;

const char *authdb_pop3_ext_pam_version = DOVECOT_ABI_VERSION;

void authdb_pop3_ext_pam_init(struct module *module);
void authdb_pop3_ext_pam_deinit(void);

static const struct auth_pam_settings *auth_pam_set;

static void auth_pam_ask(struct auth_request *request)
{
	struct pam_check_input input = {
		.service = auth_pam_set->pop3_ext_xmit_pam_service,
		.user = request->fields.user,
		.timeout_secs = auth_pam_set->pop3_ext_xmit_pam_timeout,
	};
	const char *permission = "granted", *error;

	if (request->fields.remote_ip.family != 0)
		input.rhost = net_ip2addr(&request->fields.remote_ip);
	switch (pam_check(&input, &error)) {
	case PAM_CHECK_ALLOWED:
		break;
	case PAM_CHECK_DENIED:
		permission = "denied";
		e_info(authdb_event(request), "%s: May not send: %s",
		       input.service, error);
		break;
	case PAM_CHECK_FAILED:
		permission = "unknown";
		e_error(authdb_event(request), "%s: May not send, because "
			"PAM could not be asked: %s", input.service, error);
		break;
	}
	auth_request_set_userdb_field(request, AUTH_PAM_FIELD,
				      permission);
}

/* Whatever becomes of the worker, and whoever lets the user in then, nobody may
   send without its answer. The snapshot outlives the host's rollback. */
static void auth_pam_ask_worker(struct auth_request *request)
{
	auth_request_set_userdb_field(request, AUTH_PAM_FIELD, "unknown");
	auth_fields_snapshot(request->fields.userdb_reply);
	userdb_blocking_lookup(request);
}

static void
auth_pam_userdb_lookup(struct auth_request *request,
		       userdb_callback_t *callback)
{
	const char *protocol = HOST_AUTH_PROTOCOL(request);

	if (protocol == NULL || strcmp(protocol, "pop3") != 0)
		callback(USERDB_RESULT_OK, request);
	else if (!worker)
		auth_pam_ask_worker(request);
	else {
		auth_pam_ask(request);
		callback(USERDB_RESULT_OK, request);
	}
}

static bool auth_pam_settings_equal(const struct auth_pam_settings *set1,
				    const struct auth_pam_settings *set2)
{
	return strcmp(set1->pop3_ext_xmit_pam_service,
		      set2->pop3_ext_xmit_pam_service) == 0 &&
		set1->pop3_ext_xmit_pam_timeout ==
		set2->pop3_ext_xmit_pam_timeout;
}

static int auth_pam_configure(const void *_set, const char **error_r)
{
	const struct auth_pam_settings *set = _set;

	if (!pam_check_is_built()) {
		*error_r = "pop3-ext was built without PAM";
		return -1;
	}
	/* newer hosts set up the databases once for each protocol */
	if (auth_pam_set != NULL &&
	    !auth_pam_settings_equal(set, auth_pam_set)) {
		*error_r = "the settings differ from those of another "
			"pop3_ext_pam; there can be only one set of them";
		return -1;
	}
	auth_pam_set = set;
	return 0;
}

/* Is this a rule by which the login goes on, and not to the next userdb? */
static bool lets_past(enum auth_db_rule rule)
{
	return rule == AUTH_DB_RULE_RETURN || rule == AUTH_DB_RULE_RETURN_OK;
}

static int
auth_pam_check_before(const struct auth_userdb *userdb, const char **error_r)
{
	if (!lets_past(userdb->result_success) &&
	    !lets_past(userdb->result_failure) &&
	    !lets_past(userdb->result_internalfail))
		return 0;
	*error_r = t_strdup_printf("userdb %s before it would let users past "
				   "it; "AUTH_PAM_DRIVER" has to come first",
				   userdb->userdb->iface->name);
	return -1;
}

static int
auth_pam_check_own(const struct auth_userdb *userdb, const char **error_r)
{
	if (userdb->result_success != AUTH_DB_RULE_CONTINUE)
		*error_r = "it needs result_success=continue";
	else if (userdb->skip != AUTH_USERDB_SKIP_NEVER)
		*error_r = "it needs skip=never";
	else if (userdb->next == NULL)
		*error_r = "it knows no user: another userdb has to follow";
	else
		return 0;
	return -1;
}

static bool is_ours(const struct auth_userdb *userdb)
{
	return strcmp(userdb->userdb->iface->name, AUTH_PAM_DRIVER) == 0;
}

static int auth_pam_check(const char **error_r)
{
	const struct auth_userdb *userdb, *own;

	own = auth_find_protocol("pop3")->userdbs;
	while (own != NULL && !is_ours(own))
		own = own->next;
	if (own == NULL)
		return 0;

	userdb = auth_find_protocol("pop3")->userdbs;
	for (; userdb != own; userdb = userdb->next) {
		if (auth_pam_check_before(userdb, error_r) < 0)
			return -1;
	}
	return auth_pam_check_own(own, error_r);
}

static const struct host_auth_driver auth_pam_driver = {
	.name = AUTH_PAM_DRIVER,
	.info = &pop3_ext_pam_setting_parser_info,
	.prefix = "pop3_ext_xmit_pam_",

	.configure = auth_pam_configure,
	.check = auth_pam_check,
	.userdb_lookup = auth_pam_userdb_lookup,
};

void authdb_pop3_ext_pam_init(struct module *module ATTR_UNUSED)
{
	host_auth_register(&auth_pam_driver);
}

void authdb_pop3_ext_pam_deinit(void)
{
	host_auth_unregister();
}
