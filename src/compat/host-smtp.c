/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "ostream.h"
#include "mail-user.h"
#include "mail-storage-settings.h"
#include "smtp-client-private.h"

#include "host-smtp.h"

#define HOST_DNS_CLIENT_SOCKET_NAME "dns-client"

void host_smtp_client_set_dns(struct smtp_client_settings *set ATTR_UNUSED,
			      struct mail_user *user)
{
	if (user != NULL) {
		HOST_SMTP_SET_DNS(set, t_strconcat(user->set->base_dir, "/",
			HOST_DNS_CLIENT_SOCKET_NAME, NULL));
	}
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
