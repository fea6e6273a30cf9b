/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "buffer.h"
#include "istream.h"
#include "istream-base64.h"
#include "fuzzer.h"
#include "test-common.h"

#include "istream-base64-groups.h"

#define MAX_PIECE_SIZE 64

/* What the stream gives of data that comes in pieces. Returns FALSE if it ends
   with an error. */
static bool
read_all(struct istream *stream, size_t size, size_t piece, buffer_t *out)
{
	size_t available = 0, part_size;
	const unsigned char *part;
	bool ok;
	int ret;

	while ((ret = i_stream_read_more(stream, &part, &part_size)) >= 0) {
		buffer_append(out, part, part_size);
		i_stream_skip(stream, part_size);
		if (ret > 0)
			continue;
		available = I_MIN(available + piece, size);
		test_istream_set_size(stream, available);
		test_istream_set_allow_eof(stream, available == size);
	}
	ok = stream->stream_errno == 0;
	i_stream_unref(&stream);
	return ok;
}

static struct istream *pieces_create(const void *data, size_t size)
{
	struct istream *input = test_istream_create_data(data, size);

	test_istream_set_allow_eof(input, FALSE);
	test_istream_set_size(input, 0);
	return input;
}

static bool decode(const void *data, size_t size, size_t piece,
		   struct istream *(*create)(struct istream *), buffer_t *out)
{
	struct istream *input = pieces_create(data, size);
	struct istream *stream = create(input);

	i_stream_unref(&input);
	return read_all(stream, size, piece, out);
}

/* The first octet says how large the pieces are. What the host decodes is
   decoded the same, and what it refuses is refused; how much comes before that
   depends on the pieces with the host, too. */
FUZZ_BEGIN_DATA(const uint8_t *data, size_t size)
	buffer_t *theirs = t_buffer_create(size), *ours = t_buffer_create(size);
	size_t piece;
	bool ok;

	if (size > 0) {
		piece = *data++ % MAX_PIECE_SIZE + 1;
		size--;
		ok = decode(data, size, size + 1,
			    i_stream_create_base64_decoder, theirs);
		if (decode(data, size, piece, i_stream_create_base64_groups,
			   ours) != ok || (ok && !buffer_cmp(theirs, ours)))
			i_panic("decoded differently");
	}
FUZZ_END
