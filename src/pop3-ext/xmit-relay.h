#ifndef XMIT_RELAY_H
#define XMIT_RELAY_H

struct event;
struct smtp_client;
struct smtp_client_connection;
struct xmit_submit_settings;

/* lib-smtp's client for a relay. */
struct smtp_client *
xmit_relay_client_init(const struct xmit_submit_settings *set,
		       struct event *event);

/* A new connection, not yet begun: TLS, login and XCLIENT as set says. One is
   good for one use; after it is lost another has to be made. Returns -1 and
   error when the TLS settings are no good. */
int xmit_relay_connection_create(struct smtp_client *client,
				 const struct xmit_submit_settings *set,
				 struct event *event,
				 struct smtp_client_connection **conn_r,
				 const char **error_r);

#endif
