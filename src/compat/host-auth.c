/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "host-auth-private.h"
#include "auth-settings.h"
#include "dict-private.h"
#include "str-sanitize.h"

const struct host_auth_driver *host_auth_driver;

static bool host_auth_off;

void host_auth_switch_off(const char *error)
{
	/* Each block of the configuration and each worker would say it again. */
	if (!worker && !host_auth_off)
		i_error("%s: %s. %s", host_auth_driver->name, error,
			host_auth_driver->off);
	host_auth_off = TRUE;
}

bool host_auth_is_off(void)
{
	return host_auth_off;
}

static void host_auth_check(void)
{
	const char *error;

	if (!host_auth_off && host_auth_driver->check(&error) < 0)
		host_auth_switch_off(error);
}

static void host_passdb_init(struct passdb_module *module ATTR_UNUSED)
{
	host_auth_check();
}

static void host_userdb_init(struct userdb_module *module ATTR_UNUSED)
{
	host_auth_check();
}

static void host_auth_close(void)
{
	if (host_auth_driver->close != NULL)
		host_auth_driver->close();
}

static void host_passdb_deinit(struct passdb_module *module ATTR_UNUSED)
{
	host_auth_close();
}

static void host_userdb_deinit(struct userdb_module *module ATTR_UNUSED)
{
	host_auth_close();
}

bool host_auth_is_worker(void)
{
	return worker;
}

int host_auth_dict_check(struct dict **dict, const char **error_r)
{
	if (strcmp((*dict)->name, "proxy") == 0)
		return 0;
	*error_r = t_strdup_printf("dict %s would make all logins wait: "
				   "it has to be a proxy", (*dict)->name);
	dict_deinit(dict);
	return -1;
}

void host_auth_dict_close(struct dict **_dict)
{
	struct dict *dict = *_dict;
	struct event *event = dict->event;

	*_dict = NULL;
	/* dict_deinit() would let it live as long as somebody waits for it */
	dict->v.deinit(dict);
	event_unref(&event);
}

static void
host_passdb_verify_plain(struct auth_request *request,
			 const char *password ATTR_UNUSED,
			 verify_plain_callback_t *callback)
{
	struct host_passdb_lookup *lookup;

	lookup = p_new(request->pool, struct host_passdb_lookup, 1);
	lookup->request = request;
	lookup->verify_plain = callback;
	host_auth_driver->passdb_lookup(lookup);
}

static void
host_passdb_lookup_credentials(struct auth_request *request,
			       lookup_credentials_callback_t *callback)
{
	struct host_passdb_lookup *lookup;

	lookup = p_new(request->pool, struct host_passdb_lookup, 1);
	lookup->request = request;
	lookup->lookup_credentials = callback;
	host_auth_driver->passdb_lookup(lookup);
}

void host_passdb_finish(struct host_passdb_lookup *lookup,
			enum passdb_result result)
{
	i_assert(result != PASSDB_RESULT_OK);

	if (result == PASSDB_RESULT_NEXT &&
	    lookup->request->passdb->next == NULL) {
		/* there is none, so it knows nobody; the host takes back what
		   such a passdb has written */
		result = PASSDB_RESULT_USER_UNKNOWN;
		auth_fields_snapshot(lookup->request->fields.extra_fields);
	}
	if (lookup->verify_plain != NULL) {
		lookup->verify_plain(result, lookup->request);
		return;
	}
	lookup->lookup_credentials(result, HOST_NO_CREDENTIALS,
				   lookup->request);
}

static struct passdb_module_interface host_passdb_interface = {
	.preinit = host_passdb_preinit,
	.init = host_passdb_init,
	.deinit = host_passdb_deinit,
	.verify_plain = host_passdb_verify_plain,
	.lookup_credentials = host_passdb_lookup_credentials,
};

static struct userdb_module_interface host_userdb_interface = {
	.preinit = host_userdb_preinit,
	.init = host_userdb_init,
	.deinit = host_userdb_deinit,
};

void host_auth_register(const struct host_auth_driver *driver)
{
	host_auth_driver = driver;
	if (driver->passdb_lookup != NULL) {
		host_passdb_interface.name = driver->name;
		passdb_register_module(&host_passdb_interface);
	}
	host_userdb_interface.name = driver->name;
	host_userdb_interface.lookup = driver->userdb_lookup;
	userdb_register_module(&host_userdb_interface);
}

void host_auth_unregister(void)
{
	if (host_auth_driver->passdb_lookup != NULL)
		passdb_unregister_module(&host_passdb_interface);
	userdb_unregister_module(&host_userdb_interface);
	host_auth_settings_deinit();
}

static void
host_auth_restore_user(struct auth_request *request, const char *user,
		       const char *translated)
{
	if (user != NULL)
		auth_request_set_username_forced(request, user);
	request->fields.translated_username = translated;
}

bool host_auth_set_user(struct auth_request *request, const char *user,
			const char *only, const char **error_r)
{
	const char *separator = request->set->master_user_separator;
	const char *before = request->fields.user;
	const char *translated = request->fields.translated_username;
	bool cert_username = request->fields.cert_username, ok;

	/* it would be read as a master login once more */
	if (*separator != '\0' && strchr(user, *separator) != NULL) {
		*error_r = "there is a second auth_master_user_separator";
		return FALSE;
	}
	/* the name in a certificate would win */
	request->fields.cert_username = FALSE;
	ok = auth_request_set_username(request, user, error_r);
	request->fields.cert_username = cert_username;
	if (ok && only != NULL && strcmp(request->fields.user, only) != 0) {
		*error_r = t_strdup_printf("the login was proven for %s",
					   str_sanitize(only, 128));
		ok = FALSE;
	}
	if (!ok) {
		/* the log would name somebody else, whatever becomes of it */
		host_auth_restore_user(request, before, translated);
		return FALSE;
	}
	request->fields.translated_username = request->fields.user;
	/* a policy server has only heard of the name as it was typed */
	request->policy_processed = FALSE;
	return TRUE;
}

bool host_auth_set_login_user(struct auth_request *request, const char *user,
			      const char **error_r)
{
	struct auth_passdb *passdb = request->passdb;
	bool ok;

	if (strcmp(user, request->fields.user) == 0) {
		/* the host would see no master login in it */
		auth_request_set_login_username_forced(request, user);
		return TRUE;
	}
	ok = auth_request_set_login_username(request, user, error_r);
	request->policy_processed = FALSE;
	/* the host begins with the first master passdb here */
	request->passdb = passdb;
	return ok;
}

bool host_auth_asks_policy(const struct auth_request *request)
{
	const struct auth_settings *set = request->set;

	return *set->policy_server_url != '\0' &&
		(set->policy_check_before_auth || set->policy_check_after_auth);
}

bool host_auth_has_token(const struct auth_request *request)
{
	const char *name = request->fields.mech_name;

	return null_strcmp(name, "OAUTHBEARER") == 0 ||
		null_strcmp(name, "XOAUTH2") == 0;
}

bool host_auth_has_ticket(const struct auth_request *request)
{
	const char *name = request->fields.mech_name;

	return null_strcmp(name, "GSSAPI") == 0 ||
		null_strcmp(name, "GSS-SPNEGO") == 0;
}

const char *
host_auth_strip_default_domain(struct auth_request *request, const char *name)
{
	const char *domain = HOST_AUTH_DEFAULT_DOMAIN(request->set);
	const char *at = strchr(name, '@');

	if (*domain == '\0' || at == NULL || strcasecmp(at + 1, domain) != 0)
		return name;
	return p_strdup_until(request->pool, name, at);
}

void host_auth_set_unknown_user(struct auth_request *request, const char *user)
{
	auth_request_set_username_forced(request, user);
	request->fields.translated_username = request->fields.user;
}
