/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* XTND XMIT - send mail through the POP3 session (doc/spec/xtnd-xmit.txt)

     XTND XMIT CRLF

   C: XTND XMIT
   S: +OK Start sending message
   C: From: Alice <alice@example.org>
   C: To: bob@example.net
   C: Bcc: carol@example.com
   C:
   C: Hello
   C: .
   S: +OK Message sent (250 2.0.0 Ok: queued as 4XyZ)

   Before the first +OK stands everything that does not depend on the message:
   permission (PAM is asked, if so configured), the relay's connection, its consent
   to the sender. The header is
   read and judged first, then the recipients are given to the relay, all or
   nothing, then the body flows from the client to the relay as it comes. When
   something is refused on the way the rest of the message is read and dropped
   before the -ERR, because no client reads a reply in the middle of its data.

   One line is logged for each message, at its end. */

#include "lib.h"
#include "mail-user.h"

#include "host-command.h"
#include "pop3-ext-client.h"
#include "pop3-ext-commands.h"
#include "pop3-ext-settings.h"
#include "xmit-message.h"
#include "xmit-pam.h"
#include "xmit-session.h"
#include "xmit-submit.h"
#include "cmd.h"

static enum pop3_ext_result cmd_xmit_more(struct pop3_ext_command_context *cmd)
{
	struct xmit_message *xmit = cmd->context;

	if (xmit->state == XMIT_STATE_PERMISSION) {
		/* refused, and no message has begun */
		return pop3_ext_reply_err(cmd, xmit->result, xmit->code,
					  xmit->text);
	}
	if (xmit->state == XMIT_STATE_STARTED) {
		(void)pop3_ext_reply_ok(cmd, "Start sending message");
		xmit_message_read(xmit);
		pop3_ext_command_wait(cmd);
		return POP3_EXT_MORE;
	}
	i_assert(xmit->state == XMIT_STATE_DONE);

	xmit_message_deinit(xmit);
	if (xmit->text == NULL) {
		/* the client has gone: nobody reads a reply */
		return POP3_EXT_FAILED;
	}
	if (xmit->result == POP3_EXT_OK) {
		return pop3_ext_reply_ok(cmd, t_strdup_printf(
			"Message sent (%s)", xmit->text));
	}
	return pop3_ext_reply_err(cmd, xmit->result, xmit->code, xmit->text);
}

static void cmd_xmit_abort(struct pop3_ext_command_context *cmd)
{
	struct xmit_message *xmit = cmd->context;

	if (xmit->state == XMIT_STATE_PERMISSION) {
		xmit_pam_abort(xmit->session->pam);
		return;
	}
	xmit->unknown = xmit_submit_abort(xmit->session->submit);
	if (xmit->text == NULL && xmit->unknown)
		xmit->text = "Session ended before the relay's answer";
	xmit_message_deinit(xmit);
}

static void
cmd_xmit_started(const struct xmit_result *result, struct xmit_message *xmit)
{
	xmit->state = XMIT_STATE_STARTED;
	if (result->status != XMIT_STATUS_OK) {
		xmit_message_set_reply(xmit, POP3_EXT_FAILED,
				       result->status == XMIT_STATUS_PERMFAIL ?
				       "SYS/PERM" : "SYS/TEMP", result->text);
		xmit->state = XMIT_STATE_DONE;
	}
	pop3_ext_command_resume(xmit->cmd);
}

static void cmd_xmit_start(struct xmit_message *xmit)
{
	xmit->state = XMIT_STATE_START;
	xmit_submit_start(xmit->session->submit, xmit->session->sender,
			  cmd_xmit_started, xmit);
}

static void
cmd_xmit_permission(enum pam_answer answer, struct xmit_message *xmit)
{
	switch (answer) {
	case PAM_ANSWER_ALLOWED:
		cmd_xmit_start(xmit);
		return;
	case PAM_ANSWER_DENIED:
		xmit_message_set_reply(xmit, POP3_EXT_FAILED, "SYS/PERM",
			"You are not allowed to send mail: "
			"ask your provider");
		break;
	case PAM_ANSWER_UNKNOWN:
		xmit_message_set_reply(xmit, POP3_EXT_FAILED, "SYS/TEMP",
			"It is not known now whether you may send mail: "
			"try again later");
		break;
	}
	pop3_ext_command_resume(xmit->cmd);
}

static enum pop3_ext_result cmd_xmit_check(struct pop3_ext_command_context *cmd)
{
	if (cmd->set->pop3_ext_xmit_require_tls &&
	    !host_client_is_secured(cmd->client)) {
		e_info(cmd->event, "xmit: refused: The connection is not "
		       "secured by TLS (pop3_ext_xmit_require_tls)");
		return pop3_ext_reply_err(cmd, POP3_EXT_FAILED, "SYS/PERM",
			"Sending mail needs TLS: switch it on in your mail "
			"program");
	}
	if (xmit_session_get(cmd->eclient) == NULL) {
		return pop3_ext_reply_err(cmd, POP3_EXT_FAILED, "SYS/PERM",
			"Sending mail is not configured correctly");
	}
	return POP3_EXT_OK;
}

static enum pop3_ext_result cmd_xmit_run(struct pop3_ext_command_context *cmd)
{
	struct xmit_message *xmit;

	xmit = p_new(cmd->pool, struct xmit_message, 1);
	xmit->cmd = cmd;
	xmit->session = cmd->eclient->xmit;
	cmd->context = xmit;
	cmd->more = cmd_xmit_more;
	cmd->abort = cmd_xmit_abort;

	pop3_ext_command_wait(cmd);
	if (xmit->session->pam != NULL)
		xmit_pam_ask(xmit->session->pam, cmd_xmit_permission, xmit);
	else
		cmd_xmit_start(xmit);
	return POP3_EXT_MORE;
}

const struct pop3_ext_command cmd_xtnd_xmit = {
	.name = "XTND XMIT",
	.args = "",
	.capability = "X-XTND",
	.capability_arg = "XMIT",
	.setting_offset = offsetof(struct pop3_ext_settings, pop3_ext_xmit),
	.features = POP3_EXT_FEATURE_XMIT,
	.check = cmd_xmit_check,
	.run = cmd_xmit_run,
};
