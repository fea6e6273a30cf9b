/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "ioloop.h"
#include "istream.h"
#include "istream-concat.h"
#include "fd-util.h"
#include "test-common.h"

#include "istream-prefix.h"

#include <unistd.h>

static ssize_t read_all(struct istream *stream, string_t *text)
{
	const unsigned char *data;
	size_t size;
	int ret;

	while ((ret = i_stream_read_more(stream, &data, &size)) > 0) {
		str_append_data(text, data, 1);
		i_stream_skip(stream, 1);
	}
	return ret;
}

/* Both parts of any size, and the second one coming in two parts, part of
   which may have been read before. */
static void test_istream_prefix_parts(void)
{
	static const char prefix[] = "0123456789", body[] = "abcdefghijk";
	struct istream *input, *stream;
	const unsigned char *data;
	size_t prefix_size, cut, skip, want, size;
	string_t *text = t_str_new(64);
	unsigned int i = 0;

	test_begin("istream prefix: parts");
	for (prefix_size = 0; prefix_size < sizeof(prefix); prefix_size += 5)
	for (cut = 0; cut < sizeof(body); cut++)
	for (skip = 0; skip <= cut; skip += 3)
	for (want = 0; want < 20; want += 4, i++) {
		input = test_istream_create(body);
		test_istream_set_max_buffer_size(input, 11);
		test_istream_set_size(input, cut);
		(void)i_stream_read(input);
		i_stream_skip(input, skip);

		stream = i_stream_create_prefix(prefix, prefix_size, input);
		test_assert_idx(stream->v_offset == 0, i);
		if (want > 0) {
			(void)i_stream_read_bytes(stream, &data, &size,
						  want);
		}
		str_truncate(text, 0);
		if (cut < strlen(body))
			test_assert_idx(read_all(stream, text) == 0, i);
		test_istream_set_size(input, strlen(body));
		test_assert_idx(read_all(stream, text) == -1, i);
		test_assert_idx(stream->eof && stream->stream_errno == 0, i);
		test_assert_strcmp_idx(str_c(text), t_strconcat(
			t_strndup(prefix, prefix_size), body + skip, NULL), i);
		test_assert_idx(stream->v_offset == str_len(text), i);
		i_stream_unref(&stream);
		i_stream_unref(&input);
	}
	test_end();
}

/* The end of input is known already. */
static void test_istream_prefix_eof(void)
{
	struct istream *input, *stream;
	string_t *text = t_str_new(64);

	test_begin("istream prefix: eof");
	input = test_istream_create("ab");
	while (i_stream_read(input) > 0) ;
	i_stream_skip(input, 1);
	test_assert(input->eof);
	stream = i_stream_create_prefix("0", 1, input);
	test_assert(i_stream_have_bytes_left(stream));
	test_assert(read_all(stream, text) == -1);
	test_assert_strcmp(str_c(text), "0b");
	i_stream_unref(&stream);
	i_stream_unref(&input);
	test_end();
}

static void test_istream_prefix_errors(void)
{
	struct istream *inputs[3], *concat, *stream;
	string_t *text = t_str_new(64);

	test_begin("istream prefix: errors");
	inputs[0] = i_stream_create_from_data("abc", 3);
	inputs[1] = i_stream_create_error_str(EIO, "broken");
	inputs[2] = NULL;
	concat = i_stream_create_concat(inputs);
	stream = i_stream_create_prefix("0123", 4, concat);
	test_assert(read_all(stream, text) == -1);
	test_assert_strcmp(str_c(text), "0123abc");
	test_assert(stream->stream_errno == EIO);
	test_assert(strstr(i_stream_get_error(stream), "broken") != NULL);
	i_stream_unref(&stream);
	i_stream_unref(&concat);
	i_stream_unref(&inputs[0]);
	i_stream_unref(&inputs[1]);
	test_end();
}

struct test_pipe {
	int fd[2];
	struct istream *stream;
	struct io *io;
	string_t *text;
	unsigned int calls;
};

static void test_pipe_input(struct test_pipe *p)
{
	switch (read_all(p->stream, p->text)) {
	case -1:
		io_remove(&p->io);
		io_loop_stop(current_ioloop);
		break;
	case 0:
		if (++p->calls == 5)
			i_close_fd(&p->fd[1]);
		else
			test_assert(write(p->fd[1], "x", 1) == 1);
		break;
	}
}

static void test_istream_prefix_ioloop(void)
{
	struct istream *input;
	struct ioloop *ioloop;
	struct test_pipe p;

	test_begin("istream prefix: ioloop");
	i_zero(&p);
	ioloop = io_loop_create();
	if (pipe(p.fd) < 0)
		i_fatal("pipe() failed: %m");
	fd_set_nonblock(p.fd[0], TRUE);
	input = i_stream_create_fd(p.fd[0], 1024);
	p.text = t_str_new(32);
	p.stream = i_stream_create_prefix("prefix ", 7, input);
	p.io = io_add_istream(p.stream, test_pipe_input, &p);
	/* nobody has written anything */
	i_stream_set_input_pending(input, TRUE);
	io_loop_run(ioloop);
	test_assert_strcmp(str_c(p.text), "prefix xxxx");
	i_stream_unref(&p.stream);
	i_stream_destroy(&input);
	i_close_fd(&p.fd[0]);
	io_loop_destroy(&ioloop);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_istream_prefix_parts,
		test_istream_prefix_eof,
		test_istream_prefix_errors,
		test_istream_prefix_ioloop,
		NULL
	};
	return test_run(test_functions);
}
