#ifndef ISTREAM_STEP_H
#define ISTREAM_STEP_H

/* The octets of input. After so many of them a read returns 0, once, and the
   next one goes on: whoever reads is to give others their turn. For below
   streams that may have to read any number of octets to find the first of their
   own, which then block in the same way. */
struct istream *i_stream_create_step(struct istream *input, size_t octets);

#endif
