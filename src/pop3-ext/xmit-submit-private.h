#ifndef XMIT_SUBMIT_PRIVATE_H
#define XMIT_SUBMIT_PRIVATE_H

#include "xmit-submit.h"

/* The functions of xmit-submit.h as the two ways to send have them. A step
   ends with xmit_submit_finish(), for start and data never before the function
   that began it has returned. abort has to be a no-op when no message is there. */
struct xmit_submit_vfuncs {
	void (*deinit)(struct xmit_submit *submit);

	void (*start)(struct xmit_submit *submit,
		      const struct smtp_address *sender);
	void (*recipients)(struct xmit_submit *submit,
			   const struct smtp_address *const *rcpts,
			   unsigned int count, bool utf8);
	void (*data)(struct xmit_submit *submit, const string_t *header,
		     struct istream *body);
	bool (*abort)(struct xmit_submit *submit);

	bool (*have_8bitmime)(struct xmit_submit *submit);
	bool (*have_utf8)(struct xmit_submit *submit);
	uoff_t (*get_max_size)(struct xmit_submit *submit);
};

struct xmit_submit {
	const struct xmit_submit_vfuncs *v;
	struct xmit_submit_settings set;
	struct event *event;

	/* of the step that is under way, else NULL */
	xmit_submit_callback_t *callback;
	void *context;
};

/* Return what *submit is embedded in, with everything else set. */
struct xmit_submit *xmit_relay_alloc(void);
struct xmit_submit *xmit_sendmail_alloc(void);

/* Ends the step. The callback may begin the next one, abort the message or
   deinit submit: the caller must not touch it any more. */
void xmit_submit_finish(struct xmit_submit *submit, enum xmit_status status,
			const char *text);

#endif
