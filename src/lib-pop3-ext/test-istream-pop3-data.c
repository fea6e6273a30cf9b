/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "ioloop.h"
#include "net.h"
#include "istream.h"
#include "istream-concat.h"
#include "ostream.h"
#include "ostream-dot.h"
#include "test-common.h"

#include "istream-compat.h"
#include "pop3-data-parser.h"
#include "pop3-ext-limits.h"
#include "istream-pop3-data.h"

#include <sys/socket.h>
#include <unistd.h>

static const char message_in[] =
	"Subject: x\r\n\r\n..dot\r\nbare\nlf\r\nbare\rcr\r\n.\n.\r\n"
	"\r\r\n.\r\n";
static const char message_out[] =
	"Subject: x\r\n\r\n.dot\r\nbare\r\nlf\r\nbare cr\r\n\r\n.\r\n\r\n";
static const char commands[] = "STAT\r\n.\r\nQUIT\r\n";

/* Read until there is nothing more. Returns the last i_stream_read(). */
static ssize_t read_all(struct istream *stream, string_t *text)
{
	const unsigned char *data;
	size_t size;
	int ret;

	while ((ret = i_stream_read_more(stream, &data, &size)) > 0) {
		str_append_data(text, data, size);
		i_stream_skip(stream, size);
	}
	return ret;
}

static void test_rest(struct istream *input, const char *rest, long long i)
{
	string_t *text = t_str_new(32);

	test_assert_idx(read_all(input, text) == -1, i);
	test_assert_strcmp_idx(str_c(text), rest, i);
}

/* The client's octets come in two parts, into buffers of all sizes. */
static void test_istream_pop3_data_parts(void)
{
	const char *in = t_strconcat(message_in, commands, NULL);
	struct pop3_data_parser parser;
	struct istream *input, *stream;
	string_t *text = t_str_new(256);
	size_t cut, max_size;

	test_begin("istream pop3 data: parts");
	for (max_size = 1; max_size < 40; max_size += 3) {
		for (cut = 0; cut < strlen(message_in); cut++) {
			input = test_istream_create(in);
			test_istream_set_max_buffer_size(input, max_size);
			test_istream_set_size(input, cut);
			pop3_data_parser_init(&parser, 0);
			stream = i_stream_create_pop3_data(input, &parser);

			str_truncate(text, 0);
			test_assert_idx(read_all(stream, text) == 0, cut);
			test_assert_idx(input->v_offset == cut, cut);
			test_assert_idx(parser.input_size == cut, cut);
			test_istream_set_size(input, strlen(in));
			test_assert_idx(read_all(stream, text) == -1, cut);
			test_assert_idx(stream->stream_errno == 0, cut);
			test_assert_idx(stream->eof, cut);
			test_assert_strcmp_idx(str_c(text), message_out, cut);
			test_assert_idx(stream->v_offset == parser.size, cut);
			test_assert_idx(i_stream_read(stream) == -1, cut);
			i_stream_destroy(&stream);

			test_rest(input, commands, cut);
			i_stream_unref(&input);
		}
	}
	test_end();
}

/* The reader gives up after any number of octets, with the parent in any
   state; the commands are found all the same. */
static void test_istream_pop3_data_give_up(void)
{
	const char *in = t_strconcat(message_in, commands, NULL);
	struct pop3_data_parser parser;
	struct istream *input, *stream;
	const unsigned char *data;
	size_t cut, step, size;

	test_begin("istream pop3 data: give up");
	for (step = 1; step <= sizeof(message_in); step++) {
		for (cut = 0; cut < strlen(message_in); cut += 5) {
			input = test_istream_create(in);
			test_istream_set_max_buffer_size(input, 7);
			test_istream_set_size(input, step);
			pop3_data_parser_init(&parser, 0);
			stream = i_stream_create_pop3_data(input, &parser);
			(void)i_stream_read_bytes(stream, &data, &size, cut+1);
			i_stream_destroy(&stream);

			test_istream_set_size(input, strlen(in));
			test_assert_idx(pop3_data_drain(&parser, input) == 1,
					cut);
			test_rest(input, commands, cut);
			i_stream_unref(&input);
		}
	}
	test_end();
}

static void test_istream_pop3_data_errors(void)
{
	static const struct {
		const char *in;
		size_t in_size;
		int stream_errno;
	} tests[] = {
		{ "", 0, EPIPE },
		{ "a", 1, EPIPE },
		{ "a\r\n", 3, EPIPE },
		{ "a\r\n.\r", 5, EPIPE },
		{ "a\0b\r\n.\r\nSTAT\r\n.\r\nQUIT\r\n", 24, EINVAL },
		{ "abcdef\r\n.\r\nSTAT\r\n.\r\nQUIT\r\n", 26, EFBIG },
	};
	struct pop3_data_parser parser;
	struct istream *input, *stream;
	unsigned int i;

	test_begin("istream pop3 data: errors");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		string_t *text = t_str_new(32);

		input = test_istream_create_data(tests[i].in, tests[i].in_size);
		pop3_data_parser_init(&parser, 5);
		stream = i_stream_create_pop3_data(input, &parser);
		test_assert_idx(read_all(stream, text) == -1, i);
		test_assert_idx(stream->stream_errno == tests[i].stream_errno,
				i);
		test_assert_idx(parser.error == POP3_DATA_ERROR_NONE ||
				strcmp(i_stream_get_error(stream),
				       pop3_data_parser_error_text(&parser)) == 0,
				i);
		test_assert_idx(i_stream_read(stream) == -1, i);
		i_stream_destroy(&stream);

		test_assert_idx(pop3_data_drain(&parser, input) ==
				(tests[i].stream_errno == EPIPE ? -1 : 1), i);
		if (tests[i].stream_errno != EPIPE)
			test_rest(input, commands, i);
		i_stream_unref(&input);
	}

	test_end();
}

/* Errors of the parent are handed on. */
static void test_istream_pop3_data_parent_error(void)
{
	struct pop3_data_parser parser;
	struct istream *inputs[3], *input, *stream;
	string_t *text = t_str_new(32);

	test_begin("istream pop3 data: error of the parent");
	inputs[0] = i_stream_create_from_data("abc\r\n", 5);
	inputs[1] = i_stream_create_error_str(EIO, "broken");
	inputs[2] = NULL;
	input = i_stream_create_concat(inputs);
	pop3_data_parser_init(&parser, 0);
	stream = i_stream_create_pop3_data(input, &parser);
	test_assert(read_all(stream, text) == -1);
	test_assert_strcmp(str_c(text), "abc\r\n");
	test_assert(stream->stream_errno == EIO);
	test_assert(strstr(i_stream_get_error(stream), "broken") != NULL);
	i_stream_destroy(&stream);
	i_stream_unref(&input);
	i_stream_unref(&inputs[0]);
	i_stream_unref(&inputs[1]);
	test_end();
}

/* Whoever still has the stream after a drain gets an error from it. */
static void test_istream_pop3_data_given_up(void)
{
	struct pop3_data_parser parser;
	struct istream *input, *stream;

	test_begin("istream pop3 data: read after giving up");
	input = test_istream_create("a\r\nb\r\n.\r\n");
	pop3_data_parser_init(&parser, 0);
	stream = i_stream_create_pop3_data(input, &parser);
	test_istream_set_size(input, 4);
	test_assert(i_stream_read(stream) > 0);
	test_assert(pop3_data_drain(&parser, input) == 0);
	test_assert(i_stream_read(stream) == -1);
	test_assert(stream->stream_errno == EPIPE);
	i_stream_destroy(&stream);
	i_stream_unref(&input);
	test_end();
}

/* What isn't read stays within bounds, what is limited gets through. */
static void test_istream_pop3_data_buffer(void)
{
	string_t *text = t_str_new(POP3_EXT_MAX_LINE_SIZE * 4);
	struct pop3_data_parser parser;
	struct istream *input, *stream;
	const unsigned char *data;
	size_t size, i;

	test_begin("istream pop3 data: buffer");
	for (i = 0; i < POP3_EXT_MAX_LINE_SIZE; i++)
		str_append_c(text, 'x');
	for (i = 0; i < POP3_EXT_MAX_LINE_SIZE; i++)
		str_append(text, "\n\n");
	str_append(text, "\r\n.\r\n");

	input = test_istream_create_data(str_data(text), str_len(text));
	test_istream_set_max_buffer_size(input, 2048);
	pop3_data_parser_init(&parser, 0);
	stream = i_stream_create_pop3_data(input, &parser);

	/* a whole line and the beginning of the next fit */
	test_assert(i_stream_read_bytes(stream, &data, &size,
					POP3_EXT_MAX_LINE_SIZE + 3) == 1);
	test_assert(data[POP3_EXT_MAX_LINE_SIZE + 1] == '\n');
	while (i_stream_read(stream) > 0) ;
	test_assert(i_stream_read(stream) == -2);
	test_assert(i_stream_get_data_size(stream) <
		    POP3_EXT_MAX_LINE_SIZE + 4096);

	/* the host's SMTP client asks for more on behalf of its chunks; the
	   connection's own buffer isn't its concern */
	i_stream_set_max_buffer_size(stream, POP3_EXT_MAX_LINE_SIZE * 2);
	test_assert(i_stream_get_max_buffer_size(stream) ==
		    POP3_EXT_MAX_LINE_SIZE * 2);
	test_assert(i_stream_get_max_buffer_size(input) == 2048);
	test_assert(i_stream_read(stream) > 0);

	i_stream_skip(stream, i_stream_get_data_size(stream));
	test_assert(i_stream_read_limited(stream, &data, &size, 1) == 1);
	test_assert(size == 1);
	i_stream_skip(stream, 1);
	test_assert(read_all(stream, t_str_new(1024)) == -1 &&
		    stream->stream_errno == 0);
	test_assert(stream->v_offset == parser.size);
	i_stream_destroy(&stream);
	i_stream_unref(&input);
	test_end();
}

struct test_connection {
	int fd[2];
	struct istream *input, *stream;
	struct ostream *output;
	struct io *io;
	string_t *smtp;
	size_t sent;
	unsigned int calls;
};

/* As the host's SMTP client does it */
static void test_connection_input(struct test_connection *conn)
{
	const char *in = t_strconcat(message_in, commands, NULL);
	enum ostream_send_istream_result res;

	conn->calls++;
	res = o_stream_send_istream(conn->output, conn->stream);
	if (res != OSTREAM_SEND_ISTREAM_RESULT_WAIT_INPUT) {
		test_assert(res == OSTREAM_SEND_ISTREAM_RESULT_FINISHED);
		io_remove(&conn->io);
		io_loop_stop(current_ioloop);
		return;
	}
	test_assert(conn->sent < strlen(message_in));
	conn->sent++;
	/* the commands come together with the end */
	if (conn->sent == strlen(message_in)) {
		test_assert(write(conn->fd[1], in + conn->sent - 1,
				  strlen(in + conn->sent - 1)) ==
			    (ssize_t)strlen(in + conn->sent - 1));
	} else {
		test_assert(write(conn->fd[1], in + conn->sent - 1, 1) == 1);
	}
}

static void test_istream_pop3_data_ioloop(void)
{
	struct test_connection conn;
	struct pop3_data_parser parser;
	struct ioloop *ioloop;
	struct ostream *smtp_output;

	test_begin("istream pop3 data: ioloop");
	i_zero(&conn);
	ioloop = io_loop_create();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, conn.fd) < 0)
		i_fatal("socketpair() failed: %m");
	net_set_nonblock(conn.fd[0], TRUE);
	conn.input = i_stream_create_fd(conn.fd[0], 2048);
	conn.smtp = t_str_new(256);
	smtp_output = test_ostream_create(conn.smtp);
	conn.output = o_stream_create_dot(smtp_output, FALSE);

	pop3_data_parser_init(&parser, 0);
	conn.stream = i_stream_create_pop3_data(conn.input, &parser);
	conn.io = io_add_istream(conn.stream, test_connection_input, &conn);
	test_connection_input(&conn);
	io_loop_run(ioloop);

	test_assert(conn.calls == strlen(message_in) + 1);
	test_assert(o_stream_finish(conn.output) == 1);
	test_assert_strcmp(str_c(conn.smtp),
		"Subject: x\r\n\r\n..dot\r\nbare\r\nlf\r\nbare cr\r\n\r\n..\r\n"
		"\r\n.\r\n");
	o_stream_unref(&conn.output);
	o_stream_destroy(&smtp_output);
	i_stream_destroy(&conn.stream);

	i_close_fd(&conn.fd[1]);
	test_rest(conn.input, commands, 0);
	i_stream_destroy(&conn.input);
	i_close_fd(&conn.fd[0]);
	io_loop_destroy(&ioloop);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_istream_pop3_data_parts,
		test_istream_pop3_data_give_up,
		test_istream_pop3_data_errors,
		test_istream_pop3_data_parent_error,
		test_istream_pop3_data_given_up,
		test_istream_pop3_data_buffer,
		test_istream_pop3_data_ioloop,
		NULL
	};
	return test_run(test_functions);
}
