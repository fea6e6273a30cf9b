/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "byteorder.h"
#include "crc32.h"
#include "str.h"
#include "test-common.h"

#include "uidl-finder.h"
#include "uidl-store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEST_PATH ".test-uidl-store"
#define SLOTS_OFFSET 1024

static struct uidl_store *test_store(void)
{
	struct uidl_store_settings set = {
		.path = TEST_PATH,
		.dict_prefix = "",
		.lock_method = FILE_LOCK_METHOD_FCNTL,
	};

	return uidl_store_init(&set);
}

static struct uidl_store *test_store_opened(int wanted)
{
	struct uidl_store *store = test_store();
	const char *error = "";

	test_assert(uidl_store_open(store, &error) == wanted);
	if (wanted >= 0)
		test_assert(uidl_store_load(store, &error) == 0);
	test_assert_strcmp(error, "");
	return store;
}

static uint32_t
test_add(struct uidl_store *store, const char *text, uint32_t number)
{
	struct uidl_record record = { .text = text, .number = number };

	memset(record.guid, number, sizeof(record.guid));
	memset(record.content, 0x77, sizeof(record.content));
	record.size = 100 + number;
	return uidl_store_add(store, &record);
}

static void test_text(struct uidl_store *store, uint32_t serial,
		      const char *text)
{
	string_t *str = t_str_new(64);

	test_assert(uidl_store_get_text(store, serial, str));
	test_assert_strcmp(str_c(str), text);
}

static void test_patch(off_t offset, const void *data, size_t size)
{
	int fd = open(TEST_PATH, O_RDWR);

	test_assert(fd != -1);
	test_assert(pwrite(fd, data, size, offset) == (ssize_t)size);
	i_close_fd(&fd);
}

/* A store with three messages, in two commits. */
static void test_make(uint32_t serials[3])
{
	struct uidl_store *store;
	const char *error;

	i_unlink_if_exists(TEST_PATH);
	store = test_store_opened(0);
	test_assert(uidl_store_lock(store, &error) == 0);
	serials[0] = test_add(store, "0000000158f0a3b1", 1);
	serials[1] = test_add(store, "a text of its own, longer than a slot has",
			      2);
	test_assert(uidl_store_commit(store, &error) == 0);
	uidl_store_unlock(store);
	test_assert(uidl_store_lock(store, &error) == 0);
	serials[2] = test_add(store, "0000000358f0a3b1", 3);
	uidl_store_set_complete(store);
	test_assert(uidl_store_commit(store, &error) == 0);
	/* not committed: never seen again */
	(void)test_add(store, "0000000458f0a3b1", 4);
	uidl_store_deinit(&store);
}

static void test_uidl_store_read(void)
{
	struct uidl_store *store;
	struct uidl_message_slot msg;
	const struct uidl_head *head;
	uint32_t serials[3];
	struct stat st;

	test_begin("uidl store: what was written is read");
	test_make(serials);
	store = test_store_opened(1);
	head = uidl_store_head(store);
	test_assert(head->messages == 3);
	test_assert(head->flags == UIDL_HEAD_FLAG_COMPLETE);
	test_text(store, serials[0], "0000000158f0a3b1");
	test_text(store, serials[1],
		  "a text of its own, longer than a slot has");
	test_text(store, serials[2], "0000000358f0a3b1");
	test_assert(uidl_store_get(store, serials[2], &msg));
	test_assert(msg.size == 103 && msg.guid[0] == 3);
	test_assert(!uidl_store_get(store, head->slots, &msg));
	/* 3 messages, 1 template, 2 slots of text */
	test_assert(head->slots == 6);
	test_assert(stat(TEST_PATH, &st) == 0 && (st.st_mode & 0777) == 0600);
	uidl_store_deinit(&store);
	test_end();
}

static void test_uidl_store_killed(void)
{
	struct uidl_store *store;
	uint32_t serials[3];
	unsigned int newer;

	test_begin("uidl store: killed while it wrote");
	test_make(serials);
	/* slots behind the end that no head knows */
	test_patch(SLOTS_OFFSET + 6 * UIDL_SLOT_SIZE, "rubbish", 7);
	store = test_store_opened(1);
	test_assert(uidl_store_head(store)->messages == 3);
	newer = uidl_store_head(store)->sequence % 2;
	uidl_store_deinit(&store);
	/* half of a head: the older one counts */
	test_patch(newer * 512 + 20, "torn", 4);
	store = test_store_opened(1);
	test_assert(uidl_store_head(store)->messages == 2);
	test_text(store, serials[1],
		  "a text of its own, longer than a slot has");
	uidl_store_deinit(&store);
	test_end();
}

static void test_bad(const char *wanted)
{
	struct uidl_store *store = test_store();
	const char *error;

	test_assert(uidl_store_open(store, &error) < 0 ||
		    uidl_store_load(store, &error) < 0);
	test_assert_strcmp(error, t_strconcat(TEST_PATH" ", wanted, NULL));
	uidl_store_deinit(&store);
}

static void test_uidl_store_bad(void)
{
	unsigned char data[UIDL_HEAD_SIZE];
	uint32_t serials[3];

	test_begin("uidl store: damaged");
	test_make(serials);
	test_patch(SLOTS_OFFSET + 50, "x", 1);
	test_bad("is damaged");
	test_make(serials);
	test_assert(truncate(TEST_PATH, SLOTS_OFFSET + 100) == 0);
	test_bad("is truncated (1124 of 1264 octets)");
	test_assert(truncate(TEST_PATH, 0) == 0);
	test_bad("is not a UIDL store");
	memset(data, 0, sizeof(data));
	test_patch(0, data, sizeof(data));
	test_bad("is not a UIDL store");
	test_end();
}

static void test_read(off_t offset, void *data, size_t size)
{
	int fd = open(TEST_PATH, O_RDONLY);

	test_assert(fd != -1);
	test_assert(pread(fd, data, size, offset) == (ssize_t)size);
	i_close_fd(&fd);
}

static void test_uidl_store_newer(void)
{
	unsigned char data[UIDL_HEAD_SIZE];
	uint32_t serials[3];
	unsigned int copy;

	test_begin("uidl store: a copy of the head of a newer version");
	for (copy = 0; copy < 2; copy++) {
		test_make(serials);
		test_read(copy * 512, data, sizeof(data));
		data[8] = 2;
		cpu32_to_le_unaligned(crc32_data(data, sizeof(data) - 4),
				      data + sizeof(data) - 4);
		test_patch(copy * 512, data, sizeof(data));
		test_bad("was written by a newer pop3_uidl (version 2, this "
			 "one reads up to 1)");
	}
	test_end();
}

/* Adds one to a store that has been restored while it was open. */
static void test_restored(const void *old, size_t size, unsigned int more)
{
	struct uidl_store *live = test_store_opened(1), *store;
	uint32_t serial = 0;
	const char *error = "";

	test_assert(truncate(TEST_PATH, size) == 0);
	test_patch(0, old, size);
	if (more > 0) {
		store = test_store_opened(1);
		test_assert(uidl_store_lock(store, &error) == 0);
		(void)test_add(store, "0000000958f0a3b1", 9);
		test_assert(uidl_store_commit(store, &error) == 0);
		uidl_store_deinit(&store);
	}
	test_assert(uidl_store_lock(live, &error) == 0);
	serial = test_add(live, "new.12", 12);
	test_assert(uidl_store_commit(live, &error) == 0);
	uidl_store_deinit(&live);
	store = test_store_opened(1);
	test_assert(uidl_store_head(store)->messages == 3 + more);
	test_text(store, serial, "new.12");
	uidl_store_deinit(&store);
	test_assert_strcmp(error, "");
}

static void test_uidl_store_restored(void)
{
	unsigned char old[SLOTS_OFFSET + 5 * UIDL_SLOT_SIZE];
	uint32_t serials[3];
	unsigned int more;

	test_begin("uidl store: an older copy put in place while it is open");
	for (more = 0; more < 2; more++) {
		test_make(serials);
		/* as after the first commit, whose head is the second one */
		test_read(0, old, sizeof(old));
		memset(old, 0, 512);
		test_restored(old, sizeof(old), more);
	}
	test_end();
}

static void test_uidl_store_two(void)
{
	struct uidl_store *one, *two;
	uint32_t serials[3], serial;
	const char *error;

	test_begin("uidl store: two at once");
	test_make(serials);
	one = test_store_opened(1);
	two = test_store_opened(1);
	test_assert(uidl_store_lock(one, &error) == 0);
	serial = test_add(one, "new.10", 10);
	test_assert(uidl_store_commit(one, &error) == 0);
	uidl_store_unlock(one);
	/* the second one sees what the first one has added */
	test_assert(uidl_store_lock(two, &error) == 0);
	test_text(two, serial, "new.10");
	serial = test_add(two, "new.11", 11);
	test_assert(uidl_store_commit(two, &error) == 0);
	uidl_store_unlock(two);
	test_assert(uidl_store_lock(one, &error) == 0);
	test_text(one, serial, "new.11");
	uidl_store_deinit(&one);
	uidl_store_deinit(&two);
	test_end();
}

static void test_uidl_finder(void)
{
	struct uidl_store *store;
	struct uidl_finder *finder;
	unsigned char guid[UIDL_DIGEST_SIZE], content[UIDL_DIGEST_SIZE];
	bool used[6] = { FALSE };
	uint32_t serials[3];

	test_begin("uidl finder");
	test_make(serials);
	store = test_store_opened(1);
	used[serials[1]] = TRUE;
	finder = uidl_finder_init(store, used, N_ELEMENTS(used));
	memset(guid, 2, sizeof(guid));
	memset(content, 0x77, sizeof(content));
	/* used ones are not found */
	test_assert(uidl_finder_take(finder, UIDL_FINDER_GUID, guid, 0) ==
		    UIDL_SERIAL_NONE);
	test_assert(!uidl_finder_take_serial(finder, serials[1]));
	memset(guid, 3, sizeof(guid));
	/* equal contents: one after the other, each once */
	test_assert(uidl_finder_take(finder, UIDL_FINDER_CONTENT, content, 0) ==
		    serials[0]);
	test_assert(uidl_finder_take(finder, UIDL_FINDER_GUID, guid, 0) ==
		    serials[2]);
	test_assert(uidl_finder_take(finder, UIDL_FINDER_CONTENT, content, 0) ==
		    UIDL_SERIAL_NONE);
	test_assert(!uidl_finder_take_serial(finder, serials[2]));
	memset(guid, 0, sizeof(guid));
	test_assert(uidl_finder_take(finder, UIDL_FINDER_GUID, guid, 0) ==
		    UIDL_SERIAL_NONE);
	test_assert(uidl_finder_has_text(finder, "0000000358f0a3b1"));
	test_assert(!uidl_finder_has_text(finder, "0000000258f0a3b1"));
	uidl_finder_deinit(&finder);
	uidl_store_deinit(&store);
	test_end();
}

static void test_uidl_finder_number(void)
{
	struct uidl_store *store;
	struct uidl_finder *finder;
	unsigned char content[UIDL_DIGEST_SIZE];
	uint32_t serials[3], i;

	test_begin("uidl finder: the number tells equal messages apart");
	test_make(serials);
	store = test_store_opened(1);
	finder = uidl_finder_init(store, (const bool[6]){ FALSE }, 6);
	memset(content, 0x77, sizeof(content));
	for (i = 3; i > 0; i--) {
		test_assert_idx(uidl_finder_take(finder, UIDL_FINDER_CONTENT,
						 content, i) ==
				serials[i - 1], i);
	}
	uidl_finder_deinit(&finder);
	uidl_store_deinit(&store);
	test_end();
}

static void test_uidl_finder_message(void)
{
	struct uidl_message_slot msg;
	struct uidl_finder *finder;
	struct uidl_store *store;
	uint32_t serials[3];

	test_begin("uidl finder: a text for one of two messages");
	test_make(serials);
	store = test_store_opened(1);
	finder = uidl_finder_init(store, NULL, 0);
	i_zero(&msg);
	test_assert(!uidl_finder_has_message(finder, "0000000158f0a3b1", &msg));
	memset(msg.guid, 1, sizeof(msg.guid));
	test_assert(uidl_finder_has_message(finder, "0000000158f0a3b1", &msg));
	test_assert(!uidl_finder_has_message(finder, "0000000358f0a3b1", &msg));
	memset(msg.content, 0x77, sizeof(msg.content));
	test_assert(uidl_finder_has_message(finder, "0000000358f0a3b1", &msg));
	uidl_finder_deinit(&finder);
	uidl_store_deinit(&store);
	test_end();
}

static void test_uidl_finder_added(void)
{
	struct uidl_store *store;
	struct uidl_finder *finder;
	unsigned char guid[UIDL_DIGEST_SIZE];
	const char *error;
	unsigned int i;
	uint32_t serial;

	test_begin("uidl finder: what is added");
	i_unlink_if_exists(TEST_PATH);
	store = test_store_opened(0);
	test_assert(uidl_store_lock(store, &error) == 0);
	finder = uidl_finder_init(store, NULL, 0);
	for (i = 1; i < 300; i++) {
		const char *text = t_strdup_printf("t-%u", i);

		test_assert_idx(!uidl_finder_has_text(finder, text), i);
		serial = test_add(store, text, i);
		uidl_finder_added(finder, serial);
		test_assert_idx(uidl_finder_has_text(finder, text), i);
		/* it has its message */
		memset(guid, i, sizeof(guid));
		test_assert_idx(uidl_finder_take(finder, UIDL_FINDER_GUID,
						 guid, 0) == UIDL_SERIAL_NONE, i);
	}
	uidl_finder_deinit(&finder);
	uidl_store_deinit(&store);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_uidl_store_read,
		test_uidl_store_killed,
		test_uidl_store_bad,
		test_uidl_store_newer,
		test_uidl_store_restored,
		test_uidl_store_two,
		test_uidl_finder,
		test_uidl_finder_number,
		test_uidl_finder_message,
		test_uidl_finder_added,
		NULL
	};
	int ret = test_run(test_functions);

	i_unlink_if_exists(TEST_PATH);
	return ret;
}
