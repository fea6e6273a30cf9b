#ifndef KPOP_HANDSHAKE_H
#define KPOP_HANDSHAKE_H

struct client;

/* The exchange before the greeting. It has the client's input to itself until
   it is finished; when it fails, it destroys the client. */

/* The client's ticket was accepted, and it has been told so. The token is what
   the auth process wants to see at the log in. */
typedef void kpop_handshake_callback_t(struct client *client,
				       const char *token);

struct kpop_handshake *
kpop_handshake_init(struct client *client, unsigned int timeout_secs,
		    kpop_handshake_callback_t *callback);
/* Before the callback this aborts the exchange. */
void kpop_handshake_deinit(struct kpop_handshake **handshake);

#endif
