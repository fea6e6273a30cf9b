/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "istream-compat.h"

#include "istream-prefix.h"

struct prefix_istream {
	struct istream_private istream;

	unsigned char *prefix;
	size_t prefix_pos, prefix_size;
};

static void
i_stream_prefix_destroy(struct iostream_private *stream)
{
	struct prefix_istream *pstream =
		container_of(stream, struct prefix_istream, istream.iostream);

	i_free(pstream->prefix);
	i_stream_free_buffer(&pstream->istream);
	i_stream_unref(&pstream->istream.parent);
}

/* What comes next. Returns as read() does. */
static ssize_t
i_stream_prefix_next(struct prefix_istream *pstream,
		     const unsigned char **data_r, size_t *size_r)
{
	struct istream_private *stream = &pstream->istream;
	ssize_t ret;

	if (pstream->prefix_pos < pstream->prefix_size) {
		*data_r = pstream->prefix + pstream->prefix_pos;
		*size_r = pstream->prefix_size - pstream->prefix_pos;
		return 1;
	}
	ret = i_stream_read_more_memarea(stream->parent, data_r, size_r);
	if (ret < 0) {
		stream->istream.stream_errno = stream->parent->stream_errno;
		stream->istream.eof = stream->parent->eof;
	}
	return ret;
}

static ssize_t i_stream_prefix_read(struct istream_private *stream)
{
	struct prefix_istream *pstream =
		container_of(stream, struct prefix_istream, istream);
	const unsigned char *data;
	size_t size, room;
	ssize_t ret;

	if ((ret = i_stream_prefix_next(pstream, &data, &size)) <= 0)
		return ret;
	if (!i_stream_try_alloc(stream, size, &room))
		return -2;
	size = I_MIN(size, room);
	memcpy(stream->w_buffer + stream->pos, data, size);
	stream->pos += size;

	if (pstream->prefix_pos < pstream->prefix_size)
		pstream->prefix_pos += size;
	else
		i_stream_skip(stream->parent, size);
	return size;
}

struct istream *
i_stream_create_prefix(const void *prefix, size_t prefix_size,
		       struct istream *input)
{
	struct prefix_istream *pstream;

	pstream = i_new(struct prefix_istream, 1);
	if (prefix_size > 0)
		pstream->prefix = i_memdup(prefix, prefix_size);
	pstream->prefix_size = prefix_size;
	pstream->istream.max_buffer_size = input->real_stream->max_buffer_size;
	pstream->istream.iostream.destroy = i_stream_prefix_destroy;
	pstream->istream.read = i_stream_prefix_read;
	pstream->istream.istream.readable_fd = FALSE;
	pstream->istream.istream.blocking = input->blocking;
	pstream->istream.istream.seekable = FALSE;
	i_stream_create(&pstream->istream, input, i_stream_get_fd(input),
			ISTREAM_HIDDEN_INPUTS_NONE, 0);
	/* input may have been read to its end already */
	if (pstream->istream.istream.stream_errno == 0)
		pstream->istream.istream.eof = FALSE;
	return &pstream->istream.istream;
}
