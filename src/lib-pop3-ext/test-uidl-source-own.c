/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "istream.h"
#include "str.h"
#include "test-common.h"

#include "pop3-ext-limits.h"
#include "uidl-source.h"

#define HEAD "pop3-uidl 1 user=jane mailbox=INBOX\n"
#define GUID "000102030405060708090a0b"

/* Writes what it gets, each part with its head. */
struct copy {
	string_t *str;
	char *user;
	unsigned int count;
};

static int
copy_record(void *context, const struct uidl_source_record *record,
	    const char **error_r ATTR_UNUSED)
{
	struct copy *copy = context;

	test_assert(record->order == copy->count + 1);
	if (copy->count++ == 0)
		uidl_own_write_head(copy->str, record->user, record->mailbox);
	uidl_own_write_record(copy->str, record);
	return 0;
}

static int
copy_list(const char *list, size_t size, string_t *dest, const char **error_r)
{
	struct copy copy = { .str = dest };
	struct istream *input = i_stream_create_from_data(list, size);
	int ret;

	i_stream_set_name(input, "list");
	ret = uidl_source_read(uidl_source_find("own"), input, copy_record,
			       &copy, error_r);
	if (ret == 0)
		uidl_own_write_end(dest, copy.count);
	i_stream_unref(&input);
	return ret;
}

static void test_uidl_own_round_trip(void)
{
	static const char *const lists[] = {
		HEAD "uidl 0000000158f0a3b1\nend 1\n",
		HEAD "uidl end\nuidl uidl gone\nuidl pop3-uidl\nend 3\n",
		HEAD "uidl !~ guid="GUID" content="GUID" size=0 uid=1/2\nend 1\n",
		HEAD "uidl x size=18446744073709551614 uid=4294967295/1\nend 1\n",
		HEAD "uidl x gone content="GUID"\nend 1\n",
		HEAD "uidl x gone number=7 key=00000000000000ff\n"
			"used fedcba9876543210\nend 2\n",
		"pop3-uidl 1 user=%20%25%C3%A4 mailbox=a%2Fb%0A\nuidl x\nend 1\n",
	};
	string_t *str = str_new(default_pool, 256);
	const char *error = NULL;
	unsigned int i;

	test_begin("uidl own list: round trip");
	for (i = 0; i < N_ELEMENTS(lists); i++) {
		str_truncate(str, 0);
		test_assert_idx(copy_list(lists[i], strlen(lists[i]), str,
					  &error) == 0, i);
		if (i == N_ELEMENTS(lists) - 1) {
			/* a slash needs no code */
			test_assert_strcmp(str_c(str), "pop3-uidl 1 "
				"user=%20%25%C3%A4 mailbox=a/b%0A\n"
				"uidl x\nend 1\n");
		} else {
			test_assert_strcmp_idx(str_c(str), lists[i], i);
		}
	}
	str_truncate(str, 0);
	error = HEAD "end 0\r\n" HEAD "uidl x\r\nend 1\r\n";
	test_assert(copy_list(error, strlen(error), str, &error) == 0);
	test_assert_strcmp(str_c(str), HEAD "uidl x\nend 1\n");
	str_free(&str);
	test_end();
}

static const struct {
	const char *list, *error;
} refused[] = {
	{ "", "list: it is empty" },
	{ "Subject: x\n", "list:1: it should begin with 'pop3-uidl 1'" },
	{ "pop3-uidl 2 user=a mailbox=b\n",
	  "list:1: it is of a version other than 1" },
	{ "pop3-uidl 1 user=a\n",
	  "list:1: the user or the mailbox is missing or invalid" },
	{ "pop3-uidl 1 user=%zz mailbox=b\n",
	  "list:1: the user or the mailbox is missing or invalid" },
	{ "pop3-uidl 1 user=%00 mailbox=b\n",
	  "list:1: the user or the mailbox is missing or invalid" },
	{ HEAD, "list:1: the line 'end' is missing: it was cut" },
	{ HEAD "uidl x\n" HEAD, "list:3: the line 'end' is missing before this" },
	{ HEAD "uidl x\nend 2\n",
	  "list:3: 1 lines with UIDLs are before this, but it says 2" },
	{ HEAD "end\n", "list:2: the number after 'end' is missing or invalid" },
	{ HEAD "end 0 1\n",
	  "list:2: the number after 'end' is missing or invalid" },
	{ HEAD "uidl\n", "list:2: the UIDL is missing" },
	{ HEAD "uidl  gone\n", "list:2: the UIDL is empty" },
	{ HEAD "uidl \xc3\xa4\n", "list:2: the UIDL has the octet 0xc3, "
	  "which is none of 0x21 to 0x7e" },
	{ HEAD "uidl x went\n", "list:2: the word 'went' is invalid" },
	{ HEAD "uidl x \x1b[0m\n", "list:2: the word '?[0m' is invalid" },
	{ HEAD "uidl x guid=00\n", "list:2: the word 'guid=00' is invalid" },
	{ HEAD "uidl x size=-1\n", "list:2: the word 'size=-1' is invalid" },
	{ HEAD "uidl x uid=0/1\n", "list:2: the word 'uid=0/1' is invalid" },
	{ HEAD "uidl x uid=1\n", "list:2: the word 'uid=1' is invalid" },
	{ HEAD "used\n", "list:2: the hash after 'used' is missing or invalid" },
	{ HEAD "used 12\n",
	  "list:2: the hash after 'used' is missing or invalid" },
	{ HEAD "uidl x key=1\n", "list:2: the word 'key=1' is invalid" },
	{ HEAD "x\n", "list:2: it begins with none of the words 'uidl', "
	  "'used' and 'end'" },
};

static void test_uidl_own_refused(void)
{
	string_t *str = str_new(default_pool, 256);
	const char *error;
	unsigned int i;

	test_begin("uidl own list: refused");
	for (i = 0; i < N_ELEMENTS(refused); i++) {
		error = NULL;
		test_assert_idx(copy_list(refused[i].list,
					  strlen(refused[i].list), str,
					  &error) < 0, i);
		test_assert_strcmp_idx(error, refused[i].error, i);
	}
	test_assert(copy_list(HEAD "uidl \0x\n", sizeof(HEAD) + 7, str,
			      &error) < 0);
	test_assert_strcmp(error, "list:2: the line has a NUL");
	str_free(&str);
	test_end();
}

static void test_uidl_own_limits(void)
{
	string_t *list = t_str_new(80*1024);
	string_t *str = str_new(default_pool, 1024);
	const char *error;
	unsigned int i;

	test_begin("uidl own list: limits");
	for (i = 0; i < 2; i++) {
		unsigned int j, len = POP3_EXT_MAX_UIDL + i;

		str_truncate(list, 0);
		str_append(list, HEAD "uidl ");
		for (j = 0; j < len; j++)
			str_append_c(list, 'x');
		str_append(list, "\nend 1\n");
		test_assert_idx(copy_list(str_c(list), str_len(list), str,
					  &error) == (i == 0 ? 0 : -1), i);
	}
	test_assert_strcmp(error, "list:2: the UIDL has 1001 characters, "
			   "more than 1000");
	for (i = 0; i < UIDL_SOURCE_MAX_LINE; i++)
		str_append_c(list, ' ');
	str_append_c(list, ' ');
	test_assert(copy_list(str_c(list) + str_len(list) -
			      UIDL_SOURCE_MAX_LINE - 1,
			      UIDL_SOURCE_MAX_LINE + 1, str, &error) < 0);
	test_assert_strcmp(error,
			   "list:1: the line is longer than 65536 octets");
	str_free(&str);
	test_end();
}

static void test_uidl_source_table(void)
{
	const struct uidl_source *source = NULL;
	unsigned int count = 0;

	test_begin("uidl sources");
	while ((source = uidl_source_next(source)) != NULL) {
		test_assert(uidl_source_find(source->name) == source);
		count++;
	}
	test_assert(count >= 1);
	test_assert(uidl_source_find("no such") == NULL);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_uidl_own_round_trip,
		test_uidl_own_refused,
		test_uidl_own_limits,
		test_uidl_source_table,
		NULL
	};
	return test_run(test_functions);
}
