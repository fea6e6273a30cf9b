/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "ostream.h"
#include "pop3-common.h"

#include "host.h"

bool host_client_is_known(const struct client *client,
			  const struct mail_user *user, const char **reason_r)
{
	/* Fields spread over the whole struct, each with a value that the
	   host has set to something testable by now. A different layout can
	   hardly agree with all of them. */
	if (client == pop3_clients && client->user == user &&
	    client->v.destroy != NULL && client->pool != NULL &&
	    client->input != NULL && client->output != NULL &&
	    i_stream_get_fd(client->input) == client->fd_in &&
	    o_stream_get_fd(client->output) == client->fd_out &&
	    client->to_idle != NULL && client->to_commit != NULL &&
	    client->cmd == NULL && client->set != NULL &&
	    client->uidl_pool == NULL &&
	    array_is_created(&client->module_contexts))
		return TRUE;
	*reason_r = "its POP3 sessions look different";
	return FALSE;
}
