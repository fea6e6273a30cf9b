/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "istream-compat.h"

#include "pop3-ext-limits.h"
#include "pop4-store-istream.h"

struct store_istream {
	struct istream_private istream;
	struct pop4_store_input *state;
	/* since the stream last blocked */
	size_t given;
};

static void store_check(struct store_istream *sstream, ssize_t size)
{
	struct istream_private *stream = &sstream->istream;

	sstream->given += size;
	if (!pop4_header_more(&sstream->state->header,
			      stream->buffer + stream->pos - size, size))
		sstream->state->bad_header = TRUE;
}

static ssize_t store_read(struct istream_private *stream)
{
	struct store_istream *sstream =
		container_of(stream, struct store_istream, istream);
	struct pop4_store_input *state = sstream->state;
	ssize_t ret;

	if (state->bad_header || state->broken)
		return 0;
	if (sstream->given >= POP3_EXT_MAX_DRAIN_STEP) {
		sstream->given = 0;
		i_stream_set_input_pending(&stream->istream, TRUE);
		return 0;
	}

	/* what our reader has taken is taken from the parent, too */
	i_stream_seek(stream->parent, stream->parent_start_offset +
		      stream->istream.v_offset);
	ret = i_stream_read_copy_from_parent(&stream->istream);
	if (ret > 0) {
		store_check(sstream, ret);
		return ret;
	}
	if (ret == -1 && stream->istream.stream_errno != 0) {
		state->broken = TRUE;
		stream->istream.stream_errno = 0;
		stream->istream.eof = FALSE;
		return 0;
	}
	if (ret == -1 && !pop4_header_finish(&state->header)) {
		state->bad_header = TRUE;
		stream->istream.eof = FALSE;
		return 0;
	}
	sstream->given = 0;
	return ret;
}

static int store_stat(struct istream_private *stream, bool exact ATTR_UNUSED)
{
	/* the connection's would say nothing about the message */
	stream->statbuf.st_size = -1;
	return 0;
}

struct istream *
i_stream_create_pop4_store(struct istream *input,
			   struct pop4_store_input *state)
{
	struct store_istream *sstream;

	sstream = i_new(struct store_istream, 1);
	sstream->state = state;
	sstream->istream.max_buffer_size = i_stream_get_max_buffer_size(input);
	sstream->istream.read = store_read;
	sstream->istream.stat = store_stat;
	sstream->istream.istream.readable_fd = FALSE;
	sstream->istream.istream.blocking = input->blocking;
	sstream->istream.istream.seekable = FALSE;
	return i_stream_create(&sstream->istream, input,
			       i_stream_get_fd(input),
			       ISTREAM_HIDDEN_INPUTS_NONE, 0);
}
