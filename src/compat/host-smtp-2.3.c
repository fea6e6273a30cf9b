/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "iostream-ssl.h"
#include "mail-user.h"
#include "smtp-client.h"
#include "smtp-params.h"

#include "host-smtp.h"

int host_smtp_client_set_ssl(struct smtp_client_settings *set,
			     struct mail_user *user,
			     struct event *event ATTR_UNUSED,
			     bool verify, const char *ca_file,
			     const char **error_r ATTR_UNUSED)
{
	struct ssl_iostream_settings *ssl;

	ssl = t_new(struct ssl_iostream_settings, 1);
	if (user != NULL)
		mail_user_init_ssl_client_settings(user, ssl);
	ssl->verify_remote_cert = verify;
	ssl->verbose_invalid_cert = verify;
	ssl->allow_invalid_cert = !verify;
	if (ca_file != NULL) {
		/* not by ssl->ca: with the host's default ssl_require_crl
		   that would ask for CRLs, too */
		ssl->ca = NULL;
		ssl->ca_dir = NULL;
		ssl->ca_file = ca_file;
		ssl->skip_crl_check = TRUE;
	}
	set->ssl = ssl;
	return 0;
}

void host_smtp_client_free_ssl(struct smtp_client_settings *set)
{
	/* from the data stack */
	set->ssl = NULL;
}

void host_smtp_params_mail_set_utf8(
	struct smtp_params_mail *params ATTR_UNUSED)
{
	/* nobody asks for what SMTP_CAPABILITY_SMTPUTF8 rules out */
	i_unreached();
}
