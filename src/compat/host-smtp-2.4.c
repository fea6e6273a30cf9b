/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "iostream-ssl.h"
#include "settings.h"
#include "smtp-client.h"
#include "smtp-params.h"

#include "host-file.h"
#include "host-smtp.h"

static struct ssl_iostream_settings *
host_ssl_settings_dup(const struct ssl_settings *host_set)
{
	const struct ssl_iostream_settings *set;
	struct ssl_iostream_settings *dup;
	pool_t pool;

	ssl_client_settings_to_iostream_set(host_set, &set);
	pool = pool_alloconly_create("relay ssl settings", 1024);
	dup = p_memdup(pool, set, sizeof(*set));
	pool_add_external_ref(pool, set->pool);
	dup->pool = pool;
	settings_free(set);
	return dup;
}

int host_smtp_client_set_ssl(struct smtp_client_settings *set,
			     struct mail_user *user ATTR_UNUSED,
			     struct event *event,
			     bool verify, const char *ca_file,
			     const char **error_r)
{
	const struct ssl_settings *host_set;
	struct ssl_iostream_settings *ssl;
	string_t *ca = NULL;

	if (ca_file != NULL) {
		ca = t_str_new(4096);
		if (host_file_read(ca_file, ca, error_r) < 0)
			return -1;
	}
	if (ssl_client_settings_get(event, &host_set, error_r) < 0)
		return -1;
	ssl = host_ssl_settings_dup(host_set);
	settings_free(host_set);

	ssl->verify_remote_cert = verify;
	ssl->allow_invalid_cert = !verify;
	if (ca != NULL) {
		ssl->ca.path = p_strdup(ssl->pool, ca_file);
		ssl->ca.content = p_strdup(ssl->pool, str_c(ca));
		ssl->ca_dir = NULL;
	}
	set->ssl = ssl;
	set->ssl_allow_invalid_cert = !verify;
	return 0;
}

void host_smtp_client_free_ssl(struct smtp_client_settings *set)
{
	/* the connection has taken a reference */
	settings_free(set->ssl);
}

void host_smtp_params_mail_set_utf8(struct smtp_params_mail *params)
{
	params->smtputf8 = TRUE;
}
