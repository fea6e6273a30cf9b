/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "istream.h"
#include "test-common.h"

#include "istream-capped.h"

#define CAP 10

static void test_read(struct istream *input, const char *wanted)
{
	const unsigned char *data;
	size_t size, pos = 0;
	int ret;

	while ((ret = i_stream_read_more(input, &data, &size)) > 0) {
		test_assert(size <= strlen(wanted) - pos &&
			    memcmp(data, wanted + pos, size) == 0);
		i_stream_skip(input, size);
		pos += size;
		if (pos == strlen(wanted))
			break;
	}
	test_assert(pos == strlen(wanted));
}

static void test_no_more(struct istream *input, int stream_errno)
{
	test_assert(i_stream_read(input) == -1);
	test_assert(input->eof);
	test_assert(input->stream_errno == stream_errno);
}

static void test_istream_capped_ends(void)
{
	struct istream *parent, *input;

	test_begin("capped istream: as much as is allowed, then the end");
	parent = i_stream_create_from_data("0123456789", CAP);
	input = i_stream_create_capped(parent, CAP);
	test_read(input, "0123456789");
	test_no_more(input, 0);
	i_stream_unref(&input);
	i_stream_unref(&parent);
	test_end();
}

static void test_istream_capped_too_much(void)
{
	struct istream *parent, *input;

	test_begin("capped istream: one octet too much");
	parent = i_stream_create_from_data("0123456789a", CAP + 1);
	input = i_stream_create_capped(parent, CAP);
	test_read(input, "0123456789");
	test_no_more(input, ENOBUFS);
	test_assert(strstr(i_stream_get_error(input), "10 octets") != NULL);
	i_stream_unref(&input);
	i_stream_unref(&parent);
	test_end();
}

static void test_istream_capped_renew(void)
{
	struct istream *parent, *input;

	test_begin("capped istream: renewed");
	parent = test_istream_create_data("0123456789abcdefghijklmn", 24);
	input = i_stream_create_capped(parent, CAP);
	test_istream_set_size(parent, 5);
	test_read(input, "01234");
	i_stream_capped_renew(input);
	/* what was left is not added */
	test_istream_set_size(parent, 15);
	test_read(input, "56789abcde");
	i_stream_capped_renew(input);
	test_istream_set_size(parent, 24);
	test_read(input, "fghijklmn");
	test_istream_set_allow_eof(parent, TRUE);
	test_no_more(input, 0);
	i_stream_unref(&input);
	i_stream_unref(&parent);
	test_end();
}

static void test_istream_capped_slow(void)
{
	struct istream *parent, *input;
	unsigned int size;

	test_begin("capped istream: octet by octet");
	parent = test_istream_create_data("0123456789a", CAP + 1);
	input = i_stream_create_capped(parent, CAP);
	for (size = 1; size <= CAP; size++) {
		test_istream_set_size(parent, size);
		test_assert_idx(i_stream_read(input) == 1, size);
		test_assert_idx(i_stream_read(input) == 0, size);
	}
	test_assert(i_stream_get_data_size(input) == CAP);
	test_istream_set_size(parent, CAP + 1);
	test_no_more(input, ENOBUFS);
	/* what was allowed can still be read */
	test_assert(i_stream_get_data_size(input) == CAP);
	i_stream_unref(&input);
	i_stream_unref(&parent);
	test_end();
}

static void test_istream_capped_parent_fails(void)
{
	struct istream *parent, *input;

	test_begin("capped istream: the parent's error");
	parent = i_stream_create_error_str(EIO, "broken");
	input = i_stream_create_capped(parent, CAP);
	test_no_more(input, EIO);
	test_assert_strcmp(i_stream_get_error(input), "broken");
	i_stream_unref(&input);
	i_stream_unref(&parent);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_istream_capped_ends,
		test_istream_capped_too_much,
		test_istream_capped_renew,
		test_istream_capped_slow,
		test_istream_capped_parent_fails,
		NULL
	};
	return test_run(test_functions);
}
