/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "buffer.h"
#include "byteorder.h"
#include "crc32.h"
#include "str.h"
#include "test-common.h"

#include "uidl-slot.h"

static void test_uidl_head(void)
{
	struct uidl_head head, read;
	unsigned char data[UIDL_HEAD_SIZE];
	const char *error;
	unsigned int i;
	uint32_t crc;

	test_begin("uidl head");
	i_zero(&head);
	memset(head.store_id, 0xab, sizeof(head.store_id));
	head.sequence = 0x01020304;
	head.slots = 7;
	head.messages = 5;
	head.last_template = 3;
	head.flags = UIDL_HEAD_FLAG_COMPLETE;
	head.chain = 0x1122334455667788ULL;
	uidl_head_write(&head, data);
	/* the same on every machine */
	test_assert(memcmp(data, "POP3UIDL\1\0\50\0\4\3\2\1", 16) == 0);
	test_assert(uidl_head_read(data, sizeof(data), &read, &error) == 0);
	test_assert(memcmp(&read, &head, sizeof(head)) == 0);
	for (i = 0; i < sizeof(data); i++) {
		data[i] ^= 0x10;
		test_assert_idx(uidl_head_read(data, sizeof(data), &read,
					       &error) < 0, i);
		data[i] ^= 0x10;
	}
	test_assert(uidl_head_read(data, sizeof(data) - 1, &read, &error) < 0);
	test_assert_strcmp(error, "is not a UIDL store");
	data[8] = 2;
	crc = crc32_data(data, sizeof(data) - 4);
	cpu32_to_le_unaligned(crc, data + sizeof(data) - 4);
	test_assert(uidl_head_read(data, sizeof(data), &read, &error) == -2);
	head.messages = 8;
	uidl_head_write(&head, data);
	test_assert(uidl_head_read(data, sizeof(data), &read, &error) < 0);
	head.messages = 5;
	head.slots = UIDL_BASE_UNIT + 5;
	head.base = UIDL_BASE_UNIT;
	uidl_head_write(&head, data);
	test_assert(uidl_head_read(data, sizeof(data), &read, &error) == 0 &&
		    read.base == UIDL_BASE_UNIT);
	head.base = UIDL_BASE_UNIT - 1;
	uidl_head_write(&head, data);
	test_assert(uidl_head_read(data, sizeof(data), &read, &error) < 0);
	test_end();
}

static void test_uidl_message(void)
{
	struct uidl_message_slot msg, read;
	unsigned char data[UIDL_SLOT_SIZE];

	test_begin("uidl message");
	i_zero(&msg);
	i_zero(&read);
	msg.template_num = 9;
	msg.text_len = 0x0102;
	msg.text_hash = 0x01020304;
	msg.number = 0xfffffffe;
	memset(msg.guid, 0x11, sizeof(msg.guid));
	memset(msg.content, 0x22, sizeof(msg.content));
	msg.size = UIDL_SIZE_UNKNOWN;
	uidl_message_write(&msg, data);
	test_assert(memcmp(data, "\1\11\2\1\4\3\2\1\376\377\377\377", 12) == 0);
	test_assert(uidl_message_read(data, &read));
	test_assert(memcmp(&read, &msg, sizeof(msg)) == 0);
	data[0] = UIDL_SLOT_TEXT;
	test_assert(!uidl_message_read(data, &read));
	test_end();
}

static void test_uidl_text(void)
{
	static const size_t lengths[] = { 1, 37, 38, 39, 76, 77, 1000 };
	buffer_t *slots = t_buffer_create(128);
	string_t *text = t_str_new(128), *read = t_str_new(128);
	unsigned int i, count;

	test_begin("uidl text");
	for (i = 0; i < N_ELEMENTS(lengths); i++) {
		while (str_len(text) < lengths[i])
			str_append_c(text, 'a' + str_len(text) % 26);
		buffer_set_used_size(slots, 0);
		uidl_text_write(str_c(text), str_len(text), slots);
		count = slots->used / UIDL_SLOT_SIZE;
		test_assert_idx(count == uidl_text_slots(lengths[i]), i);
		str_truncate(read, 0);
		test_assert_idx(uidl_text_read(slots->data, count, lengths[i],
					       read), i);
		test_assert_strcmp_idx(str_c(read), str_c(text), i);
		test_assert_idx(!uidl_text_read(slots->data, count - 1,
						lengths[i], read), i);
	}
	test_end();
}

static void test_uidl_template(void)
{
	static const struct {
		const char *text;
		uint32_t number;
		bool found;
		const char *next;
	} tests[] = {
		{ "0000000158f0a3b1", 1, TRUE, "0000000258f0a3b1" },
		{ "58f0a3b10000000f", 15, TRUE, "58f0a3b100000010" },
		{ "1", 1, TRUE, "2" },
		{ "1492165553.99", 99, TRUE, "1492165553.100" },
		{ "UID4294967295-1", 4294967295U, TRUE, "UID0-1" },
		{ "+O1cW2", 7, FALSE, NULL },
		{ "", 1, FALSE, NULL },
		{ "1234567890123456789012345678901", 1, TRUE, NULL },
		{ "12345678901234567890123456789012", 1, FALSE, NULL },
	};
	struct uidl_template tmpl, read;
	unsigned char data[UIDL_SLOT_SIZE];
	string_t *str = t_str_new(64);
	unsigned int i;

	test_begin("uidl template");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(uidl_template_find(tests[i].text,
			tests[i].number, &tmpl) == tests[i].found, i);
		if (!tests[i].found)
			continue;
		tmpl.num = i + 1;
		tmpl.prev = 77;
		uidl_template_write(&tmpl, data);
		test_assert_idx(uidl_template_read(data, &read), i);
		test_assert_idx(memcmp(&tmpl, &read, sizeof(tmpl)) == 0, i);
		str_truncate(str, 0);
		uidl_template_expand(&read, tests[i].number, str);
		test_assert_strcmp_idx(str_c(str), tests[i].text, i);
		test_assert_idx(uidl_template_makes(&read, tests[i].number,
						    tests[i].text), i);
		test_assert_idx(!uidl_template_makes(&read,
			tests[i].number + 1, tests[i].text), i);
		str_truncate(str, 0);
		uidl_template_expand(&read, tests[i].number + 1, str);
		if (tests[i].next != NULL)
			test_assert_strcmp_idx(str_c(str), tests[i].next, i);
	}
	test_end();
}

static void test_uidl_gone(void)
{
	static const struct uidl_gone gone[] = {
		{ .template_num = 1, .number = 0xfffffffe, .key = 7 },
		{ .template_num = UIDL_GONE_HASHED, .number = 0,
		  .key = 0xfedcba9876543210ULL },
	};
	static const unsigned char first[] = {
		4, 1, 0xfe, 0xff, 0xff, 0xff, 7, 0, 0, 0, 0, 0, 0, 0, 255
	};
	unsigned char data[UIDL_SLOT_SIZE];
	struct uidl_gone read;
	unsigned int i;

	test_begin("uidl of messages that are gone");
	uidl_gone_write(gone, N_ELEMENTS(gone), data);
	test_assert(memcmp(data, first, sizeof(first)) == 0);
	for (i = 0; i < N_ELEMENTS(gone); i++) {
		test_assert_idx(uidl_gone_read(data, i, &read), i);
		test_assert_idx(read.template_num == gone[i].template_num &&
				read.number == gone[i].number &&
				read.key == gone[i].key, i);
	}
	test_assert(!uidl_gone_read(data, 2, &read));
	data[0] = UIDL_SLOT_TEXT;
	test_assert(!uidl_gone_read(data, 0, &read));
	test_end();
}

static void test_uidl_chain(void)
{
	unsigned char slots[UIDL_SLOT_SIZE * 4];
	uint64_t whole;
	unsigned int i;

	test_begin("uidl chain");
	for (i = 0; i < sizeof(slots); i++)
		slots[i] = i;
	whole = uidl_chain(0, slots, 4);
	for (i = 0; i <= 4; i++) {
		test_assert_idx(uidl_chain(uidl_chain(0, slots, i),
			slots + i * UIDL_SLOT_SIZE, 4 - i) == whole, i);
	}
	for (i = 0; i < sizeof(slots); i++) {
		slots[i] ^= 0x80;
		test_assert_idx(uidl_chain(0, slots, 4) != whole, i);
		slots[i] ^= 0x80;
	}
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_uidl_head,
		test_uidl_message,
		test_uidl_text,
		test_uidl_template,
		test_uidl_gone,
		test_uidl_chain,
		NULL
	};
	return test_run(test_functions);
}
