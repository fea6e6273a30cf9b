/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* From the socket to the table of commands.

   Dovecot's pop3 process has no registry of commands, so this file stands in
   for three functions of its src/pop3/pop3-client.c: client_input(),
   client_output() and the loop of client_handle_input(). They do what the
   host's do, in the same order, but for the places marked "ours".
   doc/PORTING.md says what was compared; tests/host-functions fails when the
   host's functions change. */

#include "lib.h"
#include "ioloop.h"
#include "istream.h"
#include "ostream.h"

#include "host-command.h"
#include "pop3-ext-client.h"
#include "pop3-ext-commands.h"
#include "pop3-ext-input.h"

/* the host's limits */
#define HOST_MAX_INBUF_SIZE 2048
#define HOST_MAX_BAD_COMMANDS 20
/* While a body is read: the most of it that waits in memory. */
#define BODY_MAX_INBUF_SIZE (64 * 1024)

static void pop3_ext_input(struct client *client);

static int pop3_ext_handle_line(struct pop3_ext_client *eclient, char *line,
				uoff_t line_offset)
{
	char *args;
	int ret;

	args = strchr(line, ' ');
	if (args != NULL)
		*args++ = '\0';
	else
		args = "";
	/* ours: the table is asked first */
	if (pop3_ext_command_execute(eclient, line, args, line_offset, &ret))
		return ret;
	return host_command_execute(eclient->client, line, args, line_offset);
}

void pop3_ext_input_judge(struct client *client, int result)
{
	if (result == POP3_EXT_MORE)
		return; /* ours, and only its end will tell */
	if (result >= 0)
		client->bad_counter = 0;
	else if (++client->bad_counter > HOST_MAX_BAD_COMMANDS) {
		client_send_line(client, "-ERR Too many bad commands.");
		client_disconnect(client, "Too many bad commands.");
	}
}

static void pop3_ext_line_too_long(struct client *client)
{
	client_send_line(client, "-ERR Input line too long.");
	client_destroy(client, "Input line too long");
}

static bool pop3_ext_handle_input(struct pop3_ext_client *eclient)
{
	struct client *client = eclient->client;
	uoff_t offset = i_stream_get_absolute_offset(client->input);
	char *line;
	int ret;

	o_stream_cork(client->output);
	while (!client->output->closed &&
	       (line = i_stream_next_line(client->input)) != NULL) {
		if (eclient->input_was_large &&
		    i_stream_get_absolute_offset(client->input) - offset >
		    HOST_MAX_INBUF_SIZE) {
			o_stream_uncork(client->output);
			pop3_ext_line_too_long(client);
			return FALSE;
		}
		T_BEGIN {
			ret = pop3_ext_handle_line(eclient, line, offset);
		} T_END;
		pop3_ext_input_judge(client, ret);
		if (ret >= 0 && client->cmd != NULL) {
			/* ours: a waiting command is resumed by itself */
			if (!pop3_ext_command_is_waiting(eclient)) {
				o_stream_set_flush_pending(client->output,
							   TRUE);
			}
			client->waiting_input = TRUE;
			break;
		}
		offset = i_stream_get_absolute_offset(client->input);
	}
	o_stream_uncork(client->output);

	if (client->output->closed) {
		client_destroy(client, NULL);
		return FALSE;
	}
	/* ours: when nothing is left to send and nothing to wait for, the flush
	   callback comes next, and sees to it */
	if (eclient->to_watch != NULL || pop3_ext_command_is_waiting(eclient) ||
	    o_stream_get_buffer_used_size(client->output) > 0)
		pop3_ext_client_watch_update(eclient);
	return TRUE;
}

static void pop3_ext_reset_timeouts(struct client *client)
{
	timeout_reset(client->to_idle);
	if (client->to_commit != NULL)
		timeout_reset(client->to_commit);
}

static void pop3_ext_input(struct client *client)
{
	struct pop3_ext_client *eclient =
		POP3_EXT_CLIENT_CONTEXT_REQUIRE(client);

	if (client->cmd != NULL) {
		io_remove(&client->io);
		client->waiting_input = TRUE;
		return;
	}

	/* ours: the host has opened the mailbox, nothing was shown of it yet */
	if (!eclient->begun && pop3_ext_client_begin(eclient) < 0)
		return;

	client->waiting_input = FALSE;
	client->last_input = ioloop_time;
	pop3_ext_reset_timeouts(client);

	switch (i_stream_read(client->input)) {
	case -1:
		client_destroy(client, NULL);
		return;
	case -2:
		pop3_ext_line_too_long(client);
		return;
	}
	(void)pop3_ext_handle_input(eclient);
}

static void pop3_ext_continue_input(struct client *client)
{
	if (o_stream_get_buffer_used_size(client->output) <
	    POP3_OUTBUF_THROTTLE_SIZE / 2 && client->io == NULL &&
	    !client->input->closed)
		client->io = io_add_istream(client->input, pop3_ext_input,
					    client);
}

static int pop3_ext_output(struct client *client)
{
	struct pop3_ext_client *eclient =
		POP3_EXT_CLIENT_CONTEXT_REQUIRE(client);

	if (o_stream_flush(client->output) < 0) {
		client_destroy(client, NULL);
		return 1;
	}

	client->last_output = ioloop_time;
	pop3_ext_reset_timeouts(client);

	/* ours: a command that waits for something else than output must not
	   make the ioloop call us over and over, which returning 0 would do */
	if (pop3_ext_command_is_waiting(eclient))
		return 1;

	if (client->cmd != NULL)
		client->cmd(client);

	if (client->cmd == NULL) {
		pop3_ext_continue_input(client);
		if (client->io != NULL && client->waiting_input) {
			if (!pop3_ext_handle_input(eclient))
				return 1;
		}
	}
	pop3_ext_client_watch_update(eclient);
	if (pop3_ext_command_is_waiting(eclient))
		return 1;
	return client->cmd != NULL || client->io == NULL ? 0 : 1;
}

void pop3_ext_input_continue(struct client *client)
{
	struct ostream *output = client->output;

	/* what the host's ostream does around the flush callback */
	o_stream_ref(output);
	o_stream_cork(output);
	if (pop3_ext_output(client) == 0)
		o_stream_set_flush_pending(output, TRUE);
	o_stream_uncork(output);
	o_stream_unref(&output);
}

void pop3_ext_input_install(struct client *client)
{
	struct pop3_ext_client *eclient = POP3_EXT_CLIENT_CONTEXT(client);

	if (eclient == NULL || eclient->input_installed)
		return;
	eclient->input_installed = TRUE;

	i_assert(client->io != NULL);
	io_remove(&client->io);
	if (pop3_ext_client_is_refused(client)) {
		/* what came along with the refused login is not obeyed */
		return;
	}
	client->io = io_add_istream(client->input, pop3_ext_input, client);
	o_stream_set_flush_callback(client->output, pop3_ext_output, client);
	/* the bytes that came with the login give no event of their own */
	i_stream_set_input_pending(client->input, TRUE);
}

void pop3_ext_input_body_begin(struct client *client)
{
	io_remove(&client->io);
	client->waiting_input = TRUE;
	i_stream_set_max_buffer_size(client->input, BODY_MAX_INBUF_SIZE);
}

void pop3_ext_input_body_end(struct client *client)
{
	struct pop3_ext_client *eclient =
		POP3_EXT_CLIENT_CONTEXT_REQUIRE(client);

	/* what has been read already may hold lines that the host would have
	   refused while reading them */
	i_stream_set_max_buffer_size(client->input, HOST_MAX_INBUF_SIZE);
	eclient->input_was_large = TRUE;
}
