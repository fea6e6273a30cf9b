/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "base64.h"
#include "istream.h"
#include "str.h"
#include "test-common.h"

#include "istream-base64-groups.h"

/* All that is decoded; piece: octets that come at a time */
static const char *decode(const char *data, size_t piece, size_t buffer_size,
			  int *errno_r)
{
	size_t size = strlen(data), available = 0, part_size;
	struct istream *input, *stream;
	const unsigned char *part;
	string_t *str = t_str_new(256);
	int ret;

	input = test_istream_create_data(data, size);
	test_istream_set_allow_eof(input, FALSE);
	test_istream_set_size(input, 0);
	stream = i_stream_create_base64_groups(input);
	i_stream_unref(&input);
	i_stream_set_max_buffer_size(stream, buffer_size);
	while ((ret = i_stream_read_more(stream, &part, &part_size)) >= 0) {
		test_assert(part_size <= buffer_size);
		str_append_data(str, part, part_size);
		i_stream_skip(stream, part_size);
		if (ret > 0)
			continue;
		available = I_MIN(available + piece, size);
		test_istream_set_size(stream, available);
		test_istream_set_allow_eof(stream, available == size);
	}
	*errno_r = stream->stream_errno;
	i_stream_unref(&stream);
	return str_c(str);
}

static void test_base64_groups_examples(void)
{
	static const struct {
		const char *data, *text;
	} tests[] = {
		{ "", "" },
		{ "QUJDREVG", "ABCDEF" },
		{ "QUJD\r\nREVG\r\n", "ABCDEF" },
		{ "QUJD\nREVG\n \t\r\n", "ABCDEF" },
		{ "QU\r\nJDR\nEV G", "ABCDEF" },
		{ "QUJDQQ==", "ABCA" },
		{ "QUJDQUI=\r\n\r\n", "ABCAB" },
		{ "QUJDQQ=\r\n=\r\n", "ABCA" },
		/* how much there is before the error depends on the pieces */
		{ "QUJDQQ==QUJD", NULL },
		{ "QUJDQQ=x", NULL },
		{ "QUJD=", NULL },
		{ "QUJDQ", NULL },
		{ "QUJDQUI", NULL },
		{ "QUJD!UJD", NULL },
		{ "QUJDQU-JD", NULL },
		{ "\xff\x80", NULL },
	};
	unsigned int i, piece, buffer_size;
	const char *text;
	int error;

	test_begin("istream base64 groups");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		for (piece = 1; piece <= 16; piece++) {
			for (buffer_size = 1; buffer_size < 9; buffer_size++) {
				text = decode(tests[i].data, piece,
					      buffer_size, &error);
				if (error != 0)
					text = NULL;
				test_assert_strcmp_idx(text, tests[i].text, i);
			}
		}
	}
	test_end();
}

static void test_base64_groups_long(void)
{
	string_t *data = t_str_new(60000), *lines = t_str_new(90000);
	unsigned int i, line;
	const char *text;
	int error;

	test_begin("istream base64 groups: long data, lines of all lengths");
	for (i = 0; i < 60000; i++)
		str_append_c(data, i_rand_minmax(1, 255));
	for (line = 60; line < 80; line++) T_BEGIN {
		string_t *digits = t_str_new(90000);

		base64_encode(str_data(data), str_len(data), digits);
		str_truncate(lines, 0);
		for (i = 0; i < str_len(digits); i += line) {
			str_append_data(lines, str_c(digits) + i,
					I_MIN(line, str_len(digits) - i));
			str_append(lines, line % 2 == 0 ? "\r\n" : "\n");
		}
		text = decode(str_c(lines), line * 100, line * 13, &error);
		test_assert_idx(error == 0, line);
		test_assert_idx(strcmp(text, str_c(data)) == 0, line);
	} T_END;
	test_end();
}

static void test_base64_groups_read_error(void)
{
	struct istream *input, *stream;

	test_begin("istream base64 groups: read error");
	input = i_stream_create_error_str(EIO, "Disk is on fire");
	stream = i_stream_create_base64_groups(input);
	test_assert(i_stream_read(stream) == -1);
	test_assert(stream->stream_errno == EIO);
	test_assert_strcmp(i_stream_get_error(stream), "Disk is on fire");
	i_stream_unref(&stream);
	i_stream_unref(&input);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_base64_groups_examples,
		test_base64_groups_long,
		test_base64_groups_read_error,
		NULL
	};
	return test_run(test_functions);
}
