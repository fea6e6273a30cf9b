/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The input stream between the client's message and lib-smtp.

   lib-smtp copies every byte twice more (for line ends and for dots) in pieces
   of what one read returns, and logs an Error when a read fails. So this
   stream collects what is there into pieces of PAYLOAD_PIECE_SIZE, and a body
   that breaks looks to lib-smtp like one that blocks.

   lib-smtp also goes on for as long as there is something to read and room to
   write, and its stream for the dots takes data stack for each piece, which is
   given back only when the ioloop runs. With a client and a relay that are
   faster than we are that would be a share of the whole message, so this
   stream seems to block now and then. */

#include "lib.h"
#include "buffer.h"
#include "istream-compat.h"

#include "pop3-ext-limits.h"
#include "xmit-payload.h"

/* What lib-smtp sends in one go: it limits its output to IO_BLOCK_SIZE, and
   its dot stream keeps room for two octets more. */
#define PAYLOAD_PIECE_SIZE (IO_BLOCK_SIZE - 2)

struct payload_istream {
	struct istream_private istream;

	const string_t *header;
	size_t header_pos;
	/* since the stream last blocked */
	size_t given;

	xmit_payload_callback_t *callback;
	void *context;

	bool detached:1;
};

static void
payload_event(struct payload_istream *pstream, enum xmit_payload_event event)
{
	if (!pstream->detached)
		pstream->callback(event, pstream->context);
}

static size_t payload_add(struct istream_private *stream,
			  const unsigned char *data, size_t size)
{
	size_t avail;

	/* not left to the stream: it takes the largest buffer of its parents
	   as the limit */
	size = I_MIN(size, PAYLOAD_PIECE_SIZE - (stream->pos - stream->skip));
	if (size == 0 || !i_stream_try_alloc(stream, size, &avail))
		return 0;
	size = I_MIN(size, avail);
	memcpy(stream->w_buffer + stream->pos, data, size);
	stream->pos += size;
	return size;
}

static void payload_add_header(struct payload_istream *pstream)
{
	const unsigned char *data;
	size_t size;

	data = buffer_get_data(pstream->header, &size);
	pstream->header_pos += payload_add(&pstream->istream,
					   data + pstream->header_pos,
					   size - pstream->header_pos);
}

/* Returns as i_stream_read() does for what it read last, 1 when the buffer is
   full. */
static ssize_t payload_add_body(struct payload_istream *pstream)
{
	struct istream_private *stream = &pstream->istream;
	const unsigned char *data;
	size_t size, added;
	ssize_t ret;

	do {
		ret = i_stream_read_more_memarea(stream->parent, &data, &size);
		if (ret <= 0)
			return ret;
		added = payload_add(stream, data, size);
		i_stream_skip(stream->parent, added);
	} while (added == size);
	return 1;
}

static ssize_t payload_read(struct istream_private *stream)
{
	struct payload_istream *pstream =
		container_of(stream, struct payload_istream, istream);
	size_t old_size, added;
	ssize_t ret;

	if (pstream->detached)
		return 0;
	if (stream->pos - stream->skip >= PAYLOAD_PIECE_SIZE)
		return -2;
	if (pstream->given >= POP3_EXT_MAX_DRAIN_STEP) {
		pstream->given = 0;
		i_stream_set_input_pending(&stream->istream, TRUE);
		return 0;
	}

	old_size = stream->pos - stream->skip;
	if (pstream->header_pos < pstream->header->used)
		payload_add_header(pstream);
	ret = 1;
	if (pstream->header_pos == pstream->header->used)
		ret = payload_add_body(pstream);

	added = stream->pos - stream->skip - old_size;
	if (added > 0) {
		pstream->given += added;
		payload_event(pstream, XMIT_PAYLOAD_GIVEN);
		return added;
	}
	if (ret > 0)
		return -2;
	if (ret == 0) {
		pstream->given = 0;
		return 0;
	}
	i_assert(ret == -1);
	if (stream->parent->stream_errno != 0) {
		payload_event(pstream, XMIT_PAYLOAD_BROKEN);
		return 0;
	}
	stream->istream.eof = TRUE;
	payload_event(pstream, XMIT_PAYLOAD_END);
	return -1;
}

/* lib-smtp asks for the size, which nobody knows. Asking the body would bring
   its error here, if the client has gone already. */
static int
payload_stat(struct istream_private *stream, bool exact ATTR_UNUSED)
{
	stream->statbuf.st_size = -1;
	return 0;
}

void xmit_payload_detach(struct istream *payload)
{
	struct payload_istream *pstream =
		container_of(payload->real_stream, struct payload_istream,
			     istream);

	pstream->detached = TRUE;
}

#undef xmit_payload_create
struct istream *
xmit_payload_create(const string_t *header, struct istream *body,
		    xmit_payload_callback_t *callback, void *context)
{
	struct payload_istream *pstream;
	struct istream *input;

	pstream = i_new(struct payload_istream, 1);
	pstream->header = header;
	pstream->callback = callback;
	pstream->context = context;
	pstream->istream.read = payload_read;
	pstream->istream.stat = payload_stat;
	pstream->istream.max_buffer_size = PAYLOAD_PIECE_SIZE;
	pstream->istream.istream.readable_fd = FALSE;
	pstream->istream.istream.blocking = FALSE;
	pstream->istream.istream.seekable = FALSE;
	input = i_stream_create(&pstream->istream, body, i_stream_get_fd(body),
				ISTREAM_HIDDEN_INPUTS_NONE, 0);
	/* inherited from a body that is broken already; read() tells it */
	input->stream_errno = 0;
	i_stream_set_name(input, "(message)");
	return input;
}
