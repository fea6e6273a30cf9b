/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "base64.h"
#include "istream.h"
#include "str.h"
#include "unichar.h"
#include "test-common.h"

#include "istream-base64-groups.h"
#include "istream-capped.h"
#include "istream-charset.h"
#include "istream-pop3-data.h"
#include "istream-step.h"
#include "pop3-data-parser.h"
#include "pop4-part-header.h"
#include "pop4-part-stream.h"
#include "test-stream-parents.h"

#include <iconv.h>

#define RANDOM_RUNS 1000
#define RANDOM_MAX_SIZE 200

/*
 * References: the whole text at once
 */

static void append_bad(buffer_t *text)
{
	buffer_append(text, UNICODE_REPLACEMENT_CHAR_UTF8,
		      strlen(UNICODE_REPLACEMENT_CHAR_UTF8));
}

/* RFC 3629, octet by octet */
static size_t utf8_char_size(const unsigned char *p, size_t left)
{
	static const struct {
		unsigned char first, last, second, second_last;
		size_t size;
	} forms[] = {
		{ 0x00, 0x7f, 0, 0, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	unsigned int i, j;

	for (i = 0; i < N_ELEMENTS(forms); i++) {
		if (p[0] < forms[i].first || p[0] > forms[i].last ||
		    forms[i].size > left)
			continue;
		if (forms[i].size > 1 && (p[1] < forms[i].second ||
					  p[1] > forms[i].second_last))
			return 0;
		for (j = 2; j < forms[i].size; j++) {
			if ((p[j] & 0xc0) != 0x80)
				return 0;
		}
		return forms[i].size;
	}
	return 0;
}

static void
reference_utf8(const unsigned char *p, size_t size, buffer_t *text)
{
	size_t len;

	for (; size > 0; p += len, size -= len) {
		len = utf8_char_size(p, size);
		if (len > 0)
			buffer_append(text, p, len);
		else {
			append_bad(text);
			len = 1;
		}
	}
}

/* What the converter holds back at the end comes out of the last call. */
static void
reference_iconv(const char *charset, const unsigned char *octets, size_t size,
		buffer_t *text)
{
	iconv_t cd = iconv_open("UTF-8", charset);
	char out[4096], *in = (char *)octets, *dest;
	size_t left = sizeof(out);
	bool end = FALSE;

	i_assert(cd != (iconv_t)-1);
	while (!end) {
		dest = out;
		left = sizeof(out);
		end = size == 0;
		if (iconv(cd, end ? NULL : &in, &size, &dest,
			  &left) == (size_t)-1) {
			buffer_append(text, out, dest - out);
			append_bad(text);
			in++;
			size--;
			continue;
		}
		buffer_append(text, out, dest - out);
	}
	iconv_close(cd);
}

static void reference_charset(const char *charset, const void *octets,
			      size_t size, buffer_t *text)
{
	/* to the host they are the same */
	if (strcmp(charset, "utf-8") == 0 || strcmp(charset, "us-ascii") == 0)
		reference_utf8(octets, size, text);
	else
		reference_iconv(charset, octets, size, text);
}

/*
 * Character sets
 */

static struct istream *create_charset(struct istream *input, void *context)
{
	struct istream *stream;

	if (i_stream_create_charset(input, context, &stream) < 0)
		i_unreached();
	return stream;
}

static void test_charset_streams(void)
{
	static const struct {
		const char *charset, *octets;
	} tests[] = {
		{ "utf-8", "gr\xc3\xbc\xc3\x9f\r\n\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "utf-8", "f\xfcr\r\n\xe2\x82" "a\xe2\xe2\x82\xac\xff\xfe\xf0\x9f" },
		{ "utf-8", "\xed\xa0\x80\xc0\x80\xf4\x90\x80\x80\xf8\x80\x80\x80\xc3" },
		{ "utf-8", "\xfd" "abcdefg" },
		{ "utf-8", "" },
		{ "iso-8859-1", "gr\xfc\xdf\r\n\x80" },
		{ "us-ascii", "a\xc3\xa4\x80" "b" },
		{ "shift_jis", "a\x93\xfa\x96{\xff\xff\x93" },
		{ "euc-jp", "\xc6\xfc\xff\xff\xcb\xdc\x8f\xb0" },
		{ "iso-2022-jp", "x\x1b$BF|K\\\x1b(B.\x1b$B\x01\x1b(B\x1b$" },
		{ "gb18030", "\x81\x30\x81\x30" "a\x81\x30\x81\xff\xd6\xd0" },
		{ "utf-7", "+AOQ-x\xff\xff+AOQ" },
		{ "windows-1258", "a\xec" "b\xd2\xd2 a" },
		{ "big5-hkscs", "\x88\x66\xff\x88\x66" },
	};
	struct test_stream stream = { .name = NULL, .create = create_charset };
	unsigned int i;

	test_begin("streams: character sets over each parent");
	for (i = 0; i < N_ELEMENTS(tests); i++) T_BEGIN {
		buffer_t *text = t_buffer_create(128);
		size_t size = strlen(tests[i].octets);

		stream.name = tests[i].charset;
		stream.context = (void *)tests[i].charset;
		reference_charset(tests[i].charset, tests[i].octets, size,
				  text);
		test_stream_all(&stream, tests[i].octets, size, text);
	} T_END;
	test_end();
}

static size_t random_octets(unsigned char octets[RANDOM_MAX_SIZE])
{
	static const char pieces[][5] = {
		"a", "\r\n", ".", "\xc3", "\xa4", "\xe2\x82\xac", "\xe2\x82",
		"\xf0\x9f", "\x98\x80", "\x1b$B", "\x1b(B", "F|", "\x80",
		"\xff", "\xfe", "+AOQ", "-", "\x93\xfa", "\x81\x30", "\xec",
	};
	size_t size = 0, len, max = i_rand_limit(RANDOM_MAX_SIZE - 5);
	const char *piece;

	while (size < max) {
		piece = pieces[i_rand_limit(N_ELEMENTS(pieces))];
		len = strlen(piece);
		memcpy(octets + size, piece, len);
		size += len;
	}
	return size;
}

static void test_charset_streams_random(void)
{
	static const char *const charsets[] = {
		"utf-8", "utf-8", "utf-8", "iso-8859-15", "shift_jis",
		"euc-jp", "iso-2022-jp", "gb18030", "euc-kr", "big5",
		"windows-1258", "utf-16le",
	};
	struct test_stream stream = { .create = create_charset };
	unsigned char octets[RANDOM_MAX_SIZE];
	unsigned int i;
	size_t size;

	test_begin("streams: character sets, random");
	for (i = 0; i < RANDOM_RUNS && !test_has_failed(); i++) T_BEGIN {
		buffer_t *text = t_buffer_create(512);

		stream.name = charsets[i_rand_limit(N_ELEMENTS(charsets))];
		stream.context = (void *)stream.name;
		size = random_octets(octets);
		reference_charset(stream.name, octets, size, text);
		test_stream_random(&stream, octets, size, text);
	} T_END;
	test_end();
}

/*
 * The others
 */

static struct istream *create_groups(struct istream *input,
				     void *context ATTR_UNUSED)
{
	return i_stream_create_base64_groups(input);
}

static void test_base64_groups_stream(void)
{
	static const struct {
		const char *octets, *data;
	} tests[] = {
		{ "", "" },
		{ "QUJDREVG\r\nQUJ\r\nDQUI=\r\n \r\n", "ABCDEFABCAB" },
		{ "QU\tJDQ\r\nQ==", "ABCA" },
		{ "QUJD\r\nQUI", NULL },
		{ "QUJD\r\n-", NULL },
	};
	const struct test_stream stream = {
		.name = "base64 groups", .create = create_groups,
	};
	unsigned int i;

	test_begin("streams: base64 groups over each parent");
	for (i = 0; i < N_ELEMENTS(tests); i++) T_BEGIN {
		buffer_t *data = NULL;

		if (tests[i].data != NULL) {
			data = t_buffer_create(32);
			buffer_append(data, tests[i].data,
				      strlen(tests[i].data));
		}
		test_stream_all(&stream, tests[i].octets,
				strlen(tests[i].octets), data);
	} T_END;
	test_end();
}

static struct istream *create_step(struct istream *input, void *context)
{
	return i_stream_create_step(input, *(size_t *)context);
}

static void test_step_stream(void)
{
	static const char octets[] = "0123456789\r\n\0\xff" "abc\r\n";
	size_t size = sizeof(octets) - 1, step;
	const struct test_stream stream = {
		.name = "step", .create = create_step, .context = &step,
		.passes_on = TRUE,
	};
	buffer_t *text = t_buffer_create(32);

	test_begin("streams: step over each parent");
	buffer_append(text, octets, size);
	for (step = 1; step <= size + 1; step += 4)
		test_stream_all(&stream, octets, size, text);
	test_end();
}

static void test_step_blocks(void)
{
	struct istream *input, *stream;
	size_t step = 4;
	ssize_t ret;
	unsigned int i;
	uoff_t given = 0;

	test_begin("streams: step blocks behind so many octets");
	input = i_stream_create_from_data("0123456789", 10);
	i_stream_set_max_buffer_size(input, 2);
	stream = i_stream_create_step(input, step);
	for (i = 0; i < 20 && (ret = i_stream_read(stream)) >= 0; i++) {
		test_assert(ret != 0 || given >= step);
		given = ret == 0 ? 0 : given + ret;
		i_stream_skip(stream, i_stream_get_data_size(stream));
	}
	test_assert(i < 20 && stream->v_offset == 10);
	i_stream_unref(&stream);
	i_stream_unref(&input);
	test_end();
}

static struct istream *create_capped(struct istream *input, void *context)
{
	return i_stream_create_capped(input, *(size_t *)context);
}

static void test_capped_stream(void)
{
	static const char octets[] = "250-one\r\n250 two\r\n";
	size_t size = strlen(octets), max_size = size;
	const struct test_stream stream = {
		.name = "capped", .create = create_capped,
		.context = &max_size,
	};
	buffer_t *text = t_buffer_create(32);

	test_begin("streams: capped over each parent");
	buffer_append(text, octets, size);
	test_stream_all(&stream, octets, size, text);
	max_size--;
	test_stream_all(&stream, octets, size, NULL);
	test_end();
}

static struct istream *create_pop3_data(struct istream *input, void *context)
{
	struct pop3_data_parser *parser = context;

	pop3_data_parser_init(parser, 0);
	return i_stream_create_pop3_data(input, parser);
}

static void test_pop3_data_stream(void)
{
	static const struct {
		const char *octets, *text;
	} tests[] = {
		{ ".\r\n", "" },
		{ "Subject: x\r\n\r\n..\r\n.\r\n", "Subject: x\r\n\r\n.\r\n" },
		{ "a\rb\r\r\n...\r\n.\r\n", "a b\r\n..\r\n" },
		/* it isn't all there */
		{ "a\r\n.\r", NULL },
	};
	struct pop3_data_parser parser;
	const struct test_stream stream = {
		.name = "pop3 data", .create = create_pop3_data,
		.context = &parser,
	};
	unsigned int i;

	test_begin("streams: pop3 data over each parent");
	for (i = 0; i < N_ELEMENTS(tests); i++) T_BEGIN {
		buffer_t *text = NULL;

		if (tests[i].text != NULL) {
			text = t_buffer_create(32);
			buffer_append(text, tests[i].text,
				      strlen(tests[i].text));
		}
		test_stream_all(&stream, tests[i].octets,
				strlen(tests[i].octets), text);
	} T_END;
	test_end();
}

/*
 * Parts
 */

struct part {
	enum pop4_content_mode mode;
	struct pop4_part_header header;
};

static struct istream *create_part(struct istream *input, void *context)
{
	struct part *part = context;
	struct istream *stream;

	if (i_stream_create_pop4_part(input, part->mode, &part->header, FALSE,
				      &stream) < 0)
		i_unreached();
	return stream;
}

static void test_part_streams(void)
{
	static const struct {
		struct part part;
		const char *octets, *wanted;
	} tests[] = {
		{ { POP4_CONTENT_RAW, { MESSAGE_CTE_78BIT, NULL } },
		  "a\nb\r\nc\r\r\n\n.\n", "a\r\nb\r\nc\r\r\n\r\n.\r\n" },
		{ { POP4_CONTENT_DATA, { MESSAGE_CTE_BASE64, NULL } },
		  "YQpi\nYw==\n", "a\nbc" },
		{ { POP4_CONTENT_DATA, { MESSAGE_CTE_QP, NULL } },
		  "a=\nb=0A=FCc\n", "ab\n\xfc" "c\r\n" },
		{ { POP4_CONTENT_TEXT, { MESSAGE_CTE_QP, "utf-8" } },
		  "Das ist f=FCr=E2=82=\n=AC=0A=E2", "Das ist f\xef\xbf\xbdr"
		  "\xe2\x82\xac\r\n\xef\xbf\xbd" },
		{ { POP4_CONTENT_TEXT, { MESSAGE_CTE_BASE64, "utf-16le" } },
		  "ZgD8AAoA\nrCA=", "f\xc3\xbc\r\n\xe2\x82\xac" },
		{ { POP4_CONTENT_TEXT, { MESSAGE_CTE_78BIT, "koi8-r" } },
		  "\xd0\xd2\n\xc9\r\n", "\xd0\xbf\xd1\x80\r\n\xd0\xb8\r\n" },
		{ { POP4_CONTENT_DATA, { MESSAGE_CTE_BASE64, NULL } },
		  "YQpiY", NULL },
	};
	struct test_stream stream = { .name = "part", .create = create_part };
	struct part part;
	unsigned int i;

	test_begin("streams: what RPRT sends, over each parent");
	for (i = 0; i < N_ELEMENTS(tests); i++) T_BEGIN {
		buffer_t *wanted = NULL;

		if (tests[i].wanted != NULL) {
			wanted = t_buffer_create(64);
			buffer_append(wanted, tests[i].wanted,
				      strlen(tests[i].wanted));
		}
		part = tests[i].part;
		stream.context = &part;
		stream.wants_all_taken = part.mode == POP4_CONTENT_DATA &&
			part.header.cte == MESSAGE_CTE_QP;
		test_stream_all(&stream, tests[i].octets,
				strlen(tests[i].octets), wanted);
	} T_END;
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_charset_streams,
		test_charset_streams_random,
		test_base64_groups_stream,
		test_step_stream,
		test_step_blocks,
		test_capped_stream,
		test_pop3_data_stream,
		test_part_streams,
		NULL
	};
	return test_run(test_functions);
}
