#ifndef ISTREAM_COMPAT_H
#define ISTREAM_COMPAT_H

/* Instead of istream-private.h. */

#include "istream-private.h"
#include "dovecot-compat.h"

/* Before 2.4.5 a stream doesn't say whether it reads others than its parent. */
#ifndef HOST_ISTREAM_HIDDEN_INPUTS
#  define ISTREAM_HIDDEN_INPUTS_NONE 0
#  define ISTREAM_HIDDEN_INPUTS_UNCHECKED 0
#  define i_stream_create(stream, parent, fd, hidden_inputs, flags) \
	(i_stream_create)(stream, parent, fd, (flags) + (hidden_inputs))
#endif

/* Before 2.3.18 the size of a chain's buffer is that of its first stream. */
#ifndef HOST_CHAIN_BUFFER_SIZE
#  include "istream-chain.h"
static inline struct istream *
host_istream_create_chain(struct istream_chain **chain_r, size_t max_buffer_size)
{
	struct istream *input = i_stream_create_chain(chain_r);

	i_stream_set_max_buffer_size(input, max_buffer_size);
	return input;
}
#  define i_stream_create_chain(chain_r, max_buffer_size) \
	host_istream_create_chain(chain_r, max_buffer_size)
#endif

/* Before 2.3.18: this reads what the stream gives, and returns less of it. */
#ifndef HOST_READ_LIMITED
static inline int
i_stream_read_limited(struct istream *stream, const unsigned char **data_r,
		      size_t *size_r, size_t limit)
{
	int ret = i_stream_read_more(stream, data_r, size_r);

	*size_r = I_MIN(*size_r, limit);
	return ret;
}
#endif

#endif
