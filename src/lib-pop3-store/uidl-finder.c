/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "bits.h"
#include "byteorder.h"
#include "str.h"

#include "uidl-finder.h"
#include "uidl-gone.h"

#define NONE UIDL_SERIAL_NONE
/* Among so many equal messages one is looked for by its number; of more, that
   would take too long. */
#define EQUALS_MAX 1000

/* Lists of messages with equal hashes, in ascending order. Their place is their
   serial less the store's first. */
struct finder_table {
	uint32_t *buckets, *next;
	uint32_t mask, next_count;
};

struct uidl_finder {
	const struct uidl_store *store;
	bool *used;
	uint32_t used_count;
	struct finder_table tables[UIDL_FINDER_KEYS_COUNT];
	struct uidl_gone_index *gone;
	uint32_t first;
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
	finder->first = uidl_store_first(store);
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
	uidl_gone_index_deinit(&finder->gone);
	for (i = 0; i < UIDL_FINDER_KEYS_COUNT; i++) {
		i_free(finder->tables[i].buckets);
		i_free(finder->tables[i].next);
	}
	str_free(&finder->str);
	i_free(finder->used);
	i_free(finder);
}

static bool finder_is_used(struct uidl_finder *finder, uint32_t place)
{
	/* what was added since has its message */
	return place >= finder->used_count || finder->used[place];
}

/* FALSE: not to be found by this key. */
static bool
finder_hash(struct uidl_finder *finder, enum uidl_finder_key key,
	    uint32_t place, uint32_t *hash_r)
{
	struct uidl_message_slot msg;
	const unsigned char *digest;

	if ((key != UIDL_FINDER_TEXT && finder_is_used(finder, place)) ||
	    !uidl_store_get(finder->store, finder->first + place, &msg))
		return FALSE;
	if (key == UIDL_FINDER_TEXT) {
		*hash_r = msg.text_hash;
		return TRUE;
	}
	digest = key == UIDL_FINDER_GUID ? msg.guid : msg.content;
	*hash_r = be32_to_cpu_unaligned(digest);
	return memcmp(digest, zero_digest, UIDL_DIGEST_SIZE) != 0;
}

static void
finder_insert(struct finder_table *table, uint32_t place, uint32_t hash)
{
	uint32_t *bucket = &table->buckets[hash & table->mask];

	table->next[place] = *bucket;
	*bucket = place;
}

static struct finder_table *
finder_table_get(struct uidl_finder *finder, enum uidl_finder_key key)
{
	struct finder_table *table = &finder->tables[key];
	uint32_t i, hash, size, count;

	if (table->buckets != NULL)
		return table;
	count = uidl_store_slots(finder->store) - finder->first;
	size = nearest_power(I_MAX(count, 64));
	table->mask = size - 1;
	table->buckets = i_new(uint32_t, size);
	memset(table->buckets, 0xff, size * sizeof(uint32_t));
	table->next = i_new(uint32_t, size);
	table->next_count = size;
	/* from the end, so that each list begins with the lowest place */
	for (i = count; i > 0; i--) {
		if (finder_hash(finder, key, i - 1, &hash))
			finder_insert(table, i - 1, hash);
	}
	return table;
}

static bool
finder_is_equal(struct uidl_finder *finder, enum uidl_finder_key key,
		uint32_t place, const unsigned char *digest)
{
	struct uidl_message_slot msg;

	return uidl_store_get(finder->store, finder->first + place, &msg) &&
		memcmp(key == UIDL_FINDER_GUID ? msg.guid : msg.content,
		       digest, UIDL_DIGEST_SIZE) == 0;
}

static bool
finder_has_number(struct uidl_finder *finder, uint32_t place, uint32_t number)
{
	struct uidl_message_slot msg;

	return uidl_store_get(finder->store, finder->first + place, &msg) &&
		msg.number == number;
}

/* Out of its list; serials that were taken by their other key leave it, too. */
uint32_t uidl_finder_take(struct uidl_finder *finder, enum uidl_finder_key key,
			  const unsigned char digest[UIDL_DIGEST_SIZE],
			  uint32_t number)
{
	struct finder_table *table;
	uint32_t *placep, *foundp = NULL, place;
	unsigned int equals = 0;

	i_assert(key != UIDL_FINDER_TEXT);
	if (memcmp(digest, zero_digest, UIDL_DIGEST_SIZE) == 0)
		return NONE;
	table = finder_table_get(finder, key);
	placep = &table->buckets[be32_to_cpu_unaligned(digest) & table->mask];
	while (*placep != NONE && equals < EQUALS_MAX) {
		place = *placep;
		if (finder_is_used(finder, place)) {
			*placep = table->next[place];
			continue;
		}
		if (finder_is_equal(finder, key, place, digest)) {
			if (finder_has_number(finder, place, number)) {
				foundp = placep;
				break;
			}
			if (equals++ == 0)
				foundp = placep;
		}
		placep = &table->next[place];
	}
	if (foundp == NULL)
		return NONE;
	place = *foundp;
	*foundp = table->next[place];
	finder->used[place] = TRUE;
	return finder->first + place;
}

bool uidl_finder_take_serial(struct uidl_finder *finder, uint32_t serial)
{
	if (serial < finder->first ||
	    finder_is_used(finder, serial - finder->first))
		return FALSE;
	finder->used[serial - finder->first] = TRUE;
	return TRUE;
}

static bool
digest_is_equal(const unsigned char *one, const unsigned char *two)
{
	return memcmp(one, two, UIDL_DIGEST_SIZE) == 0 &&
		memcmp(one, zero_digest, UIDL_DIGEST_SIZE) != 0;
}

static bool
finder_is_message(struct uidl_finder *finder, uint32_t place,
		  const struct uidl_message_slot *wanted)
{
	struct uidl_message_slot msg;

	return uidl_store_get(finder->store, finder->first + place, &msg) &&
		(digest_is_equal(msg.content, wanted->content) ||
		 digest_is_equal(msg.guid, wanted->guid));
}

bool uidl_finder_has_message(struct uidl_finder *finder, const char *text,
			     const struct uidl_message_slot *msg)
{
	struct finder_table *table = finder_table_get(finder, UIDL_FINDER_TEXT);
	uint32_t place = table->buckets[uidl_text_hash(text) & table->mask];

	for (; place != NONE; place = table->next[place]) {
		str_truncate(finder->str, 0);
		if (uidl_store_get_text(finder->store, finder->first + place,
					finder->str) &&
		    strcmp(str_c(finder->str), text) == 0 &&
		    (msg == NULL || finder_is_message(finder, place, msg)))
			return TRUE;
	}
	return FALSE;
}

static struct uidl_gone_index *finder_gone(struct uidl_finder *finder)
{
	if (finder->gone == NULL)
		finder->gone = uidl_gone_index_init(finder->store);
	return finder->gone;
}

bool uidl_finder_has_text(struct uidl_finder *finder, const char *text)
{
	return uidl_finder_has_message(finder, text, NULL) ||
		uidl_gone_index_has_text(finder_gone(finder), text);
}

bool uidl_finder_get_gone(struct uidl_finder *finder,
			  const unsigned char content[UIDL_DIGEST_SIZE],
			  uint32_t number, string_t *text)
{
	unsigned int i;

	/* the text has its message again when that came back before */
	for (i = 0; i < EQUALS_MAX; i++) {
		if (!uidl_gone_index_get(finder_gone(finder), content, number,
					 i, text))
			return FALSE;
		if (!uidl_finder_has_message(finder, str_c(text), NULL))
			return TRUE;
	}
	return FALSE;
}

void uidl_finder_added(struct uidl_finder *finder, uint32_t serial)
{
	struct finder_table *table = &finder->tables[UIDL_FINDER_TEXT];
	uint32_t hash;

	if (table->buckets == NULL)
		return;
	serial -= finder->first;
	if (serial >= table->next_count) {
		/* too small: made again when it is asked for */
		i_free(table->buckets);
		i_free(table->next);
		return;
	}
	if (finder_hash(finder, UIDL_FINDER_TEXT, serial, &hash))
		finder_insert(table, serial, hash);
}
