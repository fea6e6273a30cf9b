/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "iostream-ssl.h"

#include "host-client.h"
#include "host-file.h"

int host_client_start_tls(const struct host_tls_settings *tls_set,
			  const char *host, struct event *event,
			  struct istream **input, struct ostream **output,
			  struct ssl_iostream **ssl_r, const char **error_r)
{
	struct ssl_iostream_settings set;
	struct ssl_iostream_context *ctx;
	string_t *ca = t_str_new(4096);
	int ret;

	if (tls_set->ca_file != NULL &&
	    host_file_read(tls_set->ca_file, ca, error_r) < 0)
		return -1;
	i_zero(&set);
	set.pool = null_pool;
	set.min_protocol = "TLSv1.2";
	set.ca.path = tls_set->ca_file;
	set.ca.content = tls_set->ca_file == NULL ? NULL : str_c(ca);
	set.skip_crl_check = TRUE;
	set.verify_remote_cert = TRUE;
	set.allow_invalid_cert = !tls_set->verify;
	if (ssl_iostream_context_init_client(&set, &ctx, error_r) < 0)
		return -1;
	ret = io_stream_create_ssl_client(ctx, host, event, 0, input, output,
					  ssl_r, error_r);
	ssl_iostream_context_unref(&ctx);
	return ret;
}
