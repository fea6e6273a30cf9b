/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "ostream.h"
#include "mail-user.h"
#include "mail-storage-settings.h"
#include "smtp-client-private.h"

#include "host-smtp.h"

#ifndef HOST_DNS_LOOKUP_EVENT
void host_dns_lookup(const char *name, struct mail_user *user,
		     unsigned int timeout_msecs, struct event *event,
		     dns_lookup_callback_t *callback, void *context,
		     struct dns_lookup **lookup_r)
{
	struct dns_lookup_settings set;

	i_zero(&set);
	set.dns_client_socket_path = DNS_CLIENT_SOCKET_NAME;
	if (user != NULL) {
		set.dns_client_socket_path =
			t_strconcat(user->set->base_dir, "/",
				    DNS_CLIENT_SOCKET_NAME, NULL);
	}
	set.timeout_msecs = timeout_msecs;
	set.event_parent = event;
	(void)dns_lookup(name, &set, *callback, context, lookup_r);
}
#else
void host_dns_lookup(const char *name, struct mail_user *user ATTR_UNUSED,
		     unsigned int timeout_msecs ATTR_UNUSED,
		     struct event *event,
		     dns_lookup_callback_t *callback, void *context,
		     struct dns_lookup **lookup_r)
{
	(void)dns_lookup(name, NULL, event, *callback, context, lookup_r);
}
#endif

/* Ours, and lib-smtp's own callback for new connections */
static host_smtp_wrap_t *host_smtp_wrap;
static void (*host_smtp_next_connected)(struct connection *conn, bool success);

/* Before lib-smtp reads anything */
static void host_smtp_client_connected(struct connection *conn, bool success)
{
	struct istream *input = conn->input;

	if (success) {
		conn->input = host_smtp_wrap(input);
		i_stream_unref(&input);
	}
	host_smtp_next_connected(conn, success);
}

void host_smtp_client_wrap_input(struct smtp_client *client,
				 host_smtp_wrap_t *wrap)
{
	struct connection_vfuncs *v = &client->conn_list->v;

	i_assert(v->client_connected != host_smtp_client_connected);
	i_assert(host_smtp_wrap == NULL || host_smtp_wrap == wrap);

	host_smtp_wrap = wrap;
	host_smtp_next_connected = v->client_connected;
	v->client_connected = host_smtp_client_connected;
}

struct istream *
host_smtp_client_get_raw_input(struct smtp_client_connection *conn)
{
	/* without a connection it points to a stream that is gone */
	return conn->conn.input == NULL ? NULL : conn->raw_input;
}

void host_smtp_client_no_chunking(struct smtp_client_connection *conn)
{
	conn->caps.standard &= ENUM_NEGATE(SMTP_CAPABILITY_CHUNKING);
}

bool host_smtp_client_wants_input(struct smtp_client_connection *conn)
{
	/* the io is removed as soon as there is input, even when nothing more
	   can be written for the time being */
	return conn->io_cmd_payload != NULL && conn->conn.output != NULL &&
		o_stream_get_buffer_used_size(conn->conn.output) == 0;
}
