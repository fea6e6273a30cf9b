#ifndef POP4_STORE_ISTREAM_H
#define POP4_STORE_ISTREAM_H

#include "pop4-header.h"

/* What has become of the message while a mailbox read it */
struct pop4_store_input {
	struct pop4_header header;
	/* it isn't mail, or reading it failed: the mailbox gets no more */
	bool bad_header, broken;
};

/* The stream between a client's message and the mailbox that saves it. The
   mailbox reads as long as there is something, and logs an Error when a read
   fails. So this one seems to block when the message breaks, when its header
   turns out to be none, and now and then for the sake of other connections.
   state, which must live longer, says what it was. */
struct istream *
i_stream_create_pop4_store(struct istream *input,
			   struct pop4_store_input *state);

#endif
