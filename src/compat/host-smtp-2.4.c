/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "istream.h"
#include "str.h"
#include "iostream-ssl.h"
#include "settings.h"
#include "smtp-client.h"
#include "smtp-params.h"

#include "host-smtp.h"

/* a distribution's file with all its CAs has 0.2 MB */
#define HOST_CA_FILE_MAX_SIZE (8 * 1024 * 1024)

static int
host_file_read(const char *path, string_t *content, const char **error_r)
{
	struct istream *input;
	const unsigned char *data;
	size_t size;
	int ret = 0;

	input = i_stream_create_file(path, IO_BLOCK_SIZE);
	while (i_stream_read_more(input, &data, &size) > 0) {
		str_append_data(content, data, size);
		i_stream_skip(input, size);
		if (str_len(content) > HOST_CA_FILE_MAX_SIZE)
			break;
	}
	if (input->stream_errno != 0) {
		*error_r = t_strdup(i_stream_get_error(input));
		ret = -1;
	} else if (!input->eof) {
		*error_r = t_strdup_printf("%s is too large", path);
		ret = -1;
	}
	i_stream_destroy(&input);
	return ret;
}

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
