/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "iostream-ssl.h"

#include "host-client.h"

int host_client_start_tls(const struct host_tls_settings *tls_set,
			  const char *host, struct event *event ATTR_UNUSED,
			  struct istream **input, struct ostream **output,
			  struct ssl_iostream **ssl_r, const char **error_r)
{
	struct ssl_iostream_settings set;
	struct ssl_iostream_context *ctx;
	int ret;

	i_zero(&set);
	set.min_protocol = "TLSv1.2";
	set.ca_file = tls_set->ca_file;
	set.skip_crl_check = TRUE;
	set.verify_remote_cert = tls_set->verify;
	set.allow_invalid_cert = !tls_set->verify;
	if (ssl_iostream_context_init_client(&set, &ctx, error_r) < 0)
		return -1;
	ret = io_stream_create_ssl_client(ctx, host, &set, input, output,
					  ssl_r, error_r);
	ssl_iostream_context_unref(&ctx);
	return ret;
}
