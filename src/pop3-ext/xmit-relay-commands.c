/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The SMTP commands of a message to the relay, by the host's lib-smtp, and the
   callbacks that note their replies (see xmit-relay.c). */

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
#include "pop3-ext-limits.h"
#include "reply-text.h"
#include "xmit-connect.h"
#include "xmit-payload.h"
#include "xmit-relay-private.h"
#include "xmit-reply.h"

struct relay_rcpt {
	struct xmit_relay *relay;
	const struct smtp_address *address;
};

/*
 * Sender
 */

static void relay_transaction_callback(struct xmit_relay *relay)
{
	relay->trans = NULL;
}

static void
relay_mail_callback(const struct smtp_reply *reply, struct xmit_relay *relay)
{
	xmit_relay_replied(relay, reply);
}

void xmit_relay_mail(struct xmit_relay *relay, bool utf8)
{
	struct smtp_params_mail params;

	i_zero(&params);
	/* lib-smtp panics when the relay doesn't offer what is asked for */
	if (xmit_relay_has(relay, SMTP_CAPABILITY_8BITMIME))
		params.body.type = SMTP_PARAM_MAIL_BODY_TYPE_8BITMIME;
	if (utf8)
		host_smtp_params_mail_set_utf8(&params);

	relay->state = RELAY_STATE_MAIL;
	relay->trans = smtp_client_transaction_create(
		relay->conn, relay->sender, &params, 0,
		relay_transaction_callback, relay);
	/* each command at once, not from a timeout: nothing is waited for */
	smtp_client_transaction_set_immediate(relay->trans, TRUE);
	smtp_client_transaction_start(relay->trans, relay_mail_callback,
				      relay);
	xmit_relay_wait(relay, relay->submit.set.relay_timeout_msecs);
}

/*
 * Recipients
 */

static void relay_add_refused(struct xmit_relay *relay,
			      const struct smtp_address *address,
			      const struct smtp_reply *reply)
{
	if (str_len(relay->refused) >= POP3_EXT_MAX_REFUSED_TEXT)
		return;
	if (str_len(relay->refused) > 0)
		str_append(relay->refused, ", ");
	str_printfa(relay->refused, "<%s> (%s)", smtp_address_encode(address),
		    reply_text_sanitize(xmit_reply_text(reply),
					POP3_EXT_MAX_REFUSED_TEXT));
}

static void
relay_rcpt_callback(const struct smtp_reply *reply, struct relay_rcpt *rcpt)
{
	struct xmit_relay *relay = rcpt->relay;
	enum xmit_status status = xmit_reply_status(reply);

	i_assert(relay->rcpts_pending > 0);
	relay->rcpts_pending--;

	if (xmit_reply_is_lost(reply)) {
		/* said once, not for each recipient */
		xmit_relay_replied(relay, reply);
		return;
	}
	if (status != XMIT_STATUS_OK) {
		relay_add_refused(relay, rcpt->address, reply);
		if (status == XMIT_STATUS_PERMFAIL ||
		    relay->refused_status == XMIT_STATUS_OK)
			relay->refused_status = status;
	}
	if (relay->rcpts_pending == 0 &&
	    (relay->state == RELAY_STATE_RCPT || status != XMIT_STATUS_OK))
		xmit_relay_step_later(relay);
	else if (relay->to_slow != NULL)
		timeout_reset(relay->to_slow);
	if (relay->conn != NULL)
		xmit_connect_renew_input(relay->conn);
}

static void
relay_rcpt_data_callback(const struct smtp_reply *reply ATTR_UNUSED,
			 struct relay_rcpt *rcpt ATTR_UNUSED)
{
	/* relay_data_callback() is told the same */
}

/* Returns FALSE when the connection is lost, which relay_step() will tell. */
static bool relay_add_recipients(struct xmit_relay *relay)
{
	struct relay_rcpt *rcpts;
	unsigned int i;

	relay->rcpts_pending = relay->rcpts_count;
	if (relay->trans == NULL) {
		xmit_relay_failed(relay,
				  SMTP_CLIENT_COMMAND_ERROR_CONNECTION_LOST,
				  "Connection lost");
		return FALSE;
	}

	relay->refused = str_new(relay->pool, 256);
	rcpts = p_new(relay->pool, struct relay_rcpt, relay->rcpts_count);
	for (i = 0; i < relay->rcpts_count; i++) {
		rcpts[i].relay = relay;
		rcpts[i].address = relay->rcpts[i];
		smtp_client_transaction_add_rcpt(
			relay->trans, relay->rcpts[i], NULL,
			relay_rcpt_callback, relay_rcpt_data_callback,
			&rcpts[i]);
	}
	return TRUE;
}

void xmit_relay_send_recipients(struct xmit_relay *relay)
{
	if (relay->rcpts_count == 1 &&
	    xmit_relay_has(relay, SMTP_CAPABILITY_PIPELINING)) {
		relay->rcpt_with_data = TRUE;
		relay->state = RELAY_STATE_ACCEPTED;
		xmit_submit_finish(&relay->submit, XMIT_STATUS_OK,
				   "recipient goes with the data");
		return;
	}
	relay->state = RELAY_STATE_RCPT;
	if (relay_add_recipients(relay))
		xmit_relay_wait(relay, relay->submit.set.relay_timeout_msecs);
}

void xmit_relay_recipients(struct xmit_submit *submit,
			   const struct smtp_address *const *rcpts,
			   unsigned int count, bool utf8)
{
	struct xmit_relay *relay =
		container_of(submit, struct xmit_relay, submit);
	unsigned int i;

	i_assert(relay->state == RELAY_STATE_STARTED);

	relay->rcpts_count = count;
	relay->rcpts = p_new(relay->pool, const struct smtp_address *, count);
	for (i = 0; i < count; i++)
		relay->rcpts[i] = smtp_address_clone(relay->pool, rcpts[i]);

	if (!utf8) {
		xmit_relay_send_recipients(relay);
		return;
	}
	/* SMTPUTF8 is said with the sender: once more */
	if (relay->trans != NULL)
		smtp_client_transaction_destroy(&relay->trans);
	xmit_relay_mail(relay, TRUE);
}

/*
 * Message
 */

static void
relay_payload_callback(enum xmit_payload_event event, struct xmit_relay *relay)
{
	switch (event) {
	case XMIT_PAYLOAD_GIVEN:
		if (relay->to_slow != NULL)
			timeout_reset(relay->to_slow);
		break;
	case XMIT_PAYLOAD_BROKEN:
		xmit_relay_failed(relay,
				  SMTP_CLIENT_COMMAND_ERROR_BROKEN_PAYLOAD,
				  "Broken message");
		break;
	case XMIT_PAYLOAD_END:
		relay->payload_ended = TRUE;
		timeout_remove(&relay->to_slow);
		break;
	}
}

static void
relay_data_callback(const struct smtp_reply *reply, struct xmit_relay *relay)
{
	xmit_relay_replied(relay, reply);
}

void xmit_relay_data(struct xmit_submit *submit, const string_t *header,
		     struct istream *body)
{
	struct xmit_relay *relay =
		container_of(submit, struct xmit_relay, submit);

	i_assert(relay->state == RELAY_STATE_ACCEPTED);

	relay->state = RELAY_STATE_DATA;
	if (relay->rcpt_with_data && !relay_add_recipients(relay))
		return;
	if (relay->trans == NULL) {
		xmit_relay_failed(relay,
				  SMTP_CLIENT_COMMAND_ERROR_CONNECTION_LOST,
				  "Connection lost");
		return;
	}
	relay->payload = xmit_payload_create(header, body,
					     relay_payload_callback, relay);
	smtp_client_transaction_send(relay->trans, relay->payload,
				     relay_data_callback, relay);
	xmit_relay_wait(relay, submit->set.relay_timeout_msecs);
}
