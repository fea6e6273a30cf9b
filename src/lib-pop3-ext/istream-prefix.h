#ifndef ISTREAM_PREFIX_H
#define ISTREAM_PREFIX_H

/* prefix (copied), then what input has not been read of yet. For a message
   with a header of ours. Offsets begin with 0 at the prefix.

   Unlike a concatenation this is a filter of input: io_add_istream() on it
   waits for input, and i_stream_set_input_pending() finds its way, in all
   Dovecot versions. Can't seek backwards. */
struct istream *
i_stream_create_prefix(const void *prefix, size_t prefix_size,
		       struct istream *input);

#endif
