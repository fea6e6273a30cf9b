/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "istream.h"
#include "istream-crlf.h"
#include "istream-qp.h"
#include "test-common.h"

#include "istream-charset.h"

#define REPLACED "\xef\xbf\xbd"

/* All of the text; piece: octets that come at a time */
static const char *convert(const char *charset, const char *data, size_t size,
			   size_t piece, size_t buffer_size)
{
	struct istream *input, *stream;
	const unsigned char *text;
	string_t *str = t_str_new(256);
	size_t text_size, available = 0;
	int ret;

	input = test_istream_create_data(data, size);
	test_istream_set_allow_eof(input, FALSE);
	test_istream_set_size(input, 0);
	if (i_stream_create_charset(input, charset, &stream) < 0) {
		i_stream_unref(&input);
		return NULL;
	}
	i_stream_unref(&input);
	i_stream_set_max_buffer_size(stream, buffer_size);
	while ((ret = i_stream_read_more(stream, &text, &text_size)) >= 0) {
		str_append_data(str, text, text_size);
		i_stream_skip(stream, text_size);
		if (ret > 0)
			continue;
		available = I_MIN(available + piece, size);
		test_istream_set_size(stream, available);
		test_istream_set_allow_eof(stream, available == size);
	}
	test_assert(stream->stream_errno == 0);
	test_assert(!i_stream_have_bytes_left(stream));
	i_stream_unref(&stream);
	return str_c(str);
}

static void test_istream_charset_examples(void)
{
	static const struct {
		const char *charset, *data, *text;
	} tests[] = {
		{ "utf-8", "", "" },
		{ "utf-8", "abc", "abc" },
		{ "UTF-8", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "us-ascii", "plain", "plain" },
		{ "us-ascii", "a\xff" "b", "a" REPLACED "b" },
		{ "us-ascii", "a\xff\xfe" "b", "a" REPLACED REPLACED "b" },
		{ "utf-8", "a\xc3", "a" REPLACED },
		{ "utf-8", "a\xf0\x9f\x98", "a" REPLACED REPLACED REPLACED },
		{ "utf-8", "f\xfcr alle", "f" REPLACED "r alle" },
		{ "utf-8", "f\xfcr", "f" REPLACED "r" },
		{ "utf-8", "\xfc\xfc\xfe\xff.",
		  REPLACED REPLACED REPLACED REPLACED "." },
		{ "utf-8", "\xe2\x82x\xe2\x82\xac",
		  REPLACED REPLACED "x\xe2\x82\xac" },
		{ "utf-8", "\xe2x\xc3\xa4", REPLACED "x\xc3\xa4" },
		/* a surrogate, and too long */
		{ "utf-8", "\xed\xa0\x80", REPLACED REPLACED REPLACED },
		{ "utf-8", "\xc0\x80", REPLACED REPLACED },
		{ "utf-8", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "iso-8859-1", "gr\xfc\xdf", "gr\xc3\xbc\xc3\x9f" },
		{ "windows-1252", "\x80" "5", "\xe2\x82\xac" "5" },
		{ "koi8-r", "\xd0\xd2", "\xd0\xbf\xd1\x80" },
		{ "shift_jis", "\x93\xfa\x96{", "\xe6\x97\xa5\xe6\x9c\xac" },
		{ "shift_jis", "a\x93", "a" REPLACED },
		{ "shift_jis", "a\xff\xff\x93\xfa\x93",
		  "a" REPLACED REPLACED "\xe6\x97\xa5" REPLACED },
		{ "euc-jp", "\x8f\xb0", REPLACED REPLACED },
		{ "iso-2022-jp", "\x1b$BF|K\\\x1b(B.",
		  "\xe6\x97\xa5\xe6\x9c\xac." },
		{ "gb18030", "\x81\x30\x81\x30", "\xc2\x80" },
		{ "utf-7", "+AOQ-x", "\xc3\xa4x" },
		{ "utf-7", "x+AOQ", "x\xc3\xa4" },
		/* their converters wait for an accent */
		{ "windows-1258", "\xe0 a", "\xc3\xa0 a" },
		{ "windows-1258", "a\xec", "\xc3\xa1" },
		{ "windows-1258", "a\n", "a\n" },
		{ "tcvn", "a", "a" },
		{ "big5-hkscs", "\x88\x66", "\xc3\x8a" },
	};
	unsigned int i, piece;
	size_t size;

	test_begin("istream charset: examples");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		size = strlen(tests[i].data);
		for (piece = 1; piece <= size + 1; piece++) T_BEGIN {
			test_assert_strcmp_idx(
				convert(tests[i].charset, tests[i].data, size,
					piece, 1024), tests[i].text, i);
		} T_END;
	}
	test_assert_strcmp(convert("utf-16le", "a\0\xac\x20", 4, 1, 1024),
			   "a\xe2\x82\xac");
	test_assert_strcmp(convert("utf-16", "\xfe\xff\0a\0", 5, 2, 1024),
			   "a" REPLACED);
	test_end();
}

static void test_istream_charset_unknown(void)
{
	test_begin("istream charset: unknown");
	test_assert(convert("x-unknown", "a", 1, 1, 1024) == NULL);
	test_assert(convert("unknown-8bit", "a", 1, 1, 1024) == NULL);
	test_end();
}

static void test_istream_charset_long(void)
{
	string_t *data = t_str_new(60000), *text = t_str_new(120000);
	unsigned int i;

	test_begin("istream charset: long text, small buffers");
	for (i = 0; i < 50000; i++) {
		str_append_c(data, i % 100 == 0 ? '\n' : 0xe0 + i % 20);
		if (i % 100 == 0)
			str_append_c(text, '\n');
		else
			str_printfa(text, "\xc3%c", 0xa0 + i % 20);
	}
	for (i = 1; i < 5; i++) T_BEGIN {
		test_assert_strcmp_idx(
			convert("iso-8859-1", str_c(data), str_len(data),
				i * 7777, i * i * 50), str_c(text), i);
	} T_END;
	test_end();
}

/* The host's decoder says that it would block when it is asked for more while
   its data is not all taken. */
static void test_istream_charset_above_qp(void)
{
	static const struct {
		const char *data, *text;
	} tests[] = {
		{ "Das ist f=FCr", "Das ist f" REPLACED "r" },
		{ "=C3", REPLACED },
		{ "a=E2=82=\n", "a" REPLACED REPLACED },
		{ "=F0=9F=\n=98=80", "\xf0\x9f\x98\x80" },
	};
	struct istream *input, *qp, *stream;
	const unsigned char *text;
	unsigned int i;
	size_t size;

	test_begin("istream charset: above the host's quoted-printable");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		input = test_istream_create(tests[i].data);
		i_stream_set_blocking(input, TRUE);
		qp = i_stream_create_qp_decoder(input);
		test_assert(i_stream_create_charset(qp, "utf-8", &stream) == 0);
		while (i_stream_read(stream) > 0) ;
		test_assert_idx(stream->stream_errno == 0 && stream->eof, i);
		text = i_stream_get_data(stream, &size);
		test_assert_strcmp_idx(t_strndup(text, size), tests[i].text, i);
		i_stream_unref(&stream);
		i_stream_unref(&qp);
		i_stream_unref(&input);
	}
	test_end();
}

static void test_istream_charset_below_crlf(void)
{
	struct istream *input, *stream, *crlf;
	const unsigned char *text;
	size_t size;
	int ret;

	test_begin("istream charset: below the host's CRLF stream");
	input = i_stream_create_from_data("a\0\n\0\xe4\0\n\0", 8);
	test_assert(i_stream_create_charset(input, "utf-16le", &stream) == 0);
	crlf = i_stream_create_crlf(stream);
	while ((ret = i_stream_read(crlf)) > 0) ;
	text = i_stream_get_data(crlf, &size);
	test_assert(size == 7 && memcmp(text, "a\r\n\xc3\xa4\r\n", 7) == 0);
	i_stream_unref(&crlf);
	i_stream_unref(&stream);
	i_stream_unref(&input);
	test_end();
}

static void test_istream_charset_error(void)
{
	struct istream *input, *stream;

	test_begin("istream charset: read error");
	input = i_stream_create_error_str(EIO, "Disk is on fire");
	test_assert(i_stream_create_charset(input, "koi8-r", &stream) == 0);
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
		test_istream_charset_examples,
		test_istream_charset_unknown,
		test_istream_charset_long,
		test_istream_charset_above_qp,
		test_istream_charset_below_crlf,
		test_istream_charset_error,
		NULL
	};
	return test_run(test_functions);
}
