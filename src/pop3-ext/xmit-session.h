#ifndef XMIT_SESSION_H
#define XMIT_SESSION_H

struct pop3_ext_client;
struct smtp_address;
struct xmit_pam;
struct xmit_submit;

/* What the messages of one POP3 session have in common. */
struct xmit_session {
	struct xmit_submit *submit;
	/* who is asked whether the user may send; NULL: nobody */
	struct xmit_pam *pam;

	/* the user's own address, and all of them as strings */
	const struct smtp_address *sender;
	const char *const *own_addresses;
	/* names for Received, Message-ID, and names without a domain */
	const char *hostname, *domain;
};

/* The session's, made when it is first asked for. NULL when the configuration
   does not allow to send; the reason is logged once for the session. */
struct xmit_session *
xmit_session_get(struct pop3_ext_client *eclient);
void xmit_session_free(struct xmit_session **session);

#endif
