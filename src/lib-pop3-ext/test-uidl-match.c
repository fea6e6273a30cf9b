/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "test-common.h"

#include "uidl-match.h"

/* What one side knows, in short */
struct side {
	const char *guid, *file_name;
	uint32_t uid;
	const char *content, *message_id;
	uoff_t size;
};

static const struct {
	const char *name;
	struct side records[4], messages[4];
	/* per record: index of its message, or one of these */
	int expected[4];
#define NONE -1
#define AMBIGUOUS -2
} tests[] = {
	{ "each key by itself, in any order",
	  { { .guid = "g" }, { .file_name = "f" }, { .uid = 7 },
	    { .message_id = "<m>" } },
	  { { .uid = 7 }, { .uid = 8, .message_id = "<m>" },
	    { .uid = 9, .guid = "g" }, { .uid = 10, .file_name = "f" } },
	  { 2, 3, 0, 1 } },
	{ "the first key decides",
	  { { .guid = "g", .uid = 1, .message_id = "<m>" } },
	  { { .guid = "h", .uid = 1, .message_id = "<m>" },
	    { .guid = "g", .uid = 2, .message_id = "<n>" } },
	  { 1 } },
	{ "a later key where the first one is unknown",
	  { { .guid = "old", .content = "c" } },
	  { { .guid = "new", .uid = 1, .content = "c" } },
	  { 0 } },
	{ "nothing in common",
	  { { .message_id = "<m>" } }, { { .message_id = "<n>", .uid = 1 } },
	  { NONE } },
	{ "equal contents in their order, one too many",
	  { { .content = "c" }, { .content = "c" }, { .content = "c" } },
	  { { .uid = 1, .content = "c" }, { .uid = 2, .content = "c" } },
	  { 0, 1, NONE } },
	{ "equal contents, but a UID says which",
	  { { .content = "c" }, { .content = "c", .uid = 1 } },
	  { { .uid = 1, .content = "c" }, { .uid = 2, .content = "c" } },
	  { 1, 0 } },
	{ "equal GUIDs, whose UIDs say which",
	  { { .guid = "g", .uid = 1 }, { .guid = "g", .uid = 3 } },
	  { { .uid = 1, .guid = "g" }, { .uid = 2, .guid = "g" },
	    { .uid = 3, .guid = "g" } },
	  { 0, 2 } },
	{ "two messages with one Message-ID",
	  { { .message_id = "<m>" } },
	  { { .uid = 1, .message_id = "<m>" },
	    { .uid = 2, .message_id = "<m>" } },
	  { AMBIGUOUS } },
	{ "two records with one Message-ID",
	  { { .message_id = "<m>" }, { .message_id = "<m>" } },
	  { { .uid = 1, .message_id = "<m>" } },
	  { AMBIGUOUS, AMBIGUOUS } },
	{ "one Message-ID, the sizes say which",
	  { { .message_id = "<m>", .size = 20 },
	    { .message_id = "<m>", .size = 10 } },
	  { { .uid = 1, .message_id = "<m>", .size = 10 },
	    { .uid = 2, .message_id = "<m>", .size = 20 } },
	  { 1, 0 } },
	{ "one Message-ID, and a size that several have",
	  { { .message_id = "<m>", .size = 10 },
	    { .message_id = "<m>", .size = 20 } },
	  { { .uid = 1, .message_id = "<m>", .size = 10 },
	    { .uid = 2, .message_id = "<m>", .size = 10 },
	    { .uid = 3, .message_id = "<m>", .size = 20 } },
	  { AMBIGUOUS, 2 } },
	{ "what has a partner is no candidate any more",
	  { { .uid = 1 }, { .message_id = "<m>" } },
	  { { .uid = 1, .message_id = "<m>" },
	    { .uid = 2, .message_id = "<m>" } },
	  { 0, 1 } },
	{ "a size alone says nothing",
	  { { .size = 10 } }, { { .uid = 1, .size = 10 } },
	  { NONE } },
};

static bool
side_read(const struct side *side, struct uidl_source_record *record_r)
{
	static const struct side none;

	if (memcmp(side, &none, sizeof(none)) == 0)
		return FALSE;
	uidl_source_record_init(record_r);
	record_r->uidl = "u";
	if (side->guid != NULL)
		memcpy(record_r->guid, side->guid, strlen(side->guid));
	if (side->content != NULL)
		memcpy(record_r->content, side->content, strlen(side->content));
	record_r->file_name = side->file_name;
	record_r->message_id = side->message_id;
	record_r->uid = side->uid;
	record_r->uid_validity = 1234;
	if (side->size != 0)
		record_r->size = side->size;
	return TRUE;
}

static void test_match_one(unsigned int t)
{
	struct uidl_match *match = uidl_match_init();
	const struct uidl_match_entry *records, *messages;
	struct uidl_source_record record;
	unsigned int i, count, msg_count;

	for (i = 0; i < 4 && side_read(&tests[t].records[i], &record); i++)
		uidl_match_add_record(match, &record);
	for (i = 0; i < 4 && side_read(&tests[t].messages[i], &record); i++)
		uidl_match_add_message(match, &record);
	for (i = 0; i < UIDL_MATCH_KEYS_COUNT; i++)
		uidl_match_run(match, i);
	records = uidl_match_records(match, &count);
	messages = uidl_match_messages(match, &msg_count);
	for (i = 0; i < count; i++) {
		int found = records[i].result == UIDL_MATCH_NONE ? NONE :
			(records[i].result == UIDL_MATCH_AMBIGUOUS ?
			 AMBIGUOUS : (int)records[i].partner);

		test_assert_idx(found == tests[t].expected[i], t * 10 + i);
		test_assert_idx(found < 0 ||
				(messages[found].result == UIDL_MATCH_FOUND &&
				 messages[found].partner == i), t * 10 + i);
	}
	uidl_match_deinit(&match);
}

static void test_uidl_match(void)
{
	unsigned int t;

	for (t = 0; t < N_ELEMENTS(tests); t++) {
		test_begin(t_strdup_printf("uidl match: %s", tests[t].name));
		test_match_one(t);
		test_end();
	}
}

static void test_uidl_match_later(void)
{
	struct uidl_match *match = uidl_match_init();
	const struct uidl_match_entry *records;
	struct uidl_source_record record;
	unsigned int count;

	test_begin("uidl match: what is read later");
	uidl_source_record_init(&record);
	record.uidl = "a";
	memset(record.content, 'c', sizeof(record.content));
	uidl_match_add_record(match, &record);
	uidl_source_record_init(&record);
	record.uidl = "b";
	record.message_id = "<m>";
	uidl_match_add_record(match, &record);
	uidl_source_record_init(&record);
	record.uid = 1;
	uidl_match_add_message(match, &record);
	record.uid = 2;
	uidl_match_add_message(match, &record);

	uidl_match_run(match, UIDL_MATCH_UID);
	test_assert(!uidl_match_wants(match, UIDL_MATCH_GUID));
	test_assert(uidl_match_wants(match, UIDL_MATCH_CONTENT));
	memset(record.content, 'c', sizeof(record.content));
	uidl_match_set_content(match, 1, record.content);
	uidl_match_run(match, UIDL_MATCH_CONTENT);
	test_assert(!uidl_match_wants(match, UIDL_MATCH_CONTENT));
	test_assert(uidl_match_wants(match, UIDL_MATCH_MESSAGE_ID));
	uidl_match_set_message_id(match, 0, "<m>", UOFF_T_MAX);
	uidl_match_run(match, UIDL_MATCH_MESSAGE_ID);
	records = uidl_match_records(match, &count);
	test_assert(count == 2);
	test_assert(records[0].partner == 1);
	test_assert(records[0].key == UIDL_MATCH_CONTENT);
	test_assert(records[1].partner == 0);
	test_assert_strcmp(uidl_match_key_name(records[1].key), "Message-ID");
	uidl_match_deinit(&match);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_uidl_match,
		test_uidl_match_later,
		NULL
	};
	return test_run(test_functions);
}
