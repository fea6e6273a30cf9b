/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "base64.h"
#include "hex-binary.h"
#include "istream.h"
#include "istream-base64.h"
#include "istream-crlf.h"
#include "istream-private.h"
#include "istream-qp.h"
#include "str.h"
#include "write-full.h"
#include "test-common.h"

#include "istream-base64-groups.h"
#include "istream-step.h"
#include "test-stream-parents.h"

#include <stdlib.h>
#include <unistd.h>

/* Reads that block, one after the other, with all octets there: more is a busy
   loop. */
#define MAX_IDLE_READS 10
/* What is behind the end of a limited stream */
#define BEHIND_LIMIT "behind the limit"
#define STEP_OCTETS 3

enum reader {
	/* takes all that was read */
	READER_ALL,
	/* takes one octet at a time */
	READER_ONE,
	/* reads on while there is room, and then takes all but one octet */
	READER_ON,
	READER_COUNT
};

struct parent {
	const char *name;
	void (*encode)(string_t *dest, const void *octets, size_t size);
	struct istream *(*create)(struct istream *input, size_t size);
	/* for octets with CRLFs only */
	bool crlf;
	/* a read with something left says that it blocks */
	bool wants_all_taken;
};

struct run {
	const struct test_stream *stream;
	const struct parent *parent;
	/* octets that come at first, and then at a time; 0: all, blocking, and
	   SIZE_MAX the same by a file */
	size_t first, piece;
	size_t buffer_size;
	enum reader reader;
};

static void encode_nothing(string_t *dest, const void *octets, size_t size)
{
	str_append_data(dest, octets, size);
}

static struct istream *
create_nothing(struct istream *input, size_t size ATTR_UNUSED)
{
	i_stream_ref(input);
	return input;
}

static void encode_limit(string_t *dest, const void *octets, size_t size)
{
	str_append_data(dest, octets, size);
	str_append(dest, BEHIND_LIMIT);
}

static struct istream *create_limit(struct istream *input, size_t size)
{
	return i_stream_create_limit(input, size);
}

static void encode_lf(string_t *dest, const void *octets, size_t size)
{
	const unsigned char *p = octets;
	size_t i;

	for (i = 0; i < size; i++) {
		if (p[i] != '\r' || i + 1 == size || p[i + 1] != '\n')
			str_append_c(dest, p[i]);
	}
}

static struct istream *
create_crlf(struct istream *input, size_t size ATTR_UNUSED)
{
	return i_stream_create_crlf(input);
}

static void encode_qp(string_t *dest, const void *octets, size_t size)
{
	const unsigned char *p = octets;
	size_t i;

	for (i = 0; i < size; i++) {
		if (i % 5 == 4)
			str_append(dest, "=\n");
		str_printfa(dest, "=%02X", p[i]);
	}
}

static struct istream *
create_qp(struct istream *input, size_t size ATTR_UNUSED)
{
	return i_stream_create_qp_decoder(input);
}

static void encode_base64(string_t *dest, const void *octets, size_t size)
{
	string_t *digits = t_str_new(MAX_BASE64_ENCODED_SIZE(size));
	size_t i;

	base64_encode(octets, size, digits);
	for (i = 0; i < str_len(digits); i++) {
		if (i % 10 == 9)
			str_append(dest, "\r\n");
		str_append_c(dest, str_c(digits)[i]);
	}
}

static struct istream *
create_base64(struct istream *input, size_t size ATTR_UNUSED)
{
	return i_stream_create_base64_decoder(input);
}

static struct istream *
create_groups(struct istream *input, size_t size ATTR_UNUSED)
{
	return i_stream_create_base64_groups(input);
}

static struct istream *
create_step(struct istream *input, size_t size ATTR_UNUSED)
{
	return i_stream_create_step(input, STEP_OCTETS);
}

static const struct parent parents[] = {
	{ "nothing", encode_nothing, create_nothing, FALSE, FALSE },
	{ "limit", encode_limit, create_limit, FALSE, FALSE },
	{ "CRLF", encode_lf, create_crlf, TRUE, FALSE },
	{ "quoted-printable", encode_qp, create_qp, FALSE, TRUE },
	{ "base64", encode_base64, create_base64, FALSE, FALSE },
	{ "base64 groups", encode_base64, create_groups, FALSE, FALSE },
	{ "step", encode_nothing, create_step, FALSE, FALSE },
};

static bool has_crlfs(const unsigned char *octets, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (octets[i] == '\n' && (i == 0 || octets[i - 1] != '\r'))
			return FALSE;
	}
	return TRUE;
}

static struct istream *create_file(const string_t *octets, size_t block)
{
	char path[] = "/tmp/test-stream.XXXXXX";
	int fd = mkstemp(path);

	if (fd == -1 || unlink(path) < 0)
		i_fatal("mkstemp(%s) failed: %m", path);
	if (write_full(fd, str_data(octets), str_len(octets)) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0)
		i_fatal("write(%s) failed: %m", path);
	return i_stream_create_fd_autoclose(&fd, block);
}

static struct istream *create_base(const struct run *run, const string_t *octets)
{
	struct istream *input;

	if (run->piece == SIZE_MAX)
		return create_file(octets, run->buffer_size);
	if (run->piece == 0) {
		return i_stream_create_from_data(str_data(octets),
						 str_len(octets));
	}
	input = test_istream_create_data(str_data(octets), str_len(octets));
	test_istream_set_allow_eof(input, FALSE);
	test_istream_set_size(input, I_MIN(run->first, str_len(octets)));
	return input;
}

/* Returns FALSE when there is nothing more to come. */
static bool more_comes(const struct run *run, struct istream *stream,
		       size_t *available, size_t size)
{
	if (run->piece == 0 || run->piece == SIZE_MAX || *available == size)
		return FALSE;
	*available = I_MIN(*available + run->piece, size);
	test_istream_set_size(stream, *available);
	test_istream_set_allow_eof(stream, *available == size);
	return TRUE;
}

static void
reader_take(const struct run *run, struct istream *stream, bool full,
	    string_t *text)
{
	const unsigned char *data;
	size_t size;

	data = i_stream_get_data(stream, &size);
	switch (run->reader) {
	case READER_ALL:
		break;
	case READER_ONE:
		size = I_MIN(size, 1);
		break;
	default:
		if (!full)
			return;
		if (size > 1)
			size--;
		break;
	}
	str_append_data(text, data, size);
	i_stream_skip(stream, size);
}

static int reader_read(const struct run *run, struct istream *stream)
{
	const unsigned char *data;
	size_t size;

	if (run->reader == READER_ON)
		return i_stream_read(stream);
	return i_stream_read_more(stream, &data, &size);
}

/* Returns NULL, or what is wrong. */
static const char *
read_all(const struct run *run, struct istream *stream, size_t octets,
	 string_t *text)
{
	size_t available = I_MIN(run->first, octets);
	unsigned int idle = 0;
	int ret;

	if (available == octets && run->piece != 0 && run->piece != SIZE_MAX)
		test_istream_set_allow_eof(stream, TRUE);
	while ((ret = reader_read(run, stream)) != -1) {
		if (ret == 0 && !more_comes(run, stream, &available, octets) &&
		    ++idle > MAX_IDLE_READS)
			return "it blocks for ever";
		if (ret != 0)
			idle = 0;
		reader_take(run, stream, ret == -2, text);
	}
	while (i_stream_get_data_size(stream) > 0)
		reader_take(run, stream, TRUE, text);
	if (stream->stream_errno == 0 && !stream->eof)
		return "no end";
	return NULL;
}

static const char *
run_one(const struct run *run, const string_t *encoded, size_t size,
	const buffer_t *wanted)
{
	struct istream *base, *parent, *stream;
	string_t *text = t_str_new(512);
	const char *error;

	base = create_base(run, encoded);
	parent = run->parent->create(base, size);
	i_stream_unref(&base);
	stream = run->stream->create(parent, run->stream->context);
	i_stream_unref(&parent);
	i_stream_set_max_buffer_size(stream, run->buffer_size);
	error = read_all(run, stream, str_len(encoded), text);
	if (error == NULL && (stream->stream_errno != 0) != (wanted == NULL)) {
		error = t_strdup_printf("error is %s",
			stream->stream_errno == 0 ? "none" :
			i_stream_get_error(stream));
	}
	i_stream_unref(&stream);
	if (error == NULL && wanted != NULL && !buffer_cmp(text, wanted))
		error = "text is another one";
	if (error == NULL)
		return NULL;
	return t_strdup_printf("%s: %s", error,
			       binary_to_hex(str_data(text), str_len(text)));
}

static void
run_check(struct run *run, const void *octets, size_t size,
	  const buffer_t *wanted)
{
	string_t *encoded = t_str_new(size * 4 + 32);
	const char *error;

	if (run->parent->crlf && !has_crlfs(octets, size))
		return;
	if (run->reader == READER_ON &&
	    (run->stream->wants_all_taken ||
	     (run->stream->passes_on && run->parent->wants_all_taken)))
		run->reader = READER_ALL;
	run->parent->encode(encoded, octets, size);
	error = run_one(run, encoded, size, wanted);
	if (error != NULL) {
		test_assert_failed(t_strdup_printf("%s over %s, octets %s in %zu+%zu, "
			"buffer %zu, reader %d: %s", run->stream->name,
			run->parent->name, binary_to_hex(octets, size),
			run->first, run->piece, run->buffer_size, run->reader,
			error), __FILE__, __LINE__);
	}
}

void test_stream_all(const struct test_stream *stream,
		     const void *octets, size_t size, const buffer_t *wanted)
{
	static const size_t pieces[] = { 0, SIZE_MAX, 1, 2, 3, 5, 64 };
	static const size_t buffer_sizes[] = { 1, 2, 3, 7, 1024 };
	struct run run = { .stream = stream };
	unsigned int i, j, k;

	for (i = 0; i < N_ELEMENTS(parents); i++) {
		run.parent = &parents[i];
		for (j = 0; j < N_ELEMENTS(pieces); j++) {
			for (k = 0; k < N_ELEMENTS(buffer_sizes); k++) T_BEGIN {
				run.first = 0;
				run.piece = pieces[j];
				run.buffer_size = buffer_sizes[k];
				run.reader = (i + j + k) % READER_COUNT;
				run_check(&run, octets, size, wanted);
			} T_END;
		}
		/* each position where two pieces may meet */
		for (run.first = 1; run.first < size * 4; run.first++) T_BEGIN {
			run.piece = size * 4;
			run.buffer_size = 1024;
			run.reader = run.first % READER_COUNT;
			run_check(&run, octets, size, wanted);
		} T_END;
	}
}

void test_stream_random(const struct test_stream *stream,
			const void *octets, size_t size, const buffer_t *wanted)
{
	struct run run = { .stream = stream };

	run.parent = &parents[i_rand_limit(N_ELEMENTS(parents))];
	run.first = i_rand_limit(size + 1);
	run.piece = i_rand_limit(10) == 0 ? 0 : i_rand_limit(40) + 1;
	run.buffer_size = i_rand_limit(3) == 0 ? 1024 : i_rand_limit(20) + 1;
	run.reader = i_rand_limit(READER_COUNT);
	run_check(&run, octets, size, wanted);
}
