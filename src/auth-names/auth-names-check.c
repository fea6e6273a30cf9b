/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "host-auth.h"

#include "auth-names-check.h"

static bool is_ours(const char *driver)
{
	return strcmp(driver, AUTH_NAMES_DRIVER) == 0;
}

/* The real passdbs must see the plain name. */
static int
auth_names_check_passdbs(const struct auth_passdb *passdb,
			 const char **error_r)
{
	if (!is_ours(passdb->passdb->iface.name)) {
		*error_r = "passdb "AUTH_NAMES_DRIVER" must be the first passdb "
			"when there is such a userdb";
		return -1;
	}
	if (passdb->next == NULL) {
		*error_r = "passdb "AUTH_NAMES_DRIVER" checks no password: "
			"another passdb has to follow";
		return -1;
	}
	return 0;
}

/* It knows no user: with the host's usual rule everybody would exist. */
static int
auth_names_check_userdbs(const struct auth_userdb *userdb,
			 const char **error_r)
{
	if (!is_ours(userdb->userdb->iface->name)) {
		*error_r = "userdb "AUTH_NAMES_DRIVER" must be the first userdb "
			"when there is such a passdb";
		return -1;
	}
	if (userdb->result_success != AUTH_DB_RULE_CONTINUE) {
		*error_r = "userdb "AUTH_NAMES_DRIVER" needs "
			"result_success=continue";
		return -1;
	}
	if (userdb->next == NULL) {
		*error_r = "userdb "AUTH_NAMES_DRIVER" knows no user: "
			"another userdb has to follow";
		return -1;
	}
	return 0;
}

static int
auth_names_check_chars(const struct auth_settings *set,
		       enum login_name_form forms, const char **error_r)
{
	const char *p;

	for (p = login_name_forms_chars(forms); *p != '\0'; p++) {
		if (set->username_chars_map[(unsigned char)*p] == 0) {
			*error_r = t_strdup_printf("auth_username_chars does "
				"not allow %c, which a form in "
				"pop3_ext_names_forms needs", *p);
			return -1;
		}
	}
	return 0;
}

int auth_names_check_databases(enum login_name_form forms,
			       const char **error_r)
{
	const struct auth *auth = auth_find_protocol("pop3");

	if (auth_names_check_passdbs(auth->passdbs, error_r) < 0 ||
	    auth_names_check_userdbs(auth->userdbs, error_r) < 0)
		return -1;
	return auth_names_check_chars(HOST_AUTH_SETTINGS(auth), forms, error_r);
}
