/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "bits.h"
#include "byteorder.h"
#include "str.h"

#include "uidl-finder.h"

#define NONE UIDL_SERIAL_NONE
/* Among so many equal messages one is looked for by its number; of more, that
   would take too long. */
#define EQUALS_MAX 1000

/* Lists of serials with equal hashes, in ascending order. */
struct finder_table {
	uint32_t *buckets, *next;
	uint32_t mask, next_count;
};

struct uidl_finder {
	const struct uidl_store *store;
	bool *used;
	uint32_t used_count;
	struct finder_table tables[UIDL_FINDER_KEYS_COUNT];
	string_t *str;
};

static const unsigned char zero_digest[UIDL_DIGEST_SIZE];

void uidl_finder_set_used(struct uidl_finder *finder, const bool *used,
			  uint32_t used_count)
{
	i_free(finder->used);
	finder->used = i_new(bool, I_MAX(used_count, 1));
	if (used_count > 0)
		memcpy(finder->used, used, used_count * sizeof(bool));
	finder->used_count = used_count;
}

struct uidl_finder *
uidl_finder_init(const struct uidl_store *store, const bool *used,
		 uint32_t used_count)
{
	struct uidl_finder *finder;

	finder = i_new(struct uidl_finder, 1);
	finder->store = store;
	uidl_finder_set_used(finder, used, used_count);
	finder->str = str_new(default_pool, 128);
	return finder;
}

void uidl_finder_deinit(struct uidl_finder **_finder)
{
	struct uidl_finder *finder = *_finder;
	unsigned int i;

	if (finder == NULL)
		return;
	*_finder = NULL;
	for (i = 0; i < UIDL_FINDER_KEYS_COUNT; i++) {
		i_free(finder->tables[i].buckets);
		i_free(finder->tables[i].next);
	}
	str_free(&finder->str);
	i_free(finder->used);
	i_free(finder);
}

static bool finder_is_used(struct uidl_finder *finder, uint32_t serial)
{
	/* what was added since has its message */
	return serial >= finder->used_count || finder->used[serial];
}

/* FALSE: not to be found by this key. */
static bool
finder_hash(struct uidl_finder *finder, enum uidl_finder_key key,
	    uint32_t serial, uint32_t *hash_r)
{
	struct uidl_message_slot msg;
	const unsigned char *digest;

	if (!uidl_store_get(finder->store, serial, &msg))
		return FALSE;
	if (key == UIDL_FINDER_TEXT) {
		*hash_r = msg.text_hash;
		return TRUE;
	}
	digest = key == UIDL_FINDER_GUID ? msg.guid : msg.content;
	*hash_r = be32_to_cpu_unaligned(digest);
	return memcmp(digest, zero_digest, UIDL_DIGEST_SIZE) != 0 &&
		!finder_is_used(finder, serial);
}

static void
finder_insert(struct finder_table *table, uint32_t serial, uint32_t hash)
{
	uint32_t *bucket = &table->buckets[hash & table->mask];

	table->next[serial] = *bucket;
	*bucket = serial;
}

static struct finder_table *
finder_table_get(struct uidl_finder *finder, enum uidl_finder_key key)
{
	struct finder_table *table = &finder->tables[key];
	uint32_t i, hash, size, count = uidl_store_slots(finder->store);

	if (table->buckets != NULL)
		return table;
	size = nearest_power(I_MAX(count, 64));
	table->mask = size - 1;
	table->buckets = i_new(uint32_t, size);
	memset(table->buckets, 0xff, size * sizeof(uint32_t));
	table->next = i_new(uint32_t, size);
	table->next_count = size;
	/* from the end, so that each list begins with the lowest serial */
	for (i = count; i > 0; i--) {
		if (finder_hash(finder, key, i - 1, &hash))
			finder_insert(table, i - 1, hash);
	}
	return table;
}

static bool
finder_is_equal(struct uidl_finder *finder, enum uidl_finder_key key,
		uint32_t serial, const unsigned char *digest)
{
	struct uidl_message_slot msg;

	return uidl_store_get(finder->store, serial, &msg) &&
		memcmp(key == UIDL_FINDER_GUID ? msg.guid : msg.content,
		       digest, UIDL_DIGEST_SIZE) == 0;
}

static bool
finder_has_number(struct uidl_finder *finder, uint32_t serial, uint32_t number)
{
	struct uidl_message_slot msg;

	return uidl_store_get(finder->store, serial, &msg) &&
		msg.number == number;
}

/* Out of its list; serials that were taken by their other key leave it, too. */
uint32_t uidl_finder_take(struct uidl_finder *finder, enum uidl_finder_key key,
			  const unsigned char digest[UIDL_DIGEST_SIZE],
			  uint32_t number)
{
	struct finder_table *table;
	uint32_t *serialp, *foundp = NULL, serial;
	unsigned int equals = 0;

	i_assert(key != UIDL_FINDER_TEXT);
	if (memcmp(digest, zero_digest, UIDL_DIGEST_SIZE) == 0)
		return NONE;
	table = finder_table_get(finder, key);
	serialp = &table->buckets[be32_to_cpu_unaligned(digest) & table->mask];
	while (*serialp != NONE && equals < EQUALS_MAX) {
		serial = *serialp;
		if (finder_is_used(finder, serial)) {
			*serialp = table->next[serial];
			continue;
		}
		if (finder_is_equal(finder, key, serial, digest)) {
			if (finder_has_number(finder, serial, number)) {
				foundp = serialp;
				break;
			}
			if (equals++ == 0)
				foundp = serialp;
		}
		serialp = &table->next[serial];
	}
	if (foundp == NULL)
		return NONE;
	serial = *foundp;
	*foundp = table->next[serial];
	finder->used[serial] = TRUE;
	return serial;
}

bool uidl_finder_take_serial(struct uidl_finder *finder, uint32_t serial)
{
	if (finder_is_used(finder, serial))
		return FALSE;
	finder->used[serial] = TRUE;
	return TRUE;
}

static bool
digest_is_equal(const unsigned char *one, const unsigned char *two)
{
	return memcmp(one, two, UIDL_DIGEST_SIZE) == 0 &&
		memcmp(one, zero_digest, UIDL_DIGEST_SIZE) != 0;
}

static bool
finder_is_message(struct uidl_finder *finder, uint32_t serial,
		  const struct uidl_message_slot *wanted)
{
	struct uidl_message_slot msg;

	return uidl_store_get(finder->store, serial, &msg) &&
		(digest_is_equal(msg.content, wanted->content) ||
		 digest_is_equal(msg.guid, wanted->guid));
}

bool uidl_finder_has_message(struct uidl_finder *finder, const char *text,
			     const struct uidl_message_slot *msg)
{
	struct finder_table *table = finder_table_get(finder, UIDL_FINDER_TEXT);
	uint32_t serial = table->buckets[uidl_text_hash(text) & table->mask];

	for (; serial != NONE; serial = table->next[serial]) {
		str_truncate(finder->str, 0);
		if (uidl_store_get_text(finder->store, serial, finder->str) &&
		    strcmp(str_c(finder->str), text) == 0 &&
		    (msg == NULL || finder_is_message(finder, serial, msg)))
			return TRUE;
	}
	return FALSE;
}

bool uidl_finder_has_text(struct uidl_finder *finder, const char *text)
{
	return uidl_finder_has_message(finder, text, NULL);
}

void uidl_finder_added(struct uidl_finder *finder, uint32_t serial)
{
	struct finder_table *table = &finder->tables[UIDL_FINDER_TEXT];
	uint32_t hash;

	if (table->buckets == NULL)
		return;
	if (serial >= table->next_count) {
		/* too small: made again when it is asked for */
		i_free(table->buckets);
		i_free(table->next);
		return;
	}
	if (finder_hash(finder, UIDL_FINDER_TEXT, serial, &hash))
		finder_insert(table, serial, hash);
}
