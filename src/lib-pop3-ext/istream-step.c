/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "istream-compat.h"

#include "istream-step.h"

struct step_istream {
	struct istream_private istream;

	size_t octets;
	/* since the last 0 */
	size_t given;
};

static ssize_t i_stream_step_read(struct istream_private *stream)
{
	struct step_istream *sstream =
		container_of(stream, struct step_istream, istream);
	ssize_t ret;

	if (sstream->given >= sstream->octets) {
		sstream->given = 0;
		return 0;
	}
	/* what our reader has taken is taken from the parent, too */
	i_stream_seek(stream->parent, stream->parent_start_offset +
		      stream->istream.v_offset);
	ret = i_stream_read_copy_from_parent(&stream->istream);
	if (ret > 0)
		sstream->given += ret;
	return ret;
}

struct istream *i_stream_create_step(struct istream *input, size_t octets)
{
	struct step_istream *sstream;

	i_assert(octets > 0);

	sstream = i_new(struct step_istream, 1);
	sstream->octets = octets;
	sstream->istream.max_buffer_size = input->real_stream->max_buffer_size;
	sstream->istream.read = i_stream_step_read;
	sstream->istream.istream.readable_fd = FALSE;
	sstream->istream.istream.blocking = FALSE;
	sstream->istream.istream.seekable = FALSE;
	return i_stream_create(&sstream->istream, input,
			       i_stream_get_fd(input),
			       ISTREAM_HIDDEN_INPUTS_NONE, 0);
}
