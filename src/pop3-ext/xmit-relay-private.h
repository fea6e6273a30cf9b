#ifndef XMIT_RELAY_PRIVATE_H
#define XMIT_RELAY_PRIVATE_H

/* Between xmit-relay.c (the connection and the steps of a message) and
   xmit-relay-commands.c (the SMTP commands of a step). */

#include "smtp-common.h"
#include "xmit-submit-private.h"

struct smtp_client_connection;
struct smtp_reply;

enum relay_state {
	/* no message */
	RELAY_STATE_IDLE = 0,
	/* greeting, TLS, login */
	RELAY_STATE_CONNECTING,
	/* MAIL FROM has been sent */
	RELAY_STATE_MAIL,
	/* the sender is accepted, the caller's turn */
	RELAY_STATE_STARTED,
	/* RCPT TO has been sent */
	RELAY_STATE_RCPT,
	/* all recipients are accepted, the caller's turn */
	RELAY_STATE_ACCEPTED,
	/* from DATA to the answer after the message */
	RELAY_STATE_DATA,
};

struct xmit_relay {
	struct xmit_submit submit;

	struct xmit_connect *connect;
	struct smtp_client_connection *conn;

	/* the message: */
	enum relay_state state;
	pool_t pool;
	const struct smtp_address *sender;
	const struct smtp_address **rcpts;
	unsigned int rcpts_count, rcpts_pending;
	struct smtp_client_transaction *trans;
	struct istream *payload;

	/* what the step has ended with, until relay_step() runs */
	struct smtp_reply *reply;
	string_t *refused;
	enum xmit_status refused_status;
	struct timeout *to_step;
	/* the relay has to be faster than this */
	struct timeout *to_slow;

	/* the connection has served a message before */
	bool conn_kept:1;
	/* the only recipient goes together with DATA */
	bool rcpt_with_data:1;
	/* lib-smtp has seen the end of the message */
	bool payload_ended:1;
};

/* Note what a step has ended with; relay_step() goes on from the ioloop. The
   first reply counts. */
void xmit_relay_replied(struct xmit_relay *relay,
			const struct smtp_reply *reply);
void xmit_relay_failed(struct xmit_relay *relay, unsigned int status,
		       const char *text);
void xmit_relay_step_later(struct xmit_relay *relay);
/* The relay is asked for something new: from now on it may take so long, and
   say POP3_EXT_MAX_RELAY_INPUT octets. */
void xmit_relay_wait(struct xmit_relay *relay, unsigned int msecs);
bool xmit_relay_has(struct xmit_relay *relay, enum smtp_capability cap);

/* MAIL FROM; utf8 with SMTPUTF8. */
void xmit_relay_mail(struct xmit_relay *relay, bool utf8);
/* RCPT TO for relay->rcpts, or nothing yet when it goes together with DATA. */
void xmit_relay_send_recipients(struct xmit_relay *relay);

/* Steps as in struct xmit_submit_vfuncs */
void xmit_relay_recipients(struct xmit_submit *submit,
			   const struct smtp_address *const *rcpts,
			   unsigned int count, bool utf8);
void xmit_relay_data(struct xmit_submit *submit, const string_t *header,
		     struct istream *body);

#endif
