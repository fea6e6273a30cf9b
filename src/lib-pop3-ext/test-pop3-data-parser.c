/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "buffer.h"
#include "istream.h"
#include "ostream.h"
#include "ostream-dot.h"
#include "test-common.h"

#include "pop3-data-parser.h"
#include "pop3-ext-limits.h"
#include "test-pop3-data-reference.h"

#define TEXT(str) (const unsigned char *)(str), sizeof(str) - 1

static const char *
test_compare(const unsigned char *in, size_t size, size_t max_size,
	     size_t in_step, size_t out_step)
{
	struct test_pop3_data wanted;

	test_pop3_data_reference(in, size, max_size, &wanted);
	return test_pop3_data_compare(in, size, max_size, in_step, out_step,
				      &wanted);
}

static const struct {
	const char *in, *out;
	/* what is left behind the end, NULL = the end isn't there yet */
	const char *rest;
} texts[] = {
	/* ends */
	{ "", "", NULL },
	{ ".\r\n", "", "" },
	{ "a\r\n.\r\n", "a\r\n", "" },
	{ "a\r\n.\r\nSTAT\r\n", "a\r\n", "STAT\r\n" },
	{ ".\r\n.\r\n", "", ".\r\n" },
	{ "\r\n.\r\n", "\r\n", "" },
	{ "a\r\n\r\n.\r\n\r\n.\r\n", "a\r\n\r\n", "\r\n.\r\n" },
	{ "a\r\n.", "a\r\n", NULL },
	{ "a\r\n.\r", "a\r\n", NULL },
	{ "a\r\n", "a\r\n", NULL },
	{ "a\r", "a", NULL },
	{ "a", "a", NULL },
	/* the CR before CRLF changes nothing about the CRLF */
	{ "a\r\r\n.\r\n", "a\r\n", "" },

	/* dots */
	{ "..\r\n.\r\n", ".\r\n", "" },
	{ "...\r\n.\r\n", "..\r\n", "" },
	{ ".a\r\n.\r\n", "a\r\n", "" },
	{ "a\r\n..b\r\n..\r\n.\r\n", "a\r\n.b\r\n.\r\n", "" },
	{ "a.\r\n.\r\n", "a.\r\n", "" },
	{ "a\n..b\r\n.\r\n", "a\r\n..b\r\n", "" },
	{ "a\n.b\r\n.\r\n", "a\r\n.b\r\n", "" },
	{ "a\r..b\r\n.\r\n", "a ..b\r\n", "" },
	{ ".\rb\r\n.\r\n", " b\r\n", "" },
	{ ".\r\r\n.\r\n", "\r\n", "" },
	{ ".\n.\r\n.\r\n", "\r\n.\r\n", "" },
	{ ".\n\r\n.\r\n", "\r\n\r\n", "" },

	/* line ends */
	{ "a\nb\n\nc\r\n.\r\n", "a\r\nb\r\n\r\nc\r\n", "" },
	{ "\n.\r\n", "\r\n.\r\n", NULL },
	{ "a\rb\r\n.\r\n", "a b\r\n", "" },
	{ "a\r\rb\r\r\r\n.\r\n", "a  b\r\n", "" },
	{ "\r\r\r\n\rX: y\r\n.\r\n", "\r\n X: y\r\n", "" },
	{ "a\n\r\n\n\r.\r\n", "a\r\n\r\n\r\n .\r\n", NULL },

	/* other control characters and octets of 8 bits */
	{ "a\tb\x01\x0b\x0c\x0e\x7f\r\n.\r\n", "a\tb\x01\x0b\x0c\x0e\x7f\r\n", "" },
	{ "\x80\xff\xfe\r\n.\r\n", "\x80\xff\xfe\r\n", "" },
	{ "abcdefg\r\n.\r\n\xff", "abcdefg\r\n", "\xff" },
};

static void test_pop3_data_parser_texts(void)
{
	struct pop3_data_parser parser;
	unsigned char out[64];
	size_t size, rest_size, used, in_step, out_step;
	unsigned int i;

	test_begin("pop3 data: texts");
	for (i = 0; i < N_ELEMENTS(texts); i++) T_BEGIN {
		const unsigned char *in = (const void *)texts[i].in;

		size = strlen(texts[i].in);
		rest_size = texts[i].rest == NULL ? 0 : strlen(texts[i].rest);
		pop3_data_parser_init(&parser, 0);
		test_assert_idx(pop3_data_parser_run(&parser, in, size, out,
						     sizeof(out), &used) ==
				size - rest_size, i);
		test_assert_strcmp_idx(t_strndup(out, used), texts[i].out, i);
		test_assert_idx(pop3_data_parser_finished(&parser) ==
				(texts[i].rest != NULL), i);
		test_assert_idx(parser.error == POP3_DATA_ERROR_NONE, i);

		for (in_step = 1; in_step <= size + 1; in_step++) {
			for (out_step = 2; out_step < 20; out_step++) {
				test_assert_strcmp_idx(test_compare(
					in, size, 0, in_step, out_step),
					NULL, i);
			}
		}
	} T_END;
	test_end();
}

/* What has been used to make two servers disagree about the end of a message:
   all of these stand between two halves of one. */
static const struct {
	const unsigned char *text;
	size_t size;
	/* NULs are refused: there is no text to look at */
	bool nul;
} smugglings[] = {
	{ TEXT("\n.\n"), FALSE },
	{ TEXT("\n.\r"), FALSE },
	{ TEXT("\n.\r\n"), FALSE },
	{ TEXT("\r.\n"), FALSE },
	{ TEXT("\r.\r"), FALSE },
	{ TEXT("\r.\r\n"), FALSE },
	{ TEXT("\r\n.\n"), FALSE },
	{ TEXT("\r\n.\r"), FALSE },
	{ TEXT("\r\n.\r\r\n"), FALSE },
	{ TEXT("\r\n.\r\rx"), FALSE },
	{ TEXT("\r\r\n.\r\r\n"), FALSE },
	{ TEXT("\r\r\n.\n"), FALSE },
	{ TEXT("\n\n.\n\n"), FALSE },
	{ TEXT("\n\r.\r\n"), FALSE },
	{ TEXT("\n\r.\n\r"), FALSE },
	{ TEXT("\r\n..\n"), FALSE },
	{ TEXT("\n..\n"), FALSE },
	{ TEXT("\n..\r\n"), FALSE },
	{ TEXT("\r..\r"), FALSE },
	{ TEXT("\r\n.\n.\r"), FALSE },
	{ TEXT("\r\n .\r\n"), FALSE },
	{ TEXT("\r\n. \r\n"), FALSE },
	{ TEXT("\r\n.\x0b\r\n"), FALSE },
	{ TEXT("\r\n.\x85\r\n"), FALSE },
	{ TEXT("\x0a\x0b.\x0a"), FALSE },
	{ TEXT("\n.\n\r\n"), FALSE },
	{ TEXT("\r\n\0.\r\n"), TRUE },
	{ TEXT("\r\0\n.\r\n"), TRUE },
	{ TEXT("\r\n.\0\r\n"), TRUE },
	{ TEXT("\r\n.\r\0\n"), TRUE },
	{ TEXT("\n.\0\n"), TRUE },
};

/* However line ends are read, only the last line is a lone dot. */
static bool has_smuggled_end(const unsigned char *data, size_t size)
{
	const unsigned char *end = data + size - strlen("\r\n.\r\n");

	for (; data < end; data++) {
		if ((data[0] == '\r' || data[0] == '\n') && data[1] == '.' &&
		    (data[2] == '\r' || data[2] == '\n'))
			return TRUE;
	}
	return FALSE;
}

static void test_smuggling(unsigned int i)
{
	static const char before[] = "Subject: x\r\n\r\nbody";
	static const char after[] = "MAIL FROM:<mallory@example.com>\r\n"
		"RCPT TO:<bob@example.com>\r\nDATA\r\nspoof\r\n.\r\n";
	struct pop3_data_parser parser;
	buffer_t *in = t_str_new(256), *smtp = t_str_new(256);
	unsigned char out[512];
	size_t used;

	buffer_append(in, before, strlen(before));
	buffer_append(in, smugglings[i].text, smugglings[i].size);
	buffer_append(in, after, strlen(after));

	pop3_data_parser_init(&parser, 0);
	test_assert_idx(pop3_data_parser_run(&parser, in->data, in->used,
					     out, sizeof(out),
					     &used) == in->used, i);
	test_assert_idx(pop3_data_parser_finished(&parser), i);
	test_assert_idx(smugglings[i].nul ==
			(parser.error == POP3_DATA_ERROR_NUL), i);
	if (parser.error != POP3_DATA_ERROR_NONE)
		return;

	/* as it goes to a relay */
	struct ostream *output = test_ostream_create(smtp);
	struct ostream *dot = o_stream_create_dot(output, FALSE);
	o_stream_nsend(dot, out, used);
	test_assert_idx(o_stream_finish(dot) == 1, i);
	o_stream_unref(&dot);
	o_stream_destroy(&output);
	test_assert_idx(!has_smuggled_end(smtp->data, smtp->used), i);
	test_assert_idx(strstr(str_c(smtp), "spoof\r\n.\r\n") != NULL, i);
	for (used = 0; used < smtp->used; used++) {
		const char *p = str_c(smtp) + used;
		test_assert_idx(*p != '\r' || p[1] == '\n', i);
		test_assert_idx(*p != '\n' || p[-1] == '\r', i);
	}
}

static void test_pop3_data_parser_smuggling(void)
{
	unsigned int i;

	test_begin("pop3 data: smuggling");
	for (i = 0; i < N_ELEMENTS(smugglings); i++) T_BEGIN {
		test_smuggling(i);
	} T_END;
	test_end();
}

static void test_pop3_data_parser_errors(void)
{
	static const struct {
		const unsigned char *in;
		size_t size;
		unsigned int max_size;
		enum pop3_data_error error;
	} tests[] = {
		{ TEXT("a\0b\r\n.\r\n"), 0, POP3_DATA_ERROR_NUL },
		{ TEXT("\0\r\n.\r\n"), 0, POP3_DATA_ERROR_NUL },
		{ TEXT(".\0\r\n.\r\n"), 0, POP3_DATA_ERROR_NUL },
		{ TEXT("\r\0\n.\r\n.\r\n"), 0, POP3_DATA_ERROR_NUL },
		{ TEXT("abc\r\n.\r\n"), 5, POP3_DATA_ERROR_NONE },
		{ TEXT("abc\r\n.\r\n"), 4, POP3_DATA_ERROR_SIZE },
		{ TEXT("abcd\n.\r\n\r\n.\r\n"), 5, POP3_DATA_ERROR_SIZE },
		{ TEXT("..bc\r\n.\r\n"), 5, POP3_DATA_ERROR_NONE },
		{ TEXT("abc\r\r\r\r\n.\r\n"), 5, POP3_DATA_ERROR_NONE },
		{ TEXT("a\r\r\r\rbc\r\n.\r\n"), 5, POP3_DATA_ERROR_SIZE },
	};
	struct pop3_data_parser parser;
	unsigned char out[16];
	size_t used, step;
	unsigned int i;

	test_begin("pop3 data: errors");
	for (i = 0; i < N_ELEMENTS(tests); i++) T_BEGIN {
		pop3_data_parser_init(&parser, tests[i].max_size);
		test_assert_idx(pop3_data_parser_run(&parser, tests[i].in,
						     tests[i].size, out,
						     sizeof(out), &used) ==
				tests[i].size, i);
		test_assert_idx(parser.error == tests[i].error, i);
		test_assert_idx((parser.error == POP3_DATA_ERROR_NONE) ==
				(pop3_data_parser_error_text(&parser) == NULL), i);
		for (step = 1; step <= tests[i].size; step++) {
			test_assert_strcmp_idx(test_compare(
				tests[i].in, tests[i].size, tests[i].max_size,
				step, 2), NULL, i);
		}
	} T_END;
	test_end();
}

static void test_pop3_data_parser_8bit(void)
{
	static const char text[] = "abcdefghijklm\r\n\xe4\r\n.\r\n\xff";
	const unsigned char *in = (const unsigned char *)text;
	struct pop3_data_parser parser;
	unsigned char out[64];
	size_t used;

	test_begin("pop3 data: 8 bits");
	pop3_data_parser_init(&parser, 0);
	test_assert(pop3_data_parser_run(&parser, in, sizeof(text), out,
					 sizeof(out), &used) ==
		    sizeof(text) - 2);
	test_assert(parser.have_8bit);
	test_assert(parser.error == POP3_DATA_ERROR_NONE && used == 18);

	pop3_data_parser_init(&parser, 0);
	parser.refuse_8bit = TRUE;
	test_assert(pop3_data_parser_run(&parser, in, 15, out, sizeof(out),
					 &used) == 15);
	test_assert(parser.error == POP3_DATA_ERROR_NONE && used == 15);
	test_assert(pop3_data_parser_run(&parser, in + 15, sizeof(text) - 15,
					 out, sizeof(out), &used) ==
		    sizeof(text) - 17);
	test_assert(parser.error == POP3_DATA_ERROR_8BIT && used == 0);
	test_assert(pop3_data_parser_error_text(&parser) != NULL);
	test_assert(pop3_data_parser_finished(&parser));
	test_end();
}

/* A line of that many octets, and CRs before its end, is there an error? */
static void
test_line(size_t line_size, size_t crs, bool lf_only, bool error)
{
	buffer_t *in = buffer_create_dynamic(pool_datastack_create(),
					     line_size + crs + 16);
	const size_t all = line_size + crs;
	size_t steps[] = { 1, 4096, all + 1, all + 2, all + 3, all + 4 };
	unsigned int i;

	buffer_append(in, "a\r\n", 3);
	memset(buffer_append_space_unsafe(in, line_size), 'x', line_size);
	memset(buffer_append_space_unsafe(in, crs), '\r', crs);
	buffer_append(in, lf_only ? "\n" : "\r\n", lf_only ? 1 : 2);
	buffer_append(in, "b\r\n.\r\n", 6);

	for (i = 0; i < N_ELEMENTS(steps); i++) T_BEGIN {
		struct test_pop3_data wanted;

		test_pop3_data_reference(in->data, in->used, 0, &wanted);
		test_assert_idx(wanted.finished, i);
		test_assert_idx(error == (wanted.errors ==
					  1 << POP3_DATA_ERROR_LINE), i);
		test_assert_strcmp_idx(test_pop3_data_compare(
			in->data, in->used, 0, steps[i], in->used, &wanted),
			NULL, i);
	} T_END;
}

static void test_pop3_data_parser_lines(void)
{
	test_begin("pop3 data: long lines");
	T_BEGIN {
		test_line(POP3_EXT_MAX_LINE_SIZE, 0, FALSE, FALSE);
		test_line(POP3_EXT_MAX_LINE_SIZE, 0, TRUE, FALSE);
		test_line(POP3_EXT_MAX_LINE_SIZE + 1, 0, FALSE, TRUE);
		test_line(POP3_EXT_MAX_LINE_SIZE + 1, 0, TRUE, TRUE);
		test_line(POP3_EXT_MAX_LINE_SIZE - 1, 1, FALSE, FALSE);
		test_line(POP3_EXT_MAX_LINE_SIZE, 1, FALSE, TRUE);
		test_line(0, POP3_EXT_MAX_LINE_SIZE, FALSE, FALSE);
		test_line(0, POP3_EXT_MAX_LINE_SIZE + 1, FALSE, TRUE);
	} T_END;
	test_end();
}

static void test_pop3_data_parser_random(void)
{
	static const unsigned char alphabet[] = "\r\r\r\n\n\n...aaab\t\x80\0";
	unsigned char in[40];
	size_t size, i, max_size;
	unsigned int n, count = 20000;

	test_begin("pop3 data: random");
	for (n = 0; n < count && !test_has_failed(); n++) T_BEGIN {
		size = i_rand_minmax(1, sizeof(in));
		/* NULs only now and then */
		for (i = 0; i < size; i++) {
			in[i] = alphabet[i_rand_limit(sizeof(alphabet) -
						      (n % 8 == 0 ? 1 : 2))];
		}
		max_size = n % 16 == 1 ? i_rand_limit(40) : 0;
		test_assert_strcmp_idx(test_compare(
			in, size, max_size, i_rand_minmax(1, size),
			i_rand_minmax(2, 45)), NULL, n);
	} T_END;
	test_end();
}

static void test_pop3_data_drain(void)
{
	static const char text[] = "a\r\n.b\n.\r\r\n..\r\n.\r\nSTAT\r\n";
	struct pop3_data_parser parser;
	struct istream *input;
	const unsigned char *data;
	size_t size, i;

	test_begin("pop3 data: drain");
	input = test_istream_create(text);
	test_istream_set_max_buffer_size(input, 4);
	pop3_data_parser_init(&parser, 0);
	for (i = 0; i < strlen(text) - strlen("STAT\r\n"); i++) {
		test_istream_set_size(input, i);
		test_assert_idx(pop3_data_drain(&parser, input) == 0, i);
	}
	test_istream_set_size(input, strlen(text));
	test_assert(pop3_data_drain(&parser, input) == 1);
	test_assert(pop3_data_drain(&parser, input) == 1);
	test_assert(input->v_offset == strlen(text) - strlen("STAT\r\n"));
	test_assert(i_stream_read_bytes(input, &data, &size, 4) == 1 &&
		    memcmp(data, "STAT", 4) == 0);
	i_stream_unref(&input);

	input = test_istream_create("a\r\n.\r");
	pop3_data_parser_init(&parser, 0);
	test_assert(pop3_data_drain(&parser, input) == -1);
	i_stream_unref(&input);
	test_end();
}

/* One call doesn't go on for ever. */
static void test_pop3_data_drain_fair(void)
{
	struct pop3_data_parser parser;
	struct istream *input;
	string_t *text = t_str_new(POP3_EXT_MAX_DRAIN_STEP * 3);
	unsigned int calls = 0;
	int ret;

	test_begin("pop3 data: drain in steps");
	while (str_len(text) < POP3_EXT_MAX_DRAIN_STEP * 5 / 2)
		str_append(text, "Lorem ipsum dolor sit amet\r\n");
	str_append(text, ".\r\n");
	input = test_istream_create_data(str_data(text), str_len(text));
	test_istream_set_max_buffer_size(input, 4096);
	pop3_data_parser_init(&parser, 0);
	while ((ret = pop3_data_drain(&parser, input)) == 0 && calls < 10)
		calls++;
	test_assert(ret == 1);
	test_assert(calls == 2);
	i_stream_unref(&input);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_pop3_data_parser_texts,
		test_pop3_data_parser_smuggling,
		test_pop3_data_parser_errors,
		test_pop3_data_parser_8bit,
		test_pop3_data_parser_lines,
		test_pop3_data_parser_random,
		test_pop3_data_drain,
		test_pop3_data_drain_fair,
		NULL
	};
	return test_run(test_functions);
}
