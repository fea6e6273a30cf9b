/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* One message of XTND XMIT: the header is read and judged, the recipients are
   given to the relay, then the body flows. Whatever goes wrong, the message is
   read to its end before the command answers. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "istream.h"
#include "str.h"
#include "guid.h"
#include "mail-user.h"
#include "pop3-common.h"

#include "host-command.h"
#include "istream-pop3-data.h"
#include "pop3-ext-input.h"
#include "pop3-ext-limits.h"
#include "pop3-ext-settings.h"
#include "xmit-header.h"
#include "xmit-message.h"
#include "xmit-save.h"
#include "xmit-session.h"
#include "xmit-submit.h"

#define WATCH_MSECS 1000

static void xmit_message_drain_input(struct xmit_message *xmit);
static void xmit_message_watch(struct xmit_message *xmit);

static void xmit_message_stop_reading(struct xmit_message *xmit)
{
	io_remove(&xmit->io);
	i_stream_unref(&xmit->data);
}

void xmit_message_set_reply(struct xmit_message *xmit,
			    enum pop3_ext_result result, const char *code,
			    const char *text)
{
	xmit->result = result;
	xmit->code = code;
	xmit->text = p_strdup(xmit->cmd->pool, text);
}

static void xmit_message_done(struct xmit_message *xmit)
{
	timeout_remove(&xmit->to);
	xmit_message_stop_reading(xmit);
	xmit->state = XMIT_STATE_DONE;
	pop3_ext_command_resume(xmit->cmd);
}

/* The message is refused: what is left of it is dropped before the reply. */
static void
xmit_message_fail(struct xmit_message *xmit, enum pop3_ext_result result,
		  const char *code, const char *text)
{
	struct client *client = xmit->cmd->client;

	xmit_message_set_reply(xmit, result, code, text);
	(void)xmit_submit_abort(xmit->session->submit);
	xmit_save_abort(&xmit->save);
	if (pop3_data_parser_finished(&xmit->parser)) {
		xmit_message_done(xmit);
		return;
	}
	xmit_message_stop_reading(xmit);
	xmit->state = XMIT_STATE_DRAIN;
	xmit->io = io_add_istream(client->input, xmit_message_drain_input, xmit);
	i_stream_set_input_pending(client->input, TRUE);
	if (xmit->to == NULL)
		xmit->to = timeout_add(WATCH_MSECS, xmit_message_watch, xmit);
}

static void
xmit_message_fail_result(struct xmit_message *xmit,
			 const struct xmit_result *result)
{
	const char *error = pop3_data_parser_error_text(&xmit->parser);

	/* what the relay says about a message that we broke off ourselves is
	   not what the client has to know */
	if (error != NULL)
		xmit_message_fail(xmit, POP3_EXT_BAD, NULL, error);
	else {
		xmit_message_fail(xmit, POP3_EXT_FAILED,
				  result->status == XMIT_STATUS_PERMFAIL ?
				  "SYS/PERM" : "SYS/TEMP", result->text);
	}
}

static void xmit_message_drain_input(struct xmit_message *xmit)
{
	int ret;

	ret = pop3_data_drain(&xmit->parser, xmit->cmd->client->input);
	if (ret == 0)
		return;
	if (ret < 0)
		xmit->text = NULL;
	xmit_message_done(xmit);
}

/*
 * After the end of the message
 */

static void xmit_message_reply_timeout(struct xmit_message *xmit)
{
	timeout_remove(&xmit->to);
	xmit->unknown = xmit_submit_abort(xmit->session->submit);
	xmit_message_fail(xmit, POP3_EXT_FAILED, "SYS/TEMP", xmit->unknown ?
		"The relay did not answer in time: "
		"the message may or may not have been sent" :
		"The relay did not take the message in time");
}

static void
xmit_message_sent(const struct xmit_result *result,
		  struct xmit_message *xmit)
{
	switch (result->status) {
	case XMIT_STATUS_OK:
		xmit_save_commit(&xmit->save);
		xmit_message_set_reply(xmit, POP3_EXT_OK, NULL, result->text);
		xmit_message_done(xmit);
		break;
	case XMIT_STATUS_UNKNOWN:
		xmit->unknown = TRUE;
		/* fall through */
	default:
		xmit_message_fail_result(xmit, result);
		break;
	}
}

/*
 * The message
 */

/* The relay has not let us read on since the header: the client may have been
   waiting for its reply all this time. */
static bool xmit_message_is_held(const struct xmit_message *xmit)
{
	return xmit->state == XMIT_STATE_RECIPIENTS ||
		(xmit->state == XMIT_STATE_BODY &&
		 xmit->parser.input_size == xmit->header_size);
}

static void xmit_message_watch(struct xmit_message *xmit)
{
	struct client *client = xmit->cmd->client;
	unsigned int reply_secs =
		xmit->cmd->set->pop3_ext_xmit_reply_timeout;

	xmit->cmd->lingering = pop3_data_parser_finished(&xmit->parser);
	if (xmit_message_is_held(xmit)) {
		xmit->held_secs = ioloop_time - xmit->header_time;
		if (xmit->held_secs >= reply_secs)
			xmit_message_reply_timeout(xmit);
	} else if (xmit->cmd->lingering) {
		timeout_remove(&xmit->to);
		xmit->to = timeout_add(
			(reply_secs - xmit->held_secs) * 1000,
			xmit_message_reply_timeout, xmit);
	} else if (ioloop_time - xmit->started > POP3_EXT_MAX_UPLOAD_SECS) {
		client_destroy(client, "XTND XMIT: Message took too long");
	} else if (xmit->parser.input_size != xmit->watched_size) {
		xmit->watched_size = xmit->parser.input_size;
		timeout_reset(client->to_idle);
	}
}

/* The header as it goes to the relay, or into the copy */
static string_t *xmit_message_header(struct xmit_message *xmit, bool keep_bcc)
{
	string_t *str = str_new(xmit->cmd->pool, 1024);

	xmit->additions.keep_bcc = keep_bcc;
	xmit_header_finish(str, xmit->header, &xmit->additions);
	return str;
}

/* The body as the relay reads it, with the copy written on the way */
static struct istream *xmit_message_body(struct xmit_message *xmit)
{
	struct pop3_ext_command_context *cmd = xmit->cmd;

	if (cmd->set->pop3_ext_xmit_save[0] != '\0') {
		xmit->save = xmit_save_begin(cmd->client->user, cmd->event,
					     cmd->set->pop3_ext_xmit_save,
					     xmit_message_header(xmit, TRUE));
	}
	if (xmit->save != NULL)
		return xmit_save_tap(xmit->save, xmit->data);
	i_stream_ref(xmit->data);
	return xmit->data;
}

static void
xmit_message_accepted(const struct xmit_result *result,
		      struct xmit_message *xmit)
{
	struct istream *body;

	if (result->status != XMIT_STATUS_OK) {
		xmit_message_fail_result(xmit, result);
		return;
	}

	body = xmit_message_body(xmit);
	xmit->state = XMIT_STATE_BODY;
	xmit_submit_data(xmit->session->submit,
			 xmit_message_header(xmit, FALSE), body,
			 xmit_message_sent, xmit);
	i_stream_unref(&body);
}

/*
 * The header
 */

static int
xmit_message_judge(struct xmit_message *xmit, const char **error_r)
{
	const struct xmit_header *header = xmit->header;
	enum xmit_from_policy policy;
	bool set_sender;

	if (xmit_from_policy_parse(xmit->cmd->set->pop3_ext_xmit_from,
				   &policy) < 0)
		i_unreached();
	if (!xmit_from_allowed(header, xmit->session->own_addresses, policy,
			       &set_sender, error_r))
		return -1;
	xmit->additions.set_sender = set_sender;
	if (header->needs_utf8 &&
	    !xmit_submit_have_utf8(xmit->session->submit)) {
		*error_r = t_strdup_printf("The mail relay can't take the "
			"address <%s>: it is not ASCII", header->utf8_address);
		return -1;
	}
	return 0;
}

static void xmit_message_header_read(struct xmit_message *xmit)
{
	const char *error;

	io_remove(&xmit->io);
	xmit->header = xmit_header_parser_get(xmit->header_parser);
	xmit->header_size = xmit->parser.input_size;
	xmit->header_time = ioloop_time;
	if (xmit_message_judge(xmit, &error) < 0) {
		xmit_message_fail(xmit, POP3_EXT_BAD, NULL, error);
		return;
	}
	xmit->state = XMIT_STATE_RECIPIENTS;
	xmit_submit_recipients(xmit->session->submit,
			       array_front(&xmit->header->recipients),
			       array_count(&xmit->header->recipients),
			       xmit->header->needs_utf8,
			       xmit_message_accepted, xmit);
}

static void xmit_message_header_input(struct xmit_message *xmit)
{
	const char *error;

	timeout_reset(xmit->cmd->client->to_idle);
	switch (xmit_header_parser_more(xmit->header_parser, &error)) {
	case 0:
		break;
	case -1:
		xmit_message_fail(xmit, POP3_EXT_BAD, NULL, error);
		break;
	default:
		xmit_message_header_read(xmit);
		break;
	}
}

static void xmit_message_read_header(struct xmit_message *xmit)
{
	struct xmit_header_settings header_set = {
		.default_domain = xmit->session->domain,
		.max_size = POP3_EXT_MAX_HEADER_SIZE,
		.max_recipients = xmit->cmd->set->pop3_ext_xmit_max_recipients,
		.max_received = POP3_EXT_MAX_RECEIVED,
	};

	xmit->header_parser = xmit_header_parser_init(
		xmit->cmd->pool, xmit->data, &header_set);
	xmit->io = io_add_istream(xmit->data, xmit_message_header_input, xmit);
	i_stream_set_input_pending(xmit->data, TRUE);
	xmit->state = XMIT_STATE_HEADER;
}

static void xmit_message_init_additions(struct xmit_message *xmit)
{
	struct client *client = xmit->cmd->client;
	struct xmit_header_additions *add = &xmit->additions;
	guid_128_t guid;

	guid_128_generate(guid);
	add->hostname = xmit->session->hostname;
	if (client->user->conn.remote_ip != NULL)
		add->client_ip = *client->user->conn.remote_ip;
	add->session_id = client->user->session_id;
	if (xmit->cmd->set->pop3_ext_xmit_received_user)
		add->user = client->user->username;
	if (host_client_have_tls(client))
		add->tls = "";
	add->date = ioloop_time;
	add->own_address = xmit->session->sender;
	add->unique_id = p_strdup(xmit->cmd->pool, guid_128_to_string(guid));
	add->domain = xmit->session->sender->domain;
}

void xmit_message_read(struct xmit_message *xmit)
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
	xmit->started = ioloop_time;
	xmit->to = timeout_add(WATCH_MSECS, xmit_message_watch, xmit);
	xmit->reading = TRUE;
	xmit_message_init_additions(xmit);
	xmit_message_read_header(xmit);
}

void xmit_message_deinit(struct xmit_message *xmit)
{
	xmit_message_log(xmit);
	timeout_remove(&xmit->to);
	xmit_message_stop_reading(xmit);
	xmit_header_parser_deinit(&xmit->header_parser);
	xmit_save_abort(&xmit->save);
	if (xmit->reading)
		pop3_ext_input_body_end(xmit->cmd->client);
}
