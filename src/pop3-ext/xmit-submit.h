#ifndef XMIT_SUBMIT_H
#define XMIT_SUBMIT_H

#include "net.h"

struct event;
struct istream;
struct mail_user;
struct smtp_address;
struct xmit_submit;

/* Where a message of XTND XMIT goes: to a relay by SMTP, over one connection
   that is kept for the session, or to a sendmail program. The steps of one
   message are start, recipients, data; each ends with its callback. That of
   recipients may be called before the function returns, the others never are.
   A callback with any status but XMIT_STATUS_OK ends the message: nothing of
   it is sent (UNKNOWN: it may have been) and the next step is a new start. */

enum xmit_status {
	XMIT_STATUS_OK = 0,
	/* may work later: 4xx, time-outs, lost connections, local trouble */
	XMIT_STATUS_TEMPFAIL,
	/* will not work: 5xx */
	XMIT_STATUS_PERMFAIL,
	/* the whole message was handed over, but the answer was lost */
	XMIT_STATUS_UNKNOWN,
};

struct xmit_result {
	enum xmit_status status;
	/* One line for the client: on failure what went wrong, with the
	   relay's own text and for refused recipients all their addresses.
	   Any bytes: the caller makes it safe to send. On success the relay's
	   reply. Valid during the callback. */
	const char *text;
};

typedef void xmit_submit_callback_t(const struct xmit_result *result,
				    void *context);

enum xmit_relay_ssl {
	XMIT_RELAY_SSL_NO = 0,
	XMIT_RELAY_SSL_STARTTLS,
	XMIT_RELAY_SSL_SMTPS,
};

/* Strings must stay valid as long as the xmit_submit. */
struct xmit_submit_settings {
	/* whose host settings (SSL client, DNS, temporary files) count. NULL
	   in unit tests: the host's defaults. */
	struct mail_user *user;

	/* NULL: sendmail_path is run instead */
	const char *relay_host;
	in_port_t relay_port;
	enum xmit_relay_ssl relay_ssl;
	bool relay_ssl_verify;
	/* NULL: as the host's SSL client settings say */
	const char *relay_ssl_ca_file;
	/* NULL user: no authentication */
	const char *relay_user, *relay_password;
	/* for connecting and for each command */
	unsigned int relay_timeout_msecs;

	/* program and arguments separated by spaces, as the host's
	   sendmail_path */
	const char *sendmail_path;
	/* for EHLO */
	const char *hostname;

	/* XCLIENT, sent when the relay offers it; else proxy_login is NULL */
	const char *proxy_login, *proxy_session;
	struct ip_addr proxy_ip;
	in_port_t proxy_port;
};

struct xmit_submit *
xmit_submit_init(struct event *event_parent,
		 const struct xmit_submit_settings *set);
/* Aborts what is running (without its callback) and closes the connection. */
void xmit_submit_deinit(struct xmit_submit **submit);

/* Begins a message: connects when there is no live connection (greeting, TLS,
   login) and has the sender accepted. sender is copied. */
void xmit_submit_start(struct xmit_submit *submit,
		       const struct smtp_address *sender,
		       xmit_submit_callback_t *callback, void *context);
#define xmit_submit_start(submit, sender, callback, context) \
	xmit_submit_start(submit, sender - \
		CALLBACK_TYPECHECK(callback, void (*)( \
			const struct xmit_result *, typeof(context))), \
		(xmit_submit_callback_t *)callback, context)

/* After a successful start: what the relay (or program) can take. */
bool xmit_submit_have_8bitmime(struct xmit_submit *submit);
bool xmit_submit_have_utf8(struct xmit_submit *submit);
/* Largest message in octets, 0 = the relay names none */
uoff_t xmit_submit_get_max_size(struct xmit_submit *submit);

/* Has all recipients accepted, or none: when one is refused the message ends
   and nobody gets it. utf8: an address (of sender or recipients) is not ASCII,
   so SMTPUTF8 is to be used. The addresses are copied. */
void xmit_submit_recipients(struct xmit_submit *submit,
			    const struct smtp_address *const *rcpts,
			    unsigned int count, bool utf8,
			    xmit_submit_callback_t *callback, void *context);
#define xmit_submit_recipients(submit, rcpts, count, utf8, callback, context) \
	xmit_submit_recipients(submit, rcpts, count - \
		CALLBACK_TYPECHECK(callback, void (*)( \
			const struct xmit_result *, typeof(context))), \
		utf8, (xmit_submit_callback_t *)callback, context)

/* Sends header (with its empty line; it must stay valid until the message has
   ended) and then body as it comes until its end. Both have CRLF lines, not
   dot-stuffed. body may block if it has a file descriptor; nobody else may have
   an io on it or its parents meanwhile. When body breaks, or after
   xmit_submit_abort(), the relay never sees the end of the message. The relay
   must take what there is within the relay's timeout; how long the client may
   pause, and how long the answer after the end may take, is for the caller to
   say by xmit_submit_abort(). */
void xmit_submit_data(struct xmit_submit *submit, const string_t *header,
		      struct istream *body,
		      xmit_submit_callback_t *callback, void *context);
#define xmit_submit_data(submit, header, body, callback, context) \
	xmit_submit_data(submit, header, body - \
		CALLBACK_TYPECHECK(callback, void (*)( \
			const struct xmit_result *, typeof(context))), \
		(xmit_submit_callback_t *)callback, context)

/* Ends the message without a callback. May be called at any time, but not
   from inside a callback's caller other than the callback itself. Returns
   TRUE when the message may have been sent all the same: it was handed over
   to its end and the answer was missing. */
bool xmit_submit_abort(struct xmit_submit *submit);

#endif
