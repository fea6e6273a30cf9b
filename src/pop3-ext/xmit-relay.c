/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Sending to a relay by the host's lib-smtp: one connection for the session,
   one transaction for each message.

     start       connect and log in unless that stands, MAIL FROM
     recipients  RCPT TO for all of them at once
     data        DATA, the message as it comes

   With PIPELINING the RCPT TO of a single recipient goes together with DATA:
   if it is refused there is nobody left who could get the message. Of several
   all have to be accepted first.

   lib-smtp's callbacks only note the reply; relay_step() goes on from the
   ioloop, because most of what it does (destroy the transaction, close the
   connection, call our caller) lib-smtp does not survive inside its callbacks.

   A transaction whose data has been begun can't be aborted: lib-smtp would go
   on to the end of the stream and have the message sent. So whenever a message
   ends within its data, its connection is closed. */

#include "lib.h"
#include "ioloop.h"
#include "istream.h"
#include "str.h"
#include "smtp-address.h"
#include "smtp-client.h"
#include "smtp-client-connection.h"
#include "smtp-client-transaction.h"
#include "smtp-params.h"
#include "smtp-reply.h"

#include "host-smtp.h"
#include "xmit-connect.h"
#include "xmit-payload.h"
#include "xmit-relay-private.h"
#include "xmit-reply.h"

static void relay_step(struct xmit_relay *relay);
static void relay_connected(struct smtp_client_connection *conn,
			    const struct smtp_reply *reply,
			    struct xmit_relay *relay);

void xmit_relay_step_later(struct xmit_relay *relay)
{
	if (relay->to_step == NULL)
		relay->to_step = timeout_add_short(0, relay_step, relay);
}

void xmit_relay_replied(struct xmit_relay *relay,
			const struct smtp_reply *reply)
{
	if (relay->reply == NULL)
		relay->reply = smtp_reply_clone(relay->pool, reply);
	xmit_relay_step_later(relay);
}

void xmit_relay_failed(struct xmit_relay *relay, unsigned int status,
		       const char *text)
{
	struct smtp_reply reply;

	smtp_reply_init(&reply, status, text);
	xmit_relay_replied(relay, &reply);
}

static void relay_slow(struct xmit_relay *relay)
{
	if (relay->conn != NULL && host_smtp_client_wants_input(relay->conn)) {
		/* it is the client that is slow */
		return;
	}
	xmit_relay_failed(relay, SMTP_CLIENT_COMMAND_ERROR_TIMED_OUT,
			  "Timed out");
}

/* The relay has so much time for what comes next. */
void xmit_relay_wait(struct xmit_relay *relay, unsigned int msecs)
{
	timeout_remove(&relay->to_slow);
	relay->to_slow = timeout_add(msecs, relay_slow, relay);
	if (relay->conn != NULL)
		xmit_connect_renew_input(relay->conn);
}

/* Not from lib-smtp's callbacks. */
static void relay_end_message(struct xmit_relay *relay, bool close)
{
	timeout_remove(&relay->to_step);
	timeout_remove(&relay->to_slow);
	if (relay->payload != NULL) {
		xmit_payload_detach(relay->payload);
		i_stream_unref(&relay->payload);
	}
	if (relay->connect != NULL)
		xmit_connect_abort(relay->connect);
	if (relay->trans != NULL)
		smtp_client_transaction_destroy(&relay->trans);
	if (close && relay->conn != NULL)
		smtp_client_connection_close(&relay->conn);
	relay->state = RELAY_STATE_IDLE;
}

static void relay_finish(struct xmit_relay *relay, enum xmit_status status,
			 bool close, const char *text)
{
	relay_end_message(relay, close);
	xmit_submit_finish(&relay->submit, status, text);
}

/*
 * Connection
 */

static void relay_connect(struct xmit_relay *relay)
{
	struct xmit_submit *submit = &relay->submit;

	relay->state = RELAY_STATE_CONNECTING;
	relay->conn_kept = FALSE;
	if (relay->connect == NULL) {
		relay->connect = xmit_connect_init(&submit->set, submit->event,
						   relay_connected, relay);
	}
	xmit_connect_start(relay->connect);
}

bool xmit_relay_has(struct xmit_relay *relay, enum smtp_capability cap)
{
	return relay->conn != NULL &&
		(smtp_client_connection_get_capabilities(relay->conn) &
		 cap) != 0;
}

/*
 * Start
 */

static void
relay_start(struct xmit_submit *submit, const struct smtp_address *sender)
{
	struct xmit_relay *relay =
		container_of(submit, struct xmit_relay, submit);

	i_assert(relay->state == RELAY_STATE_IDLE);

	p_clear(relay->pool);
	relay->sender = smtp_address_clone(relay->pool, sender);
	relay->rcpts = NULL;
	relay->rcpts_count = 0;
	relay->rcpts_pending = 0;
	relay->refused_status = XMIT_STATUS_OK;
	relay->rcpt_with_data = FALSE;
	relay->reply = NULL;
	relay->payload_ended = FALSE;

	if (relay->conn != NULL &&
	    smtp_client_connection_get_state(relay->conn) <
	    SMTP_CLIENT_CONNECTION_STATE_READY)
		smtp_client_connection_close(&relay->conn);
	if (relay->conn == NULL)
		relay_connect(relay);
	else {
		relay->conn_kept = TRUE;
		xmit_relay_mail(relay, FALSE);
	}
}

/*
 * Steps
 */

static void
relay_connected(struct smtp_client_connection *conn,
		const struct smtp_reply *reply, struct xmit_relay *relay)
{
	if (conn == NULL) {
		relay_finish(relay, xmit_reply_status(reply), TRUE,
			     xmit_reply_text(reply));
		return;
	}
	relay->conn = conn;
	/* lib-smtp reads the stream of a BDAT only once, and then never
	   notices that more has come */
	host_smtp_client_no_chunking(conn);
	xmit_relay_mail(relay, FALSE);
}

static void
relay_mail_replied(struct xmit_relay *relay, const struct smtp_reply *reply)
{
	enum xmit_status status = xmit_reply_status(reply);
	bool lost = xmit_reply_is_lost(reply);

	if (lost && relay->conn_kept) {
		e_debug(relay->submit.event, "connection is gone (%s), "
			"connecting again", smtp_reply_log(reply));
		relay_end_message(relay, TRUE);
		relay_connect(relay);
	} else if (lost) {
		relay_finish(relay, status, TRUE, xmit_reply_text(reply));
	} else if (status != XMIT_STATUS_OK) {
		relay_finish(relay, status, FALSE, t_strdup_printf(
			"Sender <%s> refused (%s)",
			smtp_address_encode(relay->sender),
			xmit_reply_text(reply)));
	} else if (relay->rcpts != NULL) {
		xmit_relay_send_recipients(relay);
	} else {
		relay->state = RELAY_STATE_STARTED;
		xmit_submit_finish(&relay->submit, status,
				   xmit_reply_text(reply));
	}
}

static void
relay_rcpts_replied(struct xmit_relay *relay, const struct smtp_reply *reply)
{
	/* the relay may wait for the data by now */
	bool close = relay->state == RELAY_STATE_DATA;

	if (reply != NULL) {
		relay_finish(relay, xmit_reply_status(reply), TRUE,
			     xmit_reply_text(reply));
	} else if (relay->refused_status != XMIT_STATUS_OK) {
		relay_finish(relay, relay->refused_status, close,
			     t_strdup_printf("Refused: %s",
					     str_c(relay->refused)));
	} else {
		relay->state = RELAY_STATE_ACCEPTED;
		xmit_submit_finish(&relay->submit, XMIT_STATUS_OK,
				   "recipients accepted");
	}
}

static void
relay_data_replied(struct xmit_relay *relay, const struct smtp_reply *reply)
{
	enum xmit_status status = xmit_reply_status(reply);
	const char *text = xmit_reply_text(reply);
	bool lost = xmit_reply_is_lost(reply);

	if (!relay->payload_ended) {
		/* an early refusal; or nonsense, even if it is a 250 */
		if (status == XMIT_STATUS_OK) {
			status = XMIT_STATUS_TEMPFAIL;
			text = "The mail relay's answer makes no sense";
		}
		lost = TRUE;
	} else if (!xmit_reply_is_answer(reply)) {
		status = XMIT_STATUS_UNKNOWN;
		text = t_strdup_printf("%s: the message may or may not "
				       "have been sent", text);
	}
	if (status == XMIT_STATUS_PERMFAIL || status == XMIT_STATUS_TEMPFAIL)
		text = t_strdup_printf("Not sent: %s", text);
	relay_finish(relay, status, lost, text);
}

static void relay_step(struct xmit_relay *relay)
{
	const struct smtp_reply *reply = relay->reply;

	timeout_remove(&relay->to_step);
	timeout_remove(&relay->to_slow);
	relay->reply = NULL;

	switch (relay->state) {
	case RELAY_STATE_MAIL:
		relay_mail_replied(relay, reply);
		break;
	case RELAY_STATE_RCPT:
		relay_rcpts_replied(relay, reply);
		break;
	case RELAY_STATE_DATA:
		if (relay->refused_status != XMIT_STATUS_OK)
			relay_rcpts_replied(relay, NULL);
		else if (relay->rcpts_pending > 0)
			relay_rcpts_replied(relay, reply);
		else
			relay_data_replied(relay, reply);
		break;
	case RELAY_STATE_IDLE:
	case RELAY_STATE_CONNECTING:
	case RELAY_STATE_STARTED:
	case RELAY_STATE_ACCEPTED:
		i_unreached();
	}
}

/*
 * The rest
 */

static bool relay_abort(struct xmit_submit *submit)
{
	struct xmit_relay *relay =
		container_of(submit, struct xmit_relay, submit);
	bool sent = relay->state == RELAY_STATE_DATA && relay->payload_ended;
	bool keep = relay->state == RELAY_STATE_IDLE ||
		relay->state == RELAY_STATE_STARTED ||
		relay->state == RELAY_STATE_ACCEPTED;

	if (sent && relay->reply != NULL &&
	    xmit_reply_is_answer(relay->reply) &&
	    xmit_reply_status(relay->reply) != XMIT_STATUS_OK)
		sent = FALSE;
	relay_end_message(relay, !keep);
	return sent;
}

static bool relay_have_8bitmime(struct xmit_submit *submit)
{
	return xmit_relay_has(container_of(submit, struct xmit_relay, submit),
			      SMTP_CAPABILITY_8BITMIME);
}

static bool relay_have_utf8(struct xmit_submit *submit)
{
	return xmit_relay_has(container_of(submit, struct xmit_relay, submit),
			      SMTP_CAPABILITY_SMTPUTF8);
}

static uoff_t relay_get_max_size(struct xmit_submit *submit)
{
	struct xmit_relay *relay =
		container_of(submit, struct xmit_relay, submit);

	return relay->conn == NULL ? 0 :
		smtp_client_connection_get_size_capability(relay->conn);
}

static void relay_deinit(struct xmit_submit *submit)
{
	struct xmit_relay *relay =
		container_of(submit, struct xmit_relay, submit);

	if (relay->conn != NULL)
		smtp_client_connection_close(&relay->conn);
	xmit_connect_deinit(&relay->connect);
	pool_unref(&relay->pool);
	i_free(relay);
}

static const struct xmit_submit_vfuncs relay_vfuncs = {
	.deinit = relay_deinit,
	.start = relay_start,
	.recipients = xmit_relay_recipients,
	.data = xmit_relay_data,
	.abort = relay_abort,
	.have_8bitmime = relay_have_8bitmime,
	.have_utf8 = relay_have_utf8,
	.get_max_size = relay_get_max_size,
};

struct xmit_submit *xmit_relay_alloc(void)
{
	struct xmit_relay *relay;

	relay = i_new(struct xmit_relay, 1);
	relay->submit.v = &relay_vfuncs;
	relay->pool = pool_alloconly_create("xmit relay", 2048);
	return &relay->submit;
}
