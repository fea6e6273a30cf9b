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

#endif
