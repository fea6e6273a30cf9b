/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "mail-user.h"
#include "pop3-common.h"
#include "pop3-commands.h"

#include "dovecot-compat.h"
#include "host-command.h"

#ifdef HOST_COMMAND_BY_STRUCT
/* 2.3.20 and later */
int host_command_execute(struct client *client, const char *name,
			 const char *args, uoff_t line_offset ATTR_UNUSED)
{
	const struct pop3_command *cmd = pop3_command_find(name);
	struct event_reason *reason;
	int ret;

	if (cmd == NULL) {
		client_send_line(client, "-ERR Unknown command: %s", name);
		return -1;
	}
	reason = event_reason_begin(
		event_reason_code_prefix("pop3", "cmd_", cmd->name));
	ret = client_command_execute(client, cmd, args);
	event_reason_end(&reason);
	return ret;
}
#else
int host_command_execute(struct client *client, const char *name,
			 const char *args, uoff_t line_offset ATTR_UNUSED)
{
	struct event_reason *reason;
	int ret;

	if (*name == '\0') {
		client_send_line(client, "-ERR Unknown command.");
		return -1;
	}
	if (strchr(name, ':') != NULL) {
		/* No command has a colon, and the host's reason codes must not
		   have one: stock Dovecot 2.3 panics. A client that goes on
		   with its message after a refused XTND XMIT sends such
		   lines. */
		return client_command_execute(client, name, args);
	}
	reason = event_reason_begin(
		event_reason_code_prefix("pop3", "cmd_", name));
	ret = client_command_execute(client, name, args);
	event_reason_end(&reason);
	return ret;
}
#endif

struct event *host_client_event(struct client *client)
{
	return client->user->event;
}

bool host_client_have_tls(const struct client *client)
{
	return client->user->conn.ssl_secured;
}

bool host_client_is_secured(const struct client *client)
{
	const struct mail_user_connection_data *conn = &client->user->conn;

	return conn->ssl_secured || conn->secured;
}
