/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "istream-compat.h"

#include "istream-pop3-data.h"
#include "pop3-data-parser.h"
#include "pop3-ext-limits.h"

/* One line and one octet of the next, which readers of headers want to see */
#define POP3_DATA_MAX_BUFFER_SIZE (POP3_EXT_MAX_LINE_SIZE + 1024)
/* The parser always goes on with so much room. */
#define POP3_DATA_MIN_ROOM 2

struct pop3_data_istream {
	struct istream_private istream;
	struct pop3_data_parser *parser;
};

static ssize_t
pop3_data_set_error(struct pop3_data_istream *dstream, int stream_errno,
		    const char *text)
{
	io_stream_set_error(&dstream->istream.iostream, "%s", text);
	dstream->istream.istream.stream_errno = stream_errno;
	return -1;
}

static ssize_t pop3_data_parser_failed(struct pop3_data_istream *dstream)
{
	return pop3_data_set_error(dstream,
		dstream->parser->error == POP3_DATA_ERROR_SIZE ? EFBIG : EINVAL,
		pop3_data_parser_error_text(dstream->parser));
}

/* Make sure that the parent has something. Returns as read() does. */
static ssize_t pop3_data_read_parent(struct pop3_data_istream *dstream)
{
	struct istream *parent = dstream->istream.parent;
	ssize_t ret;

	if (i_stream_get_data_size(parent) > 0)
		return 1;
	ret = i_stream_read_memarea(parent);
	i_assert(ret != -2); /* its buffer is empty */
	if (ret >= 0)
		return ret;
	if (parent->stream_errno != 0) {
		dstream->istream.istream.stream_errno = parent->stream_errno;
		return -1;
	}
	return pop3_data_set_error(dstream, EPIPE,
				   "Disconnected in the middle of a message");
}

static ssize_t i_stream_pop3_data_read(struct istream_private *stream)
{
	struct pop3_data_istream *dstream =
		container_of(stream, struct pop3_data_istream, istream);
	struct pop3_data_parser *parser = dstream->parser;
	const unsigned char *data;
	size_t size, room, used, written = 0;
	ssize_t ret;

	/* what the parser takes may mean nothing yet */
	while (written == 0) {
		if (parser->error != POP3_DATA_ERROR_NONE)
			return pop3_data_parser_failed(dstream);
		if (pop3_data_parser_finished(parser)) {
			stream->istream.eof = TRUE;
			return -1;
		}
		if (parser->discard) {
			return pop3_data_set_error(dstream, EPIPE,
				"The message was given up");
		}

		if ((ret = pop3_data_read_parent(dstream)) <= 0)
			return ret;
		data = i_stream_get_data(stream->parent, &size);

		/* all that there is, without data_limit: readers may get more
		   than they asked for */
		(void)i_stream_try_alloc(stream, I_MAX(size, POP3_DATA_MIN_ROOM),
					 &room);
		room = stream->buffer_size - stream->pos;
		if (room < POP3_DATA_MIN_ROOM)
			return -2;
		used = pop3_data_parser_run(parser, data, size,
					    stream->w_buffer + stream->pos,
					    room, &written);
		i_stream_skip(stream->parent, used);
	}
	stream->pos += written;
	return written;
}

static void
i_stream_pop3_data_set_max_buffer_size(struct iostream_private *stream,
				       size_t max_size)
{
	struct pop3_data_istream *dstream =
		container_of(stream, struct pop3_data_istream,
			     istream.iostream);

	/* The parent is the connection's and keeps its own. */
	dstream->istream.max_buffer_size =
		I_MAX(max_size, POP3_DATA_MAX_BUFFER_SIZE);
}

struct istream *
i_stream_create_pop3_data(struct istream *input,
			  struct pop3_data_parser *parser)
{
	struct pop3_data_istream *dstream;

	dstream = i_new(struct pop3_data_istream, 1);
	dstream->parser = parser;
	dstream->istream.max_buffer_size = POP3_DATA_MAX_BUFFER_SIZE;
	dstream->istream.read = i_stream_pop3_data_read;
	dstream->istream.iostream.set_max_buffer_size =
		i_stream_pop3_data_set_max_buffer_size;
	dstream->istream.istream.readable_fd = FALSE;
	dstream->istream.istream.blocking = input->blocking;
	dstream->istream.istream.seekable = FALSE;
	return i_stream_create(&dstream->istream, input,
			       i_stream_get_fd(input),
			       ISTREAM_HIDDEN_INPUTS_NONE, 0);
}
