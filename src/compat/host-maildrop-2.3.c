/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "hostpid.h"
#include "master-service.h"
#include "mail-user.h"
#include "pop3-common.h"

#include "host-maildrop.h"

void host_anvil_session_save(struct client *client ATTR_UNUSED,
			     struct host_anvil_session *saved_r)
{
	i_zero(saved_r);
}

void host_anvil_session_restore(struct client *client,
				const struct host_anvil_session *saved ATTR_UNUSED)
{
	const char *ident = mail_user_get_anvil_userip_ident(client->user);

	/* anvil counts the sessions of a process */
	if (ident != NULL) {
		master_service_anvil_send(master_service, t_strconcat(
			"DISCONNECT\t", my_pid, "\tpop3/", ident, "\n", NULL));
	}
}
