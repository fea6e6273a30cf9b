/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "iostream-ssl.h"
#include "settings.h"

#include "host-test.h"

static struct settings_simple host_test_set;

struct event *host_test_event_create(void)
{
	const char *const settings[] = {
		"dns_client_socket_path", "./"HOST_TEST_DNS_SOCKET,
		NULL
	};

	settings_simple_init(&host_test_set, settings);
	return host_test_set.event;
}

void host_test_event_destroy(struct event **event)
{
	*event = NULL;
	settings_simple_deinit(&host_test_set);
}

int host_test_ssl_server(const char *cert, const char *key,
			 struct istream **input, struct ostream **output,
			 struct ssl_iostream **ssl_r, const char **error_r)
{
	struct ssl_iostream_settings set;
	struct ssl_iostream_context *ctx;
	int ret;

	i_zero(&set);
	set.pool = null_pool;
	set.cert.cert.path = "";
	set.cert.cert.content = cert;
	set.cert.key.path = "";
	set.cert.key.content = key;
	if (ssl_iostream_context_init_server(&set, &ctx, error_r) < 0)
		return -1;
	ret = io_stream_create_ssl_server(ctx, NULL, input, output, ssl_r,
					  error_r);
	ssl_iostream_context_unref(&ctx);
	return ret;
}

void host_test_ssl_deinit(void)
{
	ssl_iostream_context_cache_free();
}
