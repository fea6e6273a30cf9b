/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "test-common.h"

#include "pop4-data.h"
#include "terminal-text.h"

#define STR(text) { text, sizeof(text) - 1 }

struct octets {
	const char *data;
	size_t size;
};

static bool equals(const buffer_t *buf, const struct octets *octets)
{
	return buf->used == octets->size &&
		memcmp(buf->data, octets->data, octets->size) == 0;
}

/* Decodes in pieces of that size. Returns how much was taken. */
static size_t decode(const struct octets *in, size_t piece,
		     struct pop4_data *data, buffer_t *out)
{
	size_t pos, taken, size;

	i_zero(data);
	buffer_set_used_size(out, 0);
	for (pos = 0; pos < in->size; pos += taken) {
		size = I_MIN(piece, in->size - pos);
		taken = pop4_data_decode(data, (const void *)(in->data + pos),
					 size, out);
		if (taken < size)
			return pos + taken;
	}
	return pos;
}

static void test_pop4_data_decode(void)
{
	static const struct {
		struct octets in, out;
		/* what follows the end; -1 = there is no end */
		int rest;
	} tests[] = {
		{ STR(".\r\n"), STR(""), 0 },
		{ STR("a\r\n.\r\n+OK\r\n"), STR("a\r\n"), 5 },
		{ STR("..\r\n.\r\n"), STR(".\r\n"), 0 },
		{ STR("...\r\na..b\r\n.\r\n"), STR("..\r\na..b\r\n"), 0 },
		{ STR(".a\r\n.\r\n"), STR("a\r\n"), 0 },
		{ STR("\r\n\r\n.\r\n"), STR("\r\n\r\n"), 0 },
		/* only CRLF ends lines */
		{ STR("a\n.\n..\r\n.\r\n"), STR("a\n.\n..\r\n"), 0 },
		{ STR("a\r.\r\n.\r\n"), STR("a\r.\r\n"), 0 },
		{ STR("a\r\r\n.\r\n"), STR("a\r\r\n"), 0 },
		{ STR("\0\r\n.\r\n"), STR("\0\r\n"), 0 },
		/* no end after all */
		{ STR(".\ra\r\n.\r\n"), STR("\ra\r\n"), 0 },
		{ STR(".\r\r\n.\r\n"), STR("\r\r\n"), 0 },
		{ STR(".\n\r\n.\r\n"), STR("\n\r\n"), 0 },
		{ STR("a\r\n"), STR("a\r\n"), -1 },
		{ STR("a\r\n."), STR("a\r\n"), -1 },
		{ STR("a\r\n.\r"), STR("a\r\n"), -1 },
		{ STR(""), STR(""), -1 },
	};
	buffer_t *out = t_buffer_create(64);
	struct pop4_data data;
	unsigned int i;
	size_t piece, taken;

	test_begin("pop4 data: decode");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		for (piece = 1; piece <= tests[i].in.size + 1; piece++) {
			taken = decode(&tests[i].in, piece, &data, out);
			test_assert_idx(equals(out, &tests[i].out), i);
			test_assert_idx(pop4_data_ended(&data) ==
					(tests[i].rest >= 0), i);
			test_assert_idx(tests[i].in.size - taken ==
					(size_t)I_MAX(tests[i].rest, 0), i);
		}
	}
	test_end();
}

static void test_pop4_data_encode(void)
{
	static const struct {
		struct octets in, out;
	} tests[] = {
		{ STR(""), STR(".\r\n") },
		{ STR("a"), STR("a\r\n.\r\n") },
		{ STR("a\n"), STR("a\r\n.\r\n") },
		{ STR("a\r\n"), STR("a\r\n.\r\n") },
		{ STR("a\r"), STR("a\r\r\n.\r\n") },
		{ STR("."), STR("..\r\n.\r\n") },
		{ STR(".\n.\r\n..\n"), STR("..\r\n..\r\n...\r\n.\r\n") },
		{ STR("\n\n.\n"), STR("\r\n\r\n..\r\n.\r\n") },
		{ STR("a\r\r\nb.\0"), STR("a\r\r\nb.\0\r\n.\r\n") },
		{ STR("a\r.\n"), STR("a\r.\r\n.\r\n") },
	};
	buffer_t *out = t_buffer_create(64);
	struct pop4_data data;
	unsigned int i;
	size_t piece, pos, size;

	test_begin("pop4 data: encode");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		for (piece = 1; piece <= tests[i].in.size + 1; piece++) {
			i_zero(&data);
			buffer_set_used_size(out, 0);
			for (pos = 0; pos < tests[i].in.size; pos += size) {
				size = I_MIN(piece, tests[i].in.size - pos);
				pop4_data_encode(&data, (const void *)
					(tests[i].in.data + pos), size, out);
			}
			pop4_data_encode_end(&data, out);
			test_assert_idx(equals(out, &tests[i].out), i);
		}
	}
	test_end();
}

static void test_terminal_text(void)
{
	static const struct {
		struct octets in, out;
	} tests[] = {
		{ STR("a\tb\r\n"), STR("a\tb\n") },
		{ STR("\x1b[2J\x07\x7f"), STR("?[2J??") },
		{ STR("\0a"), STR("?a") },
		{ STR("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
		  STR("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80") },
		/* U+009B, U+202E */
		{ STR("\xc2\x9b" "a\xe2\x80\xae" "b"), STR("?a?b") },
		{ STR("\x9b" "1\xff\xfe"), STR("?1??") },
		{ STR("\xe2\x82"), STR("??") },
		{ STR("\xe2\x82\x1b"), STR("???") },
		{ STR("\xc3\0\0\0\0\0\0\0a"), STR("????????a") },
		{ STR("\xfc\x80\x80\x80\x80"), STR("?????") },
		{ STR(""), STR("") },
	};
	buffer_t *out = t_buffer_create(64);
	struct terminal_text text;
	unsigned int i;
	size_t piece, pos, size;

	test_begin("terminal text");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		for (piece = 1; piece <= tests[i].in.size + 1; piece++) {
			i_zero(&text);
			buffer_set_used_size(out, 0);
			for (pos = 0; pos < tests[i].in.size; pos += size) {
				size = I_MIN(piece, tests[i].in.size - pos);
				terminal_text_add(&text, tests[i].in.data + pos,
						  size, out);
			}
			terminal_text_end(&text, out);
			test_assert_idx(equals(out, &tests[i].out), i);
		}
	}
	test_assert_strcmp(terminal_text_line("a\r\nb\tc\x1b" "d"), "a b c?d");
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_pop4_data_decode,
		test_pop4_data_encode,
		test_terminal_text,
		NULL
	};
	return test_run(test_functions);
}
