/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Whole groups of four digits are decoded here. All else (groups with white
   space in them, padding, what is wrong) is left to the host's decoder, so that
   its rules are the only ones. */

#include "lib.h"
#include "base64.h"
#include "buffer.h"

#include "istream-compat.h"
#include "istream-base64-groups.h"

/* octets of a group, and what they mean */
#define GROUP_SIZE 4
#define GROUP_DATA_SIZE 3
/* in the host's table: no digit */
#define NO_DIGIT 0x80

struct base64_groups_istream {
	struct istream_private istream;
	struct base64_decoder decoder;
};

/* Takes groups and the white space between them from data. Returns how many
   octets; *dest moves behind what they mean. */
static size_t
groups_decode(const unsigned char *data, size_t size, unsigned char **dest,
	      const unsigned char *dest_end)
{
	const unsigned char *map = base64_scheme.decmap;
	const unsigned char *p = data, *end = data + size;
	unsigned char a, b, c, d, *out = *dest;

	while (end - p >= GROUP_SIZE && dest_end - out >= GROUP_DATA_SIZE) {
		a = map[p[0]], b = map[p[1]], c = map[p[2]], d = map[p[3]];
		if (unlikely(((a | b | c | d) & NO_DIGIT) != 0)) {
			if (*p != '\r' && *p != '\n')
				break;
			p++;
			continue;
		}
		out[0] = (a << 2) | (b >> 4);
		out[1] = ((b << 4) & 0xff) | (c >> 2);
		out[2] = ((c << 6) & 0xff) | d;
		out += GROUP_DATA_SIZE;
		p += GROUP_SIZE;
	}
	*dest = out;
	return p - data;
}

static int groups_error(struct istream_private *stream, const char *text)
{
	io_stream_set_error(&stream->iostream, "%s", text);
	stream->istream.stream_errno = EINVAL;
	return -1;
}

/* By the host: up to the end of the group, or, behind the last, whatever is
   left. Returns 1, or -1 on error. */
static int
host_decode(struct base64_groups_istream *gstream, const unsigned char *data,
	    size_t size, size_t avail)
{
	struct istream_private *stream = &gstream->istream;
	size_t used;
	buffer_t buf;

	if (!gstream->decoder.seen_end)
		size = I_MIN(size, GROUP_SIZE - gstream->decoder.sub_pos);
	buffer_create_from_data(&buf, stream->w_buffer + stream->pos, avail);
	if (base64_decode_more(&gstream->decoder, data, size, &used, &buf) < 0)
		return groups_error(stream, "Invalid base64 data");
	i_assert(used > 0);
	stream->pos += buf.used;
	i_stream_skip(stream->parent, used);
	return 1;
}

/* Returns 1 if something of the parent's was taken, 0 if that has nothing, -1
   on error, -2 if there is no room. */
static int decode_piece(struct base64_groups_istream *gstream)
{
	struct istream_private *stream = &gstream->istream;
	unsigned char *dest;
	const unsigned char *data;
	size_t size, avail, used;

	data = i_stream_get_data(stream->parent, &size);
	if (size == 0)
		return 0;
	if (!i_stream_try_alloc(stream, MAX_BASE64_DECODED_SIZE(size), &avail))
		return -2;
	if (gstream->decoder.sub_pos == 0 && !gstream->decoder.seen_end) {
		dest = stream->w_buffer + stream->pos;
		used = groups_decode(data, size, &dest, dest + avail);
		if (used > 0) {
			stream->pos = dest - stream->w_buffer;
			i_stream_skip(stream->parent, used);
			return 1;
		}
	}
	return host_decode(gstream, data, size, avail);
}

static ssize_t groups_end(struct base64_groups_istream *gstream)
{
	struct istream_private *stream = &gstream->istream;

	stream->istream.stream_errno = stream->parent->stream_errno;
	if (stream->istream.stream_errno != 0)
		return -1;
	if (base64_decode_finish(&gstream->decoder) < 0)
		(void)groups_error(stream, "Base64 data ends prematurely");
	stream->istream.eof = TRUE;
	return -1;
}

static ssize_t i_stream_base64_groups_read(struct istream_private *stream)
{
	struct base64_groups_istream *gstream =
		container_of(stream, struct base64_groups_istream, istream);
	size_t before, size;
	ssize_t ret;

	if (base64_decode_is_finished(&gstream->decoder)) {
		stream->istream.eof = TRUE;
		return -1;
	}
	do {
		if (i_stream_get_data_size(stream->parent) == 0) {
			ret = i_stream_read_memarea(stream->parent);
			i_assert(ret != -2); /* there is nothing in it */
			if (ret <= 0)
				return ret == 0 ? 0 : groups_end(gstream);
		}
		before = stream->pos - stream->skip;
		while ((ret = decode_piece(gstream)) > 0) ;
		size = stream->pos - stream->skip - before;
	} while (ret == 0 && size == 0);
	return size > 0 ? (ssize_t)size : ret;
}

struct istream *i_stream_create_base64_groups(struct istream *input)
{
	struct base64_groups_istream *gstream;

	gstream = i_new(struct base64_groups_istream, 1);
	gstream->istream.max_buffer_size = input->real_stream->max_buffer_size;
	gstream->istream.read = i_stream_base64_groups_read;
	gstream->istream.istream.readable_fd = FALSE;
	gstream->istream.istream.blocking = input->blocking;
	gstream->istream.istream.seekable = FALSE;
	base64_decode_init(&gstream->decoder, &base64_scheme, 0);
	return i_stream_create(&gstream->istream, input, i_stream_get_fd(input),
			       ISTREAM_HIDDEN_INPUTS_NONE, 0);
}
