#ifndef XMIT_CONNECT_H
#define XMIT_CONNECT_H

#include "xmit-submit.h"

struct event;
struct smtp_client_connection;
struct smtp_reply;
struct xmit_connect;

/* Called once for each xmit_connect_start(), from the ioloop and not before it
   has returned. conn is ready for a transaction and the callback's to close,
   or NULL: then reply says why, in lib-smtp's terms. reply is valid until the
   next start. */
typedef void xmit_connect_callback_t(struct smtp_client_connection *conn,
				     const struct smtp_reply *reply,
				     void *context);

/* Makes connections to the relay: name, addresses, TLS, login. set and event
   must live as long as the result, and the result as long as a connection that
   it has made. */
struct xmit_connect *
xmit_connect_init(const struct xmit_submit_settings *set, struct event *event,
		  xmit_connect_callback_t *callback, void *context);
#define xmit_connect_init(set, event, callback, context) \
	xmit_connect_init(set - \
		CALLBACK_TYPECHECK(callback, void (*)( \
			struct smtp_client_connection *, \
			const struct smtp_reply *, typeof(context))), \
		event, (xmit_connect_callback_t *)callback, context)
void xmit_connect_deinit(struct xmit_connect **connect);

/* The relay is asked for something new: it may answer by another
   POP3_EXT_MAX_RELAY_INPUT octets. May be called from lib-smtp's callbacks. */
void xmit_connect_renew_input(struct smtp_client_connection *conn);

void xmit_connect_start(struct xmit_connect *connect);
/* Without the callback. No-op when nothing has been started. */
void xmit_connect_abort(struct xmit_connect *connect);

#endif
