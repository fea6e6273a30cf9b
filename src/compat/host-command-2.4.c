/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "istream.h"
#include "ostream.h"
#include "str.h"
#include "str-sanitize.h"
#include "mail-user.h"
#include "pop3-common.h"
#include "pop3-commands.h"

#include "host-command.h"

/* the host cuts what it puts into events at the line length of RFC 1939 */
#define HOST_EVENT_MAX_LEN 512

static void
host_command_finished(struct pop3_command_context *cctx, int result)
{
	struct client *client = cctx->client;
	const char *cmd_name, *human_args;

	cmd_name = cctx->command == NULL ? "unknown" :
		t_str_ucase(cctx->command->name);
	human_args = str_sanitize(cctx->orig_args, HOST_EVENT_MAX_LEN);

	event_set_name(cctx->event, "pop3_command_finished");
	event_add_str(cctx->event, "cmd_name", cmd_name);
	event_add_str(cctx->event, "cmd_args", human_args);
	event_add_str(cctx->event, "cmd_input_name",
		      str_sanitize(cctx->orig_command, HOST_EVENT_MAX_LEN));
	event_add_str(cctx->event, "reply_state", result > 0 ? "OK" : "ERR");
	event_add_int(cctx->event, "net_in_bytes",
		      i_stream_get_absolute_offset(client->input) -
		      cctx->stats.bytes_in);
	event_add_int(cctx->event, "net_out_bytes",
		      client->output->offset - cctx->stats.bytes_out);
	e_debug(cctx->event, "Command finished: %s %s", cmd_name, human_args);
	event_unref(&cctx->event);
}

int host_command_execute(struct client *client, const char *name,
			 const char *args, uoff_t line_offset)
{
	struct pop3_command_context cctx = {
		.client = client,
		.command = pop3_command_find(name),
		.orig_command = name,
		.orig_args = args,
		.args = args,
		.event = event_create(client->event),
		.stats = {
			.bytes_in = line_offset,
			.bytes_out = client->output->offset,
		},
	};
	struct event_reason *reason;
	int result;

	if (cctx.command == NULL) {
		client_send_line(client, "-ERR Unknown command: %s", name);
		result = -1;
	} else {
		reason = event_reason_begin(event_reason_code_prefix(
			"pop3", "cmd_", cctx.command->name));
		result = client_command_execute(&cctx);
		event_reason_end(&reason);
	}
	host_command_finished(&cctx, result);
	return result;
}

struct event *host_client_event(struct client *client)
{
	return client->event;
}

bool host_client_have_tls(const struct client *client)
{
	return client->user->conn.end_client_tls_secured;
}

bool host_client_is_secured(const struct client *client)
{
	const struct mail_user_connection_data *conn = &client->user->conn;

	if (conn->end_client_tls_secured)
		return TRUE;
	/* no addresses: a Unix socket */
	if (conn->local_ip == NULL || conn->remote_ip == NULL)
		return conn->local_ip == conn->remote_ip;
	return net_ip_compare(conn->local_ip, conn->remote_ip);
}
