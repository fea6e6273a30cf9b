#ifndef XMIT_PAYLOAD_H
#define XMIT_PAYLOAD_H

struct istream;

enum xmit_payload_event {
	/* the relay has asked for more and got it */
	XMIT_PAYLOAD_GIVEN = 0,
	/* the relay's side has seen the end of the message */
	XMIT_PAYLOAD_END,
	/* the body broke. The relay's side is not told: the reader just gets
	   no more, and the owner of the payload has to end the message. */
	XMIT_PAYLOAD_BROKEN,
};

/* Called from inside a read: it may note things and (re)start timeouts. */
typedef void xmit_payload_callback_t(enum xmit_payload_event event,
				     void *context);

/* What lib-smtp reads a message from: header, then body as it comes, in pieces
   of a size that suits lib-smtp. header must stay valid as long as the stream
   is read from. */
struct istream *
xmit_payload_create(const string_t *header, struct istream *body,
		    xmit_payload_callback_t *callback, void *context);
#define xmit_payload_create(header, body, callback, context) \
	xmit_payload_create(header, body - \
		CALLBACK_TYPECHECK(callback, void (*)( \
			enum xmit_payload_event, typeof(context))), \
		(xmit_payload_callback_t *)callback, context)

/* The stream may be referenced longer than its owner lives: afterwards it gives
   nothing more and calls nobody. */
void xmit_payload_detach(struct istream *payload);

#endif
