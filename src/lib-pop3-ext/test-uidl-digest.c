/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "test-common.h"

#include "uidl-digest.h"

static struct uidl_digest *digest;

static void
digest_pieces(const char *text, size_t piece, unsigned char *dest)
{
	size_t size, len = strlen(text);

	uidl_digest_begin(digest);
	for (; len > 0; text += size, len -= size) {
		size = I_MIN(piece, len);
		if (!uidl_digest_more(digest, (const void *)text, size))
			break;
	}
	uidl_digest_end(digest, dest);
}

static bool digest_equal(const char *text1, const char *text2)
{
	unsigned char dest1[UIDL_DIGEST_SIZE], dest2[UIDL_DIGEST_SIZE];

	digest_pieces(text1, 1, dest1);
	digest_pieces(text2, SIZE_MAX, dest2);
	return memcmp(dest1, dest2, UIDL_DIGEST_SIZE) == 0;
}

static void test_uidl_digest(void)
{
	static const char *const text = "Subject: a\r\nFrom: b\r\n\r\nBody\r\n";
	static const struct {
		const char *text;
		bool equal;
	} tests[] = {
		{ "Subject: a\r\nFrom: b\r\n\r\nBody\r\n", TRUE },
		{ "Subject: a\nFrom: b\n\nBody\n", TRUE },
		{ "Status: RO\nSubject: a\nX-UID: 1\nFrom: b\n\nBody\n", TRUE },
		{ "Subject: a\nx-keywords:   \nX-UIDL: a\n b\n\tc\n"
		  "Return-Path: <x>\nFrom: b\n\nBody\n\n\n", TRUE },
		{ "Subject: a\nFrom: b\n\nBody", TRUE },
		{ "Subject: a\nFrom: b\n\n>Body", TRUE },
		{ "Subject: a\nFrom: b\n\nB>ody", FALSE },
		{ "Subject: a\nFrom: b\n\nBody\n\n.\n", FALSE },
		{ "Subject: a\nFrom: b\nStatusX: 1\n\nBody\n", FALSE },
		{ "Subject: a\nFrom: b\nStatus\n\nBody\n", FALSE },
		{ "Subject: a\n Status: 1\nFrom: b\n\nBody\n", FALSE },
		{ "Subject: a\nFrom: b\n\nStatus: 1\nBody\n", FALSE },
		{ "From: b\nSubject: a\n\nBody\n", FALSE },
		{ "Subject: a\nFrom: b\n", FALSE },
		{ "", FALSE },
	};
	unsigned int i;

	test_begin("uidl digest: what counts");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(digest_equal(text, tests[i].text) ==
				tests[i].equal, i);
	}
	test_end();
}

/* Stores hold it: it can't change. */
static void test_uidl_digest_value(void)
{
	static const unsigned char value[UIDL_DIGEST_SIZE] = {
		0xb2, 0x5e, 0x37, 0x38, 0xf4, 0x67,
		0xdf, 0x2f, 0xc2, 0xb3, 0x66, 0x28
	};
	unsigned char dest[UIDL_DIGEST_SIZE];

	test_begin("uidl digest: SHA-256 of what counts");
	digest_pieces("Status: RO\r\nSubject: a\r\n\r\n>Body\r\n", 1, dest);
	test_assert(memcmp(dest, value, sizeof(value)) == 0);
	test_end();
}

static void test_uidl_digest_limits(void)
{
	string_t *one = t_str_new(8192), *two = t_str_new(8192);
	unsigned int i;

	test_begin("uidl digest: limits");
	str_append(one, "a: b\n\n");
	for (i = 0; i < UIDL_DIGEST_MAX_BODY; i++)
		str_append_c(one, 'x');
	str_append_str(two, one);
	str_append(one, "1");
	str_append(two, "2");
	test_assert(digest_equal(str_c(one), str_c(two)));
	/* one octet less, and it counts */
	str_truncate(one, 0);
	str_append_data(one, str_data(two), str_len(two) - 2);
	str_truncate(two, str_len(one));
	str_append(one, "1");
	str_append(two, "2");
	test_assert(!digest_equal(str_c(one), str_c(two)));
	test_end();
}

static size_t
digest_read(const string_t *text, size_t piece, unsigned char *dest)
{
	const unsigned char *data;
	size_t pos, size, len;

	data = buffer_get_data(text, &len);
	uidl_digest_begin(digest);
	for (pos = 0; pos < len; pos += size) {
		size = I_MIN(piece, len - pos);
		if (!uidl_digest_more(digest, data + pos, size))
			break;
	}
	uidl_digest_end(digest, dest);
	return pos;
}

/* What never counts is not read without an end, and the digest does not depend
   on how the storage changes it. */
static void test_uidl_digest_left_out(void)
{
	static const struct {
		const char *begin, *other_begin;
		const char *repeat, *other;
		size_t size, other_size;
	} tests[] = {
		{ "a: b\n\n", "a: b\r\n\r\n", "\0", "\x80", 1, 1 },
		{ "a: b\n\n", "a: b\r\n\r\n", "\n", "\r\n", 1, 2 },
		{ "a: b\n\n", "a: b\r\n\r\n", ">\n", ">\r\n", 2, 3 },
		{ "a: b\n\n", "a: b\r\n\r\n", "\r", "\r", 1, 1 },
		{ "a: b\n\n", "a: b\r\n\r\n", "\0\r", "\x80", 2, 1 },
		/* the same in the header, and in a field's name */
		{ "a: b", "a: b", "\0", "\x80", 1, 1 },
		{ "a", "a", "\0", "\x80", 1, 1 },
		{ "Status: b", "Status: b", "\0", "\x80", 1, 1 },
	};
	unsigned char one[UIDL_DIGEST_SIZE], two[UIDL_DIGEST_SIZE];
	string_t *text = t_str_new(1024*1024), *text2 = t_str_new(1024*1024);
	unsigned int i, n;

	test_begin("uidl digest: octets that do not count have an end");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		str_truncate(text, 0);
		str_truncate(text2, 0);
		str_append(text, tests[i].begin);
		str_append(text2, tests[i].other_begin);
		for (n = 0; n < UIDL_DIGEST_MAX_LEFT_OUT + 10; n++) {
			str_append_data(text, tests[i].repeat, tests[i].size);
			str_append_data(text2, tests[i].other,
					tests[i].other_size);
		}
		str_append(text, "abc\n");
		str_append(text2, "xyz\n");
		test_assert_idx(digest_read(text, 1, one) <
				str_len(text) - 10, i);
		(void)digest_read(text2, 8192, two);
		test_assert_idx(memcmp(one, two, sizeof(one)) == 0, i);
	}
	test_end();
}

/* One octet less than the limit, and what follows counts. */
static void test_uidl_digest_left_out_limit(void)
{
	unsigned char one[UIDL_DIGEST_SIZE], two[UIDL_DIGEST_SIZE];
	string_t *text = t_str_new(1024*1024);

	test_begin("uidl digest: up to the limit all counts");
	str_append(text, "a: b\n\n");
	buffer_append_zero(text, UIDL_DIGEST_MAX_LEFT_OUT - 1);
	str_append_c(text, '1');
	(void)digest_read(text, SIZE_MAX, one);
	str_truncate(text, str_len(text) - 1);
	str_append_c(text, '2');
	(void)digest_read(text, SIZE_MAX, two);
	test_assert(memcmp(one, two, sizeof(one)) != 0);
	test_end();
}

static void test_uidl_guid_digest(void)
{
	static const unsigned char abc[UIDL_DIGEST_SIZE] = {
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01,
		0xcf, 0xea, 0x41, 0x41, 0x40, 0xde
	};
	unsigned char dest[UIDL_DIGEST_SIZE];
	unsigned int i;

	test_begin("uidl guid digest");
	uidl_guid_digest("abc", dest);
	test_assert(memcmp(dest, abc, sizeof(abc)) == 0);
	/* by one that has been used */
	for (i = 0; i < 2; i++) {
		digest_pieces("Subject: a\n\nBody\n", 1, dest);
		uidl_digest_guid(digest, "abc", dest);
		test_assert_idx(memcmp(dest, abc, sizeof(abc)) == 0, i);
	}
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_uidl_digest,
		test_uidl_digest_value,
		test_uidl_digest_limits,
		test_uidl_digest_left_out,
		test_uidl_digest_left_out_limit,
		test_uidl_guid_digest,
		NULL
	};
	int ret;

	digest = uidl_digest_init();
	ret = test_run(test_functions);
	uidl_digest_deinit(&digest);
	return ret;
}
