/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "ostream.h"
#include "master-service.h"
#include "pop3-common.h"

#include "host.h"

/* Not every process that loads our code has these (pop3-uidl-session.h). */
#pragma weak pop3_clients

#ifndef HOST_VERSION
#  define HOST_VERSION DOVECOT_VERSION
#endif

bool host_is_known(const char **reason_r)
{
	const char *version = master_service_get_version_string(master_service);

	if (version != NULL && strcmp(version, HOST_VERSION) == 0)
		return TRUE;
	*reason_r = t_strdup_printf(
		"built for Dovecot %s, but this is %s", HOST_VERSION,
		version == NULL ? "an unknown version" : version);
	return FALSE;
}

bool host_client_is_known(const struct client *client, const char **reason_r)
{
	/* Fields spread over the whole struct, each with a value that the
	   host has set to something testable by now. A different layout can
	   hardly agree with all of them. */
	if (client == pop3_clients && client->v.destroy != NULL &&
	    client->pool != NULL && client->user != NULL &&
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
