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
   permission, the relay's connection, its consent to the sender. The header is
   read and judged first, then the recipients are given to the relay, all or
   nothing, then the body flows from the client to the relay as it comes. When
   something is refused on the way the rest of the message is read and dropped
   before the -ERR, because no client reads a reply in the middle of its data.

   One line is logged for each message, at its end. */

#include "lib.h"
#include "ioloop.h"
#include "istream.h"
#include "str.h"
#include "str-sanitize.h"
#include "mail-user.h"
#include "smtp-address.h"

#include "host-command.h"
#include "istream-pop3-data.h"
#include "pop3-data-parser.h"
#include "pop3-ext-client.h"
#include "pop3-ext-commands.h"
#include "pop3-ext-input.h"
#include "pop3-ext-limits.h"
#include "pop3-ext-settings.h"
#include "xmit-header.h"
#include "xmit-save.h"
#include "xmit-session.h"
#include "xmit-submit.h"
#include "cmd.h"

#define XMIT_WATCH_MSECS 1000
#define XMIT_LOG_MAX_LEN 200

enum xmit_state {
	/* the relay is asked for the sender */
	XMIT_STATE_START = 0,
	/* the relay has agreed, the client has not been told */
	XMIT_STATE_STARTED,
	/* the header is read */
	XMIT_STATE_HEADER,
	/* the relay is asked for the recipients */
	XMIT_STATE_RECIPIENTS,
	/* the message flows; its end is there when the parser says so */
	XMIT_STATE_BODY,
	/* the rest of the message is dropped, the reply is known */
	XMIT_STATE_DRAIN,
	/* the reply is known, and the client waits for it */
	XMIT_STATE_DONE,
};

struct cmd_xmit {
	struct pop3_ext_command_context *cmd;
	struct xmit_session *session;
	enum xmit_state state;

	struct pop3_data_parser parser;
	struct istream *data;
	struct io *io;

	struct xmit_header_parser *header_parser;
	const struct xmit_header *header;
	struct xmit_save *save;

	/* looks once a second whether the message moves on; after its end
	   fires once when the client must not be kept waiting any longer */
	struct timeout *to;
	uoff_t watched_size;
	time_t started;

	/* the reply, once it is known */
	enum pop3_ext_result result;
	const char *code, *text;
	/* the message has been asked for */
	bool reading:1;
	/* the relay may have taken the message without our knowing */
	bool unknown:1;
};

static void cmd_xmit_drain_input(struct cmd_xmit *xmit);

/*
 * Log and end
 */

static const char *cmd_xmit_log_result(const struct cmd_xmit *xmit)
{
	if (xmit->text == NULL)
		return "aborted";
	if (xmit->result == POP3_EXT_OK)
		return "sent";
	if (xmit->unknown)
		return "unknown";
	return null_strcmp(xmit->code, "SYS/TEMP") == 0 ?
		"deferred" : "refused";
}

static void cmd_xmit_log(const struct cmd_xmit *xmit)
{
	const struct xmit_header *header = xmit->header;
	const char *sender, *message_id, *reply, *result;
	unsigned int recipients;
	struct event_passthrough *e;

	sender = smtp_address_encode(xmit->session->sender);
	recipients = header == NULL ? 0 : array_count(&header->recipients);
	message_id = header == NULL || header->message_id == NULL ? "" :
		str_sanitize(header->message_id, XMIT_LOG_MAX_LEN);
	reply = xmit->text == NULL ? "" :
		str_sanitize(xmit->text, XMIT_LOG_MAX_LEN);
	result = cmd_xmit_log_result(xmit);

	e = event_create_passthrough(xmit->cmd->event)->
		set_name("pop3_ext_xmit_finished")->
		add_str("mail_from", sender)->
		add_int("recipients", recipients)->
		add_int("message_size", xmit->parser.size)->
		add_str("message_id", message_id)->
		add_str("relay_reply", reply)->
		add_str("result", result);
	e_info(e->event(), "xmit: %s: from=<%s>, recipients=%u, size=%"PRIuUOFF_T
	       ", msgid=%s, reply=%s", result, sender, recipients,
	       xmit->parser.size, message_id, reply);
}

static void cmd_xmit_stop_reading(struct cmd_xmit *xmit)
{
	io_remove(&xmit->io);
	xmit_header_parser_deinit(&xmit->header_parser);
	i_stream_unref(&xmit->data);
}

static void cmd_xmit_free(struct cmd_xmit *xmit)
{
	timeout_remove(&xmit->to);
	cmd_xmit_stop_reading(xmit);
	xmit_save_abort(&xmit->save);
	if (xmit->reading)
		pop3_ext_input_body_end(xmit->cmd->client);
}

static void cmd_xmit_abort(struct pop3_ext_command_context *cmd)
{
	struct cmd_xmit *xmit = cmd->context;

	xmit->unknown = xmit_submit_abort(xmit->session->submit);
	if (xmit->text == NULL && xmit->unknown)
		xmit->text = "session ended before the relay's answer";
	cmd_xmit_log(xmit);
	cmd_xmit_free(xmit);
}

static void
cmd_xmit_set_reply(struct cmd_xmit *xmit, enum pop3_ext_result result,
		   const char *code, const char *text)
{
	xmit->result = result;
	xmit->code = code;
	xmit->text = p_strdup(xmit->cmd->pool, text);
}

static void cmd_xmit_done(struct cmd_xmit *xmit)
{
	timeout_remove(&xmit->to);
	cmd_xmit_stop_reading(xmit);
	xmit->state = XMIT_STATE_DONE;
	pop3_ext_command_resume(xmit->cmd);
}

/* The message is refused: what is left of it is dropped before the reply. */
static void
cmd_xmit_fail(struct cmd_xmit *xmit, enum pop3_ext_result result,
	      const char *code, const char *text)
{
	struct client *client = xmit->cmd->client;

	cmd_xmit_set_reply(xmit, result, code, text);
	(void)xmit_submit_abort(xmit->session->submit);
	xmit_save_abort(&xmit->save);
	if (pop3_data_parser_finished(&xmit->parser)) {
		cmd_xmit_done(xmit);
		return;
	}
	cmd_xmit_stop_reading(xmit);
	xmit->state = XMIT_STATE_DRAIN;
	xmit->io = io_add_istream(client->input, cmd_xmit_drain_input, xmit);
	i_stream_set_input_pending(client->input, TRUE);
}

static void
cmd_xmit_fail_result(struct cmd_xmit *xmit, const struct xmit_result *result)
{
	const char *error = pop3_data_parser_error_text(&xmit->parser);

	/* what the relay says about a message that we broke off ourselves is
	   not what the client has to know */
	if (error != NULL)
		cmd_xmit_fail(xmit, POP3_EXT_BAD, NULL, error);
	else {
		cmd_xmit_fail(xmit, POP3_EXT_FAILED,
			      result->status == XMIT_STATUS_PERMFAIL ?
			      "SYS/PERM" : "SYS/TEMP", result->text);
	}
}

static void cmd_xmit_drain_input(struct cmd_xmit *xmit)
{
	int ret;

	ret = pop3_data_drain(&xmit->parser, xmit->cmd->client->input);
	if (ret == 0)
		return;
	if (ret < 0)
		xmit->text = NULL;
	cmd_xmit_done(xmit);
}

/*
 * After the end of the message
 */

static void cmd_xmit_reply_timeout(struct cmd_xmit *xmit)
{
	xmit->unknown = xmit_submit_abort(xmit->session->submit);
	xmit_save_abort(&xmit->save);
	cmd_xmit_set_reply(xmit, POP3_EXT_FAILED, "SYS/TEMP", xmit->unknown ?
		"The relay did not answer in time: "
		"the message may or may not have been sent" :
		"The relay did not take the message in time");
	cmd_xmit_done(xmit);
}

static void
cmd_xmit_data_sent(const struct xmit_result *result, struct cmd_xmit *xmit)
{
	switch (result->status) {
	case XMIT_STATUS_OK:
		xmit_save_commit(&xmit->save);
		cmd_xmit_set_reply(xmit, POP3_EXT_OK, NULL, result->text);
		cmd_xmit_done(xmit);
		break;
	case XMIT_STATUS_UNKNOWN:
		xmit->unknown = TRUE;
		/* fall through */
	default:
		cmd_xmit_fail_result(xmit, result);
		break;
	}
}

/*
 * The message
 */

static void cmd_xmit_watch(struct cmd_xmit *xmit)
{
	struct client *client = xmit->cmd->client;

	if (pop3_data_parser_finished(&xmit->parser)) {
		timeout_remove(&xmit->to);
		xmit->to = timeout_add(
			xmit->cmd->set->pop3_ext_xmit_reply_timeout * 1000,
			cmd_xmit_reply_timeout, xmit);
		xmit->cmd->lingering = TRUE;
	} else if (ioloop_time - xmit->started > POP3_EXT_MAX_UPLOAD_SECS) {
		client_destroy(client, "XTND XMIT: Message took too long");
	} else if (xmit->parser.input_size != xmit->watched_size) {
		xmit->watched_size = xmit->parser.input_size;
		timeout_reset(client->to_idle);
	}
}

/* The body as the relay reads it, with the copy written on the way */
static struct istream *cmd_xmit_body(struct cmd_xmit *xmit)
{
	struct pop3_ext_command_context *cmd = xmit->cmd;
	string_t *header;

	if (cmd->set->pop3_ext_xmit_save[0] != '\0') {
		header = t_str_new(1024);
		cmd_xmit_header(xmit, header, TRUE);
		xmit->save = xmit_save_begin(cmd->client->user, cmd->event,
					     cmd->set->pop3_ext_xmit_save,
					     header);
	}
	if (xmit->save != NULL)
		return xmit_save_tap(xmit->save, xmit->data);
	i_stream_ref(xmit->data);
	return xmit->data;
}

static void
cmd_xmit_recipients_accepted(const struct xmit_result *result,
			     struct cmd_xmit *xmit)
{
	struct istream *body;
	string_t *header;

	if (result->status != XMIT_STATUS_OK) {
		cmd_xmit_fail_result(xmit, result);
		return;
	}

	body = cmd_xmit_body(xmit);
	header = str_new(xmit->cmd->pool, 1024);
	cmd_xmit_header(xmit, header, FALSE);
	xmit->state = XMIT_STATE_BODY;
	xmit_submit_data(xmit->session->submit, header, body,
			 cmd_xmit_data_sent, xmit);
	i_stream_unref(&body);
}

/*
 * The header
 */

static const char *cmd_xmit_judge(struct cmd_xmit *xmit)
{
	const struct pop3_ext_settings *set = xmit->cmd->set;
	const struct xmit_header *header = xmit->header;
	const char *error;

	if (!xmit_from_allowed(header, xmit->session->own_addresses,
			       set->pop3_ext_xmit_from, &error))
		return error;
	if (header->needs_utf8 &&
	    !xmit_submit_have_utf8(xmit->session->submit)) {
		return t_strdup_printf("The mail relay can't take the address "
			"<%s>: it is not ASCII", header->utf8_address);
	}
	return NULL;
}

static void cmd_xmit_header_read(struct cmd_xmit *xmit)
{
	const char *error;

	io_remove(&xmit->io);
	error = cmd_xmit_judge(xmit);
	if (error != NULL) {
		cmd_xmit_fail(xmit, POP3_EXT_BAD, NULL, error);
		return;
	}
	xmit->state = XMIT_STATE_RECIPIENTS;
	xmit_submit_recipients(xmit->session->submit,
			       array_front(&xmit->header->recipients),
			       array_count(&xmit->header->recipients),
			       xmit->header->needs_utf8,
			       cmd_xmit_recipients_accepted, xmit);
}

static void cmd_xmit_header_input(struct cmd_xmit *xmit)
{
	const char *error;

	timeout_reset(xmit->cmd->client->to_idle);
	switch (xmit_header_parser_more(xmit->header_parser, &error)) {
	case 0:
		break;
	case -1:
		cmd_xmit_fail(xmit, POP3_EXT_BAD, NULL, error);
		break;
	default:
		cmd_xmit_header_read(xmit);
		break;
	}
}

static void cmd_xmit_read_message(struct cmd_xmit *xmit)
{
	struct client *client = xmit->cmd->client;
	const struct pop3_ext_settings *set = xmit->cmd->set;
	struct xmit_submit *submit = xmit->session->submit;
	uoff_t max_size = xmit_submit_get_max_size(submit);

	if (max_size == 0 || (set->pop3_ext_xmit_max_size != 0 &&
			      set->pop3_ext_xmit_max_size < max_size))
		max_size = set->pop3_ext_xmit_max_size;
	pop3_data_parser_init(&xmit->parser, max_size);
	xmit->parser.refuse_8bit = !xmit_submit_have_8bitmime(submit) &&
		strcmp(set->pop3_ext_xmit_8bit, "refuse") == 0;

	pop3_ext_input_body_begin(client);
	xmit->data = i_stream_create_pop3_data(client->input, &xmit->parser);
	xmit->header_parser = xmit_header_parser_init(xmit->cmd->pool,
						      xmit->data, &header_set);
	xmit->io = io_add_istream(xmit->data, cmd_xmit_header_input, xmit);
	i_stream_set_input_pending(xmit->data, TRUE);
	xmit->started = ioloop_time;
	xmit->to = timeout_add(XMIT_WATCH_MSECS, cmd_xmit_watch, xmit);
	xmit->state = XMIT_STATE_HEADER;
	xmit->reading = TRUE;
}

/*
 * The command
 */

static enum pop3_ext_result cmd_xmit_more(struct pop3_ext_command_context *cmd)
{
	struct cmd_xmit *xmit = cmd->context;

	if (xmit->state == XMIT_STATE_STARTED) {
		(void)pop3_ext_reply_ok(cmd, "Start sending message");
		cmd_xmit_read_message(xmit);
		pop3_ext_command_wait(cmd);
		return POP3_EXT_MORE;
	}
	i_assert(xmit->state == XMIT_STATE_DONE);

	cmd_xmit_log(xmit);
	cmd_xmit_free(xmit);
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

static void
cmd_xmit_started(const struct xmit_result *result, struct cmd_xmit *xmit)
{
	xmit->state = XMIT_STATE_STARTED;
	if (result->status != XMIT_STATUS_OK) {
		cmd_xmit_set_reply(xmit, POP3_EXT_FAILED,
				   result->status == XMIT_STATUS_PERMFAIL ?
				   "SYS/PERM" : "SYS/TEMP", result->text);
		xmit->state = XMIT_STATE_DONE;
	}
	pop3_ext_command_resume(xmit->cmd);
}

static enum pop3_ext_result cmd_xmit_check(struct pop3_ext_command_context *cmd)
{
	const char *error;

	if (cmd->set->pop3_ext_xmit_require_tls &&
	    !host_client_have_tls(cmd->client)) {
		return pop3_ext_reply_err(cmd, POP3_EXT_FAILED, "SYS/PERM",
			"Mail can be sent only over a TLS connection");
	}
	if (xmit_session_get(cmd->eclient, &error) == NULL) {
		e_error(cmd->event, "XTND XMIT: %s", error);
		return pop3_ext_reply_err(cmd, POP3_EXT_FAILED, "SYS/PERM",
			"Sending mail is not configured correctly");
	}
	return POP3_EXT_OK;
}

static enum pop3_ext_result cmd_xmit_run(struct pop3_ext_command_context *cmd)
{
	struct cmd_xmit *xmit;

	xmit = p_new(cmd->pool, struct cmd_xmit, 1);
	xmit->cmd = cmd;
	xmit->session = cmd->eclient->xmit;
	cmd->context = xmit;
	cmd->more = cmd_xmit_more;
	cmd->abort = cmd_xmit_abort;

	pop3_ext_command_wait(cmd);
	xmit_submit_start(xmit->session->submit, xmit->session->sender,
			  cmd_xmit_started, xmit);
	return POP3_EXT_MORE;
}

const struct pop3_ext_command cmd_xtnd_xmit = {
	.name = "XTND XMIT",
	.args = "",
	.capability = "X-XTND",
	.capability_arg = "XMIT",
	.setting_offset = offsetof(struct pop3_ext_settings, pop3_ext_xmit),
	.check = cmd_xmit_check,
	.run = cmd_xmit_run,
};
