/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* UIDL - unique-ids (RFC 1939), in place of the host's

     UIDL [msg] CRLF

   C: UIDL
   S: +OK
   S: 1 0000000158f0a3b1
   S: .

   The list is complete before its "+OK": a client takes -ERR, or a list that is
   too short, as "no UIDLs here", and downloads everything again. So when
   something fails the connection is closed without an answer. */

#include "lib.h"
#include "ioloop.h"
#include "ostream.h"
#include "str.h"

#include "pop3-uidl-mailbox.h"
#include "pop3-uidl-session.h"
#include "pop3-uidl-user.h"
#include "uidl-assign.h"

/* octets that are written at a time */
#define OUTPUT_PIECE 4096

struct cmd_uidl {
	struct pop3_ext_command_context *cmd;
	struct pop3_uidl_mailbox *ubox;
	struct uidl_assign *assign;
	struct timeout *to;
	const char *error;

	/* UINT_MAX: all of them */
	unsigned int msgnum;
	unsigned int next;
	bool listing;
};

static void cmd_uidl_abort(struct pop3_ext_command_context *cmd)
{
	struct cmd_uidl *uidl = cmd->context;

	timeout_remove(&uidl->to);
	uidl_assign_deinit(&uidl->assign);
}

static enum pop3_ext_result
cmd_uidl_fail(struct cmd_uidl *uidl, const char *error)
{
	struct client *client = uidl->cmd->client;

	cmd_uidl_abort(uidl->cmd);
	e_error(uidl->cmd->event, "%s", error);
	pop3_ext->disconnect(client, "UIDLs are not available");
	return POP3_EXT_FAILED;
}

static bool
cmd_uidl_append(struct cmd_uidl *uidl, unsigned int msgnum, string_t *str)
{
	uint32_t serial = pop3_uidl_mailbox_serial(uidl->ubox,
		pop3_uidl_msgnum_to_seq(uidl->cmd->client, msgnum));

	str_printfa(str, "%u ", msgnum + 1);
	if (serial == 0 ||
	    !uidl_store_get_text(uidl->ubox->store, serial - 1, str))
		return FALSE;
	str_append(str, "\r\n");
	return TRUE;
}

static void cmd_uidl_send(struct client *client, const string_t *str)
{
	o_stream_nsend(client->output, str_data(str), str_len(str));
	client->last_output = ioloop_time;
}

static enum pop3_ext_result cmd_uidl_list_more(struct cmd_uidl *uidl)
{
	struct client *client = uidl->cmd->client;
	string_t *str = t_str_new(OUTPUT_PIECE + 1100);
	bool ended;

	if (!uidl->listing)
		str_append(str, "+OK\r\n");
	uidl->listing = TRUE;
	do {
		while (uidl->next < client->messages_count &&
		       str_len(str) < OUTPUT_PIECE) {
			if (!pop3_uidl_msg_is_deleted(client, uidl->next) &&
			    !cmd_uidl_append(uidl, uidl->next, str))
				return cmd_uidl_fail(uidl,
					"pop3_uidl: The store is damaged");
			uidl->next++;
		}
		ended = uidl->next == client->messages_count;
		if (ended)
			str_append(str, ".\r\n");
		cmd_uidl_send(client, str);
		str_truncate(str, 0);
	} while (!ended && !client->output->closed &&
		 !POP3_CLIENT_OUTPUT_FULL(client));
	return ended || client->output->closed ? POP3_EXT_OK : POP3_EXT_MORE;
}

static enum pop3_ext_result cmd_uidl_answer(struct cmd_uidl *uidl)
{
	string_t *str;

	if (uidl->msgnum == UINT_MAX)
		return cmd_uidl_list_more(uidl);
	str = t_str_new(128);
	str_append(str, "+OK ");
	if (!cmd_uidl_append(uidl, uidl->msgnum, str))
		return cmd_uidl_fail(uidl, "pop3_uidl: The store is damaged");
	cmd_uidl_send(uidl->cmd->client, str);
	return POP3_EXT_OK;
}

static enum pop3_ext_result cmd_uidl_more(struct pop3_ext_command_context *cmd)
{
	struct cmd_uidl *uidl = cmd->context;

	if (uidl->error != NULL)
		return cmd_uidl_fail(uidl, uidl->error);
	return cmd_uidl_answer(uidl);
}

/* One piece of what is to be found out; in between the process is there for
   others, and for the end of this session. */
static void cmd_uidl_assign_piece(struct cmd_uidl *uidl)
{
	const char *error;
	int ret;

	timeout_reset(uidl->cmd->client->to_idle);
	T_BEGIN {
		ret = uidl_assign_more(uidl->assign, &error);
		if (ret < 0)
			uidl->error = p_strdup(uidl->cmd->pool, error);
	} T_END;
	if (ret == 0)
		return;
	timeout_remove(&uidl->to);
	uidl_assign_deinit(&uidl->assign);
	pop3_ext->command_resume(uidl->cmd);
}

static enum pop3_ext_result
cmd_uidl_start(struct pop3_ext_command_context *cmd, unsigned int msgnum)
{
	struct cmd_uidl *uidl;
	const char *error;

	uidl = p_new(cmd->pool, struct cmd_uidl, 1);
	uidl->cmd = cmd;
	uidl->msgnum = msgnum;
	uidl->ubox = POP3_UIDL_MAILBOX_CONTEXT_REQUIRE(cmd->client->mailbox);
	cmd->context = uidl;
	cmd->more = cmd_uidl_more;
	cmd->abort = cmd_uidl_abort;

	if (pop3_uidl_mailbox_open(uidl->ubox, &error) < 0)
		return cmd_uidl_fail(uidl, error);
	uidl->assign = pop3_uidl_session_assign(cmd->client, uidl->ubox);
	if (uidl->assign == NULL) {
		if (uidl_assign_complete(uidl->ubox, &error) < 0)
			return cmd_uidl_fail(uidl, error);
		return cmd_uidl_answer(uidl);
	}
	uidl->to = timeout_add_short(0, cmd_uidl_assign_piece, uidl);
	pop3_ext->command_wait(cmd);
	return POP3_EXT_MORE;
}

static enum pop3_ext_result cmd_uidl_run(struct pop3_ext_command_context *cmd)
{
	struct client *client = cmd->client;
	struct pop3_uidl_user *uuser = POP3_UIDL_USER_CONTEXT(client->user);
	const char *args = t_strarray_join(cmd->args, " ");
	unsigned int num;

	if (uuser != NULL && !uuser->host_only) {
		if (args[0] == '\0')
			return cmd_uidl_start(cmd, UINT_MAX);
		if (str_to_uint(args, &num) == 0 &&
		    num > 0 && num <= client->messages_count &&
		    !pop3_uidl_msg_is_deleted(client, num - 1))
			return cmd_uidl_start(cmd, num - 1);
	}
	/* not ours, or a mistake that the host knows how to name */
	return pop3_ext->host_command_execute(client, "UIDL", args,
					      cmd->bytes_in);
}

const struct pop3_ext_command cmd_uidl = {
	.name = "UIDL",
	.args = "[msg]",
	/* the host judges them */
	.max_args = UINT_MAX,
	.run = cmd_uidl_run,
};
