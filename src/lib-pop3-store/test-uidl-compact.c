/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "byteorder.h"
#include "str.h"
#include "test-common.h"

#include "uidl-finder.h"
#include "uidl-store.h"

#include <sys/stat.h>

#define TEST_PATH ".test-uidl-compact"

static struct uidl_store *test_store_opened(int wanted)
{
	struct uidl_store_settings set = {
		.path = TEST_PATH,
		.dict_prefix = "",
		.lock_method = FILE_LOCK_METHOD_FCNTL,
	};
	struct uidl_store *store = uidl_store_init(&set);
	const char *error = "";

	test_assert(uidl_store_open(store, &error) == wanted);
	test_assert(uidl_store_load(store, &error) == 0);
	test_assert_strcmp(error, "");
	return store;
}

/* Adds messages from this number on. */
static void test_fill(struct uidl_store *store, uint32_t first, uint32_t count)
{
	struct uidl_record record;
	const char *error = "";
	uint32_t i;

	test_assert(uidl_store_lock(store, &error) == 0);
	for (i = first; i < first + count; i++) T_BEGIN {
		i_zero(&record);
		record.number = i;
		record.text = i % 10 == 0 ?
			t_strdup_printf("text-%08x-of-its-own", i * 7919) :
			t_strdup_printf("%08x58f0a3b1", i);
		cpu32_to_be_unaligned(i, record.guid);
		cpu32_to_be_unaligned(i, record.content);
		/* the end of the digest is not remembered */
		record.content[UIDL_DIGEST_SIZE - 1] = 1;
		(void)uidl_store_add(store, &record);
	} T_END;
	test_assert(uidl_store_commit(store, &error) == 0);
	uidl_store_unlock(store);
	test_assert_strcmp(error, "");
}

/* Which messages of the store are there, as the index of a mailbox knows. */
static bool *test_used(struct uidl_store *store, uint32_t first_live)
{
	uint32_t base = uidl_store_first(store), end = uidl_store_slots(store);
	struct uidl_message_slot msg;
	bool *used = i_new(bool, end - base);
	uint32_t i;

	for (i = base; i < end; i++) {
		used[i - base] = uidl_store_get(store, i, &msg) &&
			(msg.number >= first_live || msg.number % 500 == 3);
	}
	return used;
}

static void
test_compact(struct uidl_store *store, uint32_t first_live, bool wanted)
{
	uint32_t base = uidl_store_first(store), end, i, *moved;
	const char *error = "";
	struct uidl_message_slot old, msg;
	struct uidl_store *before;
	bool *used;

	before = test_store_opened(1);
	test_assert(uidl_store_lock(store, &error) == 0);
	used = test_used(store, first_live);
	end = uidl_store_compact_end(store, used);
	test_assert((end > 0) == wanted);
	if (end > 0) {
		moved = i_new(uint32_t, end - base);
		test_assert(uidl_store_compact(store, end, used, moved,
					       &error) == 0);
		test_assert(uidl_store_first(store) == end);
		for (i = base; i < end; i++) {
			test_assert_idx(!uidl_store_get(store, i, &msg), i);
			test_assert_idx((moved[i - base] != 0) ==
					used[i - base], i);
			if (moved[i - base] == 0)
				continue;
			test_assert_idx(uidl_store_get(before, i, &old) &&
				uidl_store_get(store, moved[i - base] - 1,
					       &msg) &&
				old.number == msg.number, i);
		}
		i_free(moved);
	}
	test_assert_strcmp(error, "");
	uidl_store_unlock(store);
	uidl_store_deinit(&before);
	i_free(used);
}

static void
test_gone(struct uidl_finder *finder, uint32_t number, const char *wanted)
{
	unsigned char content[UIDL_DIGEST_SIZE];
	string_t *str = t_str_new(64);

	memset(content, 0, sizeof(content));
	cpu32_to_be_unaligned(number, content);
	if (wanted == NULL) {
		test_assert_idx(!uidl_finder_get_gone(finder, content, number,
						      str), number);
	} else {
		test_assert_idx(uidl_finder_get_gone(finder, content, number,
						     str), number);
		test_assert_strcmp_idx(str_c(str), wanted, number);
		test_assert_idx(uidl_finder_has_text(finder, wanted), number);
	}
}

static void test_uidl_store_compact(void)
{
	struct uidl_store *store;
	struct uidl_finder *finder;
	struct stat st;
	bool *used;

	test_begin("uidl store: messages that are gone are forgotten");
	i_unlink_if_exists(TEST_PATH);
	store = test_store_opened(0);
	test_fill(store, 1, 4000);
	/* not worth it yet, and then it is, twice */
	test_compact(store, 900, FALSE);
	test_compact(store, 3000, TRUE);
	test_fill(store, 4001, 3000);
	test_compact(store, 6900, TRUE);
	uidl_store_deinit(&store);

	store = test_store_opened(1);
	used = test_used(store, 6900);
	test_assert(stat(TEST_PATH, &st) == 0);
	/* 16 octets for each that is gone, and what is kept for a while */
	test_assert(st.st_size < 1024 + 6900 * 16 + 120 * 45 + 300 * 45);
	finder = uidl_finder_init(store, used, uidl_store_slots(store) -
				  uidl_store_first(store));
	test_gone(finder, 1, "0000000158f0a3b1");
	test_gone(finder, 5001, "0000138958f0a3b1");
	/* this one is there, and of this one only the hash is known */
	test_gone(finder, 3, NULL);
	test_gone(finder, 10, NULL);
	test_assert(uidl_finder_has_text(finder, "0000000358f0a3b1"));
	test_assert(uidl_finder_has_text(finder, t_strdup_printf(
		"text-%08x-of-its-own", 10 * 7919)));
	test_assert(!uidl_finder_has_text(finder, "ffffff0158f0a3b1"));
	test_assert(!uidl_finder_has_text(finder, "text-00000000-of-its-own"));
	uidl_finder_deinit(&finder);
	i_free(used);
	uidl_store_deinit(&store);
	test_end();
}

/* Somebody who has it open sees the new one when he looks again. */
static void test_uidl_store_compact_open(void)
{
	struct uidl_store *store, *other;
	struct uidl_message_slot msg;
	const char *error = "";

	test_begin("uidl store: compacted while others have it open");
	i_unlink_if_exists(TEST_PATH);
	store = test_store_opened(0);
	test_fill(store, 1, 3000);
	other = test_store_opened(1);
	test_compact(store, 2900, TRUE);
	test_fill(store, 3001, 5);
	/* still what it was */
	test_assert(uidl_store_get(other, 1, &msg) && msg.number == 1);
	test_assert(uidl_store_lock(other, &error) == 0);
	test_assert(uidl_store_slots(other) == uidl_store_slots(store));
	test_assert(!uidl_store_get(other, 1, &msg));
	uidl_store_unlock(other);
	test_fill(other, 4001, 5);
	/* without a lock, too */
	test_assert(uidl_store_load(store, &error) == 0);
	test_assert(uidl_store_slots(other) == uidl_store_slots(store));
	test_assert_strcmp(error, "");
	uidl_store_deinit(&other);
	uidl_store_deinit(&store);
	i_unlink_if_exists(TEST_PATH);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_uidl_store_compact,
		test_uidl_store_compact_open,
		NULL
	};
	return test_run(test_functions);
}
