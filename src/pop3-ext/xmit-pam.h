#ifndef XMIT_PAM_H
#define XMIT_PAM_H

#include "pam-protocol.h"

struct event;
struct mail_user;
struct pop3_ext_settings;
struct xmit_pam;

/* Called once for each xmit_pam_ask(), from the ioloop and not before it has
   returned: it may end the session. What is not ALLOWED has been logged. */
typedef void xmit_pam_callback_t(enum pam_answer answer, void *context);

/* Asks the service pop3-ext-pam whether this user may send. NULL when the
   settings name no PAM service. The arguments must live as long as the result,
   which keeps what PAM has said for a while. */
struct xmit_pam *
xmit_pam_init(struct mail_user *user, const struct pop3_ext_settings *set,
	      struct event *event);
void xmit_pam_deinit(struct xmit_pam **pam);

void xmit_pam_ask(struct xmit_pam *pam, xmit_pam_callback_t *callback,
		  void *context);
#define xmit_pam_ask(pam, callback, context) \
	xmit_pam_ask(pam, (xmit_pam_callback_t *)callback, \
		context - CALLBACK_TYPECHECK(callback, void (*)( \
			enum pam_answer, typeof(context))))
/* Without the callback. No-op when nothing is asked. */
void xmit_pam_abort(struct xmit_pam *pam);

#endif
