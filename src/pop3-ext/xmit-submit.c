/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* What the relay and the sendmail program have in common: one step at a time,
   each answered by its own callback. */

#include "lib.h"

#include "xmit-submit-private.h"

struct xmit_submit *
xmit_submit_init(struct event *event_parent,
		 const struct xmit_submit_settings *set)
{
	struct xmit_submit *submit;

	submit = set->relay_host != NULL ? xmit_relay_alloc() :
		xmit_sendmail_alloc();
	submit->set = *set;
	submit->event = event_create(event_parent);
	event_set_append_log_prefix(submit->event, "xmit: ");
	return submit;
}

void xmit_submit_deinit(struct xmit_submit **_submit)
{
	struct xmit_submit *submit = *_submit;
	struct event *event;

	if (submit == NULL)
		return;
	*_submit = NULL;

	(void)xmit_submit_abort(submit);
	event = submit->event;
	submit->v->deinit(submit);
	event_unref(&event);
}

static void xmit_submit_begin(struct xmit_submit *submit,
			      xmit_submit_callback_t *callback, void *context)
{
	i_assert(submit->callback == NULL);

	submit->callback = callback;
	submit->context = context;
}

#undef xmit_submit_start
void xmit_submit_start(struct xmit_submit *submit,
		       const struct smtp_address *sender,
		       xmit_submit_callback_t *callback, void *context)
{
	xmit_submit_begin(submit, callback, context);
	submit->v->start(submit, sender);
}

#undef xmit_submit_recipients
void xmit_submit_recipients(struct xmit_submit *submit,
			    const struct smtp_address *const *rcpts,
			    unsigned int count, bool utf8,
			    xmit_submit_callback_t *callback, void *context)
{
	i_assert(count > 0);

	xmit_submit_begin(submit, callback, context);
	submit->v->recipients(submit, rcpts, count, utf8);
}

#undef xmit_submit_data
void xmit_submit_data(struct xmit_submit *submit, const string_t *header,
		      struct istream *body,
		      xmit_submit_callback_t *callback, void *context)
{
	xmit_submit_begin(submit, callback, context);
	submit->v->data(submit, header, body);
}

bool xmit_submit_abort(struct xmit_submit *submit)
{
	submit->callback = NULL;
	return submit->v->abort(submit);
}

bool xmit_submit_have_8bitmime(struct xmit_submit *submit)
{
	return submit->v->have_8bitmime(submit);
}

bool xmit_submit_have_utf8(struct xmit_submit *submit)
{
	return submit->v->have_utf8(submit);
}

uoff_t xmit_submit_get_max_size(struct xmit_submit *submit)
{
	return submit->v->get_max_size(submit);
}

void xmit_submit_finish(struct xmit_submit *submit, enum xmit_status status,
			const char *text)
{
	struct xmit_result result = {
		.status = status,
		.text = text,
	};
	xmit_submit_callback_t *callback = submit->callback;

	i_assert(callback != NULL);

	e_debug(submit->event, "%s: %s",
		status == XMIT_STATUS_OK ? "accepted" : "failed", text);
	submit->callback = NULL;
	callback(&result, submit->context);
}
