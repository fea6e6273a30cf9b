/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "ostream.h"
#include "mail-user.h"
#include "mail-storage-settings.h"
#include "smtp-client-private.h"

#include "host-smtp.h"

#if !DOVECOT_PREREQ(2, 4, 2)
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
