/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "istream-compat.h"

#include "istream-capped.h"

struct capped_istream {
	struct istream_private istream;
	size_t max_size, left;
};

static ssize_t capped_read_parent(struct capped_istream *cstream)
{
	struct istream *parent = cstream->istream.parent;
	ssize_t ret;

	if (i_stream_get_data_size(parent) > 0)
		return 1;
	ret = i_stream_read_memarea(parent);
	i_assert(ret != -2); /* its buffer is empty */
	if (ret < 0) {
		cstream->istream.istream.stream_errno = parent->stream_errno;
		cstream->istream.istream.eof = TRUE;
	}
	return ret;
}

static ssize_t i_stream_capped_read(struct istream_private *stream)
{
	struct capped_istream *cstream =
		container_of(stream, struct capped_istream, istream);
	const unsigned char *data;
	size_t size, room;
	ssize_t ret;

	if ((ret = capped_read_parent(cstream)) <= 0)
		return ret;
	if (cstream->left == 0) {
		io_stream_set_error(&stream->iostream,
			"More than %zu octets without a pause",
			cstream->max_size);
		stream->istream.stream_errno = ENOBUFS;
		stream->istream.eof = TRUE;
		return -1;
	}
	data = i_stream_get_data(stream->parent, &size);
	size = I_MIN(size, cstream->left);
	if (!i_stream_try_alloc(stream, size, &room))
		return -2;
	size = I_MIN(size, room);
	memcpy(stream->w_buffer + stream->pos, data, size);
	stream->pos += size;
	cstream->left -= size;
	i_stream_skip(stream->parent, size);
	return size;
}

struct istream *i_stream_create_capped(struct istream *input, size_t max_size)
{
	struct capped_istream *cstream;

	i_assert(max_size > 0);

	cstream = i_new(struct capped_istream, 1);
	cstream->max_size = max_size;
	cstream->left = max_size;
	cstream->istream.max_buffer_size = input->real_stream->max_buffer_size;
	cstream->istream.read = i_stream_capped_read;
	cstream->istream.istream.readable_fd = input->readable_fd;
	cstream->istream.istream.blocking = input->blocking;
	cstream->istream.istream.seekable = FALSE;
	return i_stream_create(&cstream->istream, input, i_stream_get_fd(input),
			       ISTREAM_HIDDEN_INPUTS_NONE, 0);
}

void i_stream_capped_renew(struct istream *stream)
{
	struct capped_istream *cstream =
		container_of(stream->real_stream, struct capped_istream,
			     istream);

	i_assert(cstream->istream.read == i_stream_capped_read);
	cstream->left = cstream->max_size;
}
