/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "buffer.h"
#include "test-common.h"

#include "dovecot-compat.h"
#include "test-uidl-source-common.h"

#define HEAD_SIZE 160
#define RECORD_SIZE 112

static void put(buffer_t *buf, size_t pos, uint32_t value)
{
	uint32_t octets = cpu32_to_be(value);

	buffer_write(buf, pos, &octets, sizeof(octets));
}

static buffer_t *head(uint32_t version, uint32_t records, uint32_t options)
{
	buffer_t *buf = t_buffer_create(1024);

	buffer_append_zero(buf, HEAD_SIZE);
	put(buf, 8, version);
	put(buf, 12, HEAD_SIZE);
	put(buf, 16, RECORD_SIZE);
	put(buf, 20, records);
	put(buf, 44, 1795685526);
	put(buf, 60, options);
	return buf;
}

static void record(buffer_t *buf, uint32_t uid, uint32_t size, uint32_t flags)
{
	size_t pos = buf->used;

	buffer_append_zero(buf, RECORD_SIZE);
	put(buf, pos, uid);
	put(buf, pos + 12, size);
	put(buf, pos + 32, flags);
}

static void test_one(const struct uidl_source *source, const buffer_t *buf,
		     const char *result)
{
	test_assert_strcmp(test_uidl_source_data(source, buf->data, buf->used),
			   result);
}

static void test_uidl_source_cyrus_formats(void)
{
	buffer_t *buf = head(17, 4, 1);

	test_begin("uidl source: cyrus");
	record(buf, 1, 55, 0);
	record(buf, 2, 56, 0x80000004);
	record(buf, 3, 57, 0x40000000);
	record(buf, 0xabcd, 58, 0x1f);
	test_one(&uidl_source_cyrus, buf,
		 "1795685526.1 uid=1/1795685526 size=55 order=1\n"
		 "1795685526.43981 uid=43981/1795685526 size=58 order=2\n");
	test_one(&uidl_source_cyrus_uidonly, buf,
		 "1 uid=1/1795685526 size=55 order=1\n"
		 "43981 uid=43981/1795685526 size=58 order=2\n");
	test_one(&uidl_source_cyrus_dovecot, buf,
		 "000000016b07fc96 uid=1/1795685526 size=55 order=1\n"
		 "0000abcd6b07fc96 uid=43981/1795685526 size=58 order=2\n");
	test_one(&uidl_source_cyrus_courier, buf,
		 "1795685526-1 uid=1/1795685526 size=55 order=1\n"
		 "1795685526-43981 uid=43981/1795685526 size=58 order=2\n");

	/* before the option, whatever the format */
	put(buf, 60, 2);
	test_one(&uidl_source_cyrus_courier, buf,
		 "1 uid=1/1795685526 size=55 order=1\n"
		 "43981 uid=43981/1795685526 size=58 order=2\n");
	test_one(&uidl_source_cyrus, head(10, 0, 1), "");
	test_end();
}

static void test_uidl_source_cyrus_bad(void)
{
	static const char *const damaged = "file: the cyrus.index is damaged\n";
	static const char *const version =
		"file: it is no cyrus.index of a version from 10 to 19\n";
	buffer_t *buf;

	test_begin("uidl source: cyrus, bad");
	test_one(&uidl_source_cyrus, head(9, 0, 1), version);
	test_one(&uidl_source_cyrus, head(20, 0, 1), version);
	buf = head(17, 2, 1);
	record(buf, 1, 55, 0);
	record(buf, 0, 55, 0);
	test_one(&uidl_source_cyrus_uidonly, buf,
		 "1 uid=1/1795685526 size=55 order=1\n"
		 "file:2: the record has no UID\n");
	buffer_set_used_size(buf, buf->used - 1);
	test_one(&uidl_source_cyrus_uidonly, buf,
		 "1 uid=1/1795685526 size=55 order=1\n"
		 "file:2: it ends too early\n");
	put(buf, 44, 0);
	test_one(&uidl_source_cyrus, buf, damaged);
	put(buf, 44, 1);
	put(buf, 12, 63);
	test_one(&uidl_source_cyrus, buf, damaged);
	put(buf, 12, 4097);
	test_one(&uidl_source_cyrus, buf, damaged);
	put(buf, 12, 4096);
	test_one(&uidl_source_cyrus, buf, "file: it ends too early\n");
	put(buf, 12, HEAD_SIZE);
	put(buf, 16, 35);
	test_one(&uidl_source_cyrus, buf, damaged);
	put(buf, 16, 4097);
	test_one(&uidl_source_cyrus, buf, damaged);
	test_assert_strcmp(test_uidl_source(&uidl_source_cyrus, ""),
			   "file: it ends too early\n");
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_uidl_source_cyrus_formats,
		test_uidl_source_cyrus_bad,
		NULL
	};
	return test_run(test_functions);
}
