/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "master-service.h"
#include "mail-user.h"
#include "pop3-common.h"

#include "host-maildrop.h"

void host_anvil_session_save(struct client *client,
			     struct host_anvil_session *saved_r)
{
	guid_128_copy(saved_r->conn_guid, client->anvil_conn_guid);
}

void host_anvil_session_restore(struct client *client,
				const struct host_anvil_session *saved)
{
	struct master_service_anvil_session session;

	/* each connect makes a GUID; the first one goes on naming the session,
	   in doveadm kick and at its end */
	if (client->anvil_sent &&
	    guid_128_cmp(client->anvil_conn_guid, saved->conn_guid) != 0) {
		mail_user_get_anvil_session(client->user, &session);
		master_service_anvil_disconnect(master_service, &session,
						client->anvil_conn_guid);
	}
	guid_128_copy(client->anvil_conn_guid, saved->conn_guid);
}
