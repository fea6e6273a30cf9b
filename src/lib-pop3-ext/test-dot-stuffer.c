/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "ostream.h"
#include "test-common.h"

#include "dot-stuffer.h"

/* Sends in pieces of the given size. */
static const char *stuff(const char *data, size_t size, size_t piece)
{
	string_t *str = t_str_new(256);
	struct ostream *output = o_stream_create_buffer(str);
	struct dot_stuffer stuffer;
	size_t pos;

	o_stream_set_no_error_handling(output, TRUE);
	dot_stuffer_init(&stuffer);
	for (pos = 0; pos < size; pos += piece) {
		dot_stuffer_send(&stuffer, output, data + pos,
				 I_MIN(piece, size - pos));
	}
	test_assert(stuffer.size == size);
	dot_stuffer_finish(&stuffer, output);
	o_stream_unref(&output);
	return str_c(str);
}

static void test_dot_stuffer_examples(void)
{
	static const struct {
		const char *data, *sent;
	} tests[] = {
		{ "", ".\r\n" },
		{ "a", "a\r\n.\r\n" },
		{ "a\r\n", "a\r\n.\r\n" },
		{ "a\r", "a\r\r\n.\r\n" },
		{ "a\n", "a\n\r\n.\r\n" },
		{ ".", "..\r\n.\r\n" },
		{ ".\r\n", "..\r\n.\r\n" },
		{ "..", "...\r\n.\r\n" },
		{ "a.b\r\n.c\r\n..\r\n", "a.b\r\n..c\r\n...\r\n.\r\n" },
		/* only CRLF ends a line */
		{ "a\n.\nb\r.\r.", "a\n.\nb\r.\r.\r\n.\r\n" },
		{ "\n.", "\n.\r\n.\r\n" },
		{ "\r\n.", "\r\n..\r\n.\r\n" },
		{ "\r\r\n.", "\r\r\n..\r\n.\r\n" },
		{ "\r\n\r\n", "\r\n\r\n.\r\n" },
		{ "\r.\n.", "\r.\n.\r\n.\r\n" },
	};
	size_t size, piece;
	unsigned int i;

	test_begin("dot stuffer: examples");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		size = strlen(tests[i].data);
		for (piece = 1; piece <= I_MAX(size, 1); piece++) {
			test_assert_strcmp_idx(
				stuff(tests[i].data, size, piece),
				tests[i].sent, i);
		}
	}
	test_end();
}

/* What B.5 tells a client to do. Returns the octets up to the end. */
static size_t unstuff(string_t *sent, size_t size, string_t *data)
{
	const char *p = str_c(sent), *end = p + str_len(sent);
	bool line_start = TRUE;

	for (; p < end; p++) {
		if (line_start && *p == '.') {
			if (end - p >= 3 && memcmp(p, ".\r\n", 3) == 0) {
				p += 3;
				break;
			}
			p++;
		}
		str_append_c(data, *p);
		line_start = str_len(data) >= 2 && *p == '\n' && p[-1] == '\r';
	}
	test_assert(str_len(data) >= size);
	str_truncate(data, size);
	return p - str_c(sent);
}

static void test_dot_stuffer_random(void)
{
	static const char octets[] = { '.', '\r', '\n', 'a', '\0' };
	struct dot_stuffer stuffer;
	struct ostream *output;
	unsigned int i, j;

	test_begin("dot stuffer: a client gets back what was sent");
	for (i = 0; i < 5000; i++) T_BEGIN {
		string_t *data = t_str_new(512), *sent = t_str_new(512);
		string_t *back = t_str_new(512);
		size_t pos = 0, size = i_rand_limit(i % 10 == 0 ? 400 : 12);

		for (j = 0; j < size; j++) {
			str_append_c(data, octets[i_rand_limit(
						sizeof(octets))]);
		}
		output = o_stream_create_buffer(sent);
		o_stream_set_no_error_handling(output, TRUE);
		dot_stuffer_init(&stuffer);
		while (pos < size) {
			size_t piece = i_rand_minmax(0, size - pos);

			dot_stuffer_send(&stuffer, output, str_data(data) + pos,
					 piece);
			pos += piece;
		}
		dot_stuffer_finish(&stuffer, output);
		o_stream_unref(&output);
		test_assert_idx(unstuff(sent, size, back) == str_len(sent), i);
		test_assert_idx(str_equals(data, back), i);
	} T_END;
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_dot_stuffer_examples,
		test_dot_stuffer_random,
		NULL
	};
	return test_run(test_functions);
}
