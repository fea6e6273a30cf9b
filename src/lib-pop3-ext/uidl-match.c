/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"

#include "uidl-match.h"

/* Of more with one key the sizes are not compared: it would take too long. */
#define GROUP_MAX 1000

struct uidl_match {
	pool_t pool;
	ARRAY(struct uidl_match_entry) records, messages;
};

/* Entries without partner that have the key of the run, by their key. */
struct match_item {
	struct uidl_match_entry *entry;
	unsigned int idx;
	enum uidl_match_key key;
};
ARRAY_DEFINE_TYPE(match_item, struct match_item);

static const unsigned char zero_digest[UIDL_DIGEST_SIZE];
static const char *const key_names[] = {
	"GUID", "file name", "UID", "content", "Message-ID"
};

struct uidl_match *uidl_match_init(void)
{
	struct uidl_match *match;
	pool_t pool;

	pool = pool_alloconly_create("uidl match", 8192);
	match = p_new(pool, struct uidl_match, 1);
	match->pool = pool;
	i_array_init(&match->records, 128);
	i_array_init(&match->messages, 128);
	return match;
}

void uidl_match_deinit(struct uidl_match **_match)
{
	struct uidl_match *match = *_match;

	if (match == NULL)
		return;
	*_match = NULL;
	array_free(&match->records);
	array_free(&match->messages);
	pool_unref(&match->pool);
}

static void
match_copy(struct uidl_match *match, struct uidl_match_entry *dest,
	   const struct uidl_source_record *src)
{
	dest->record = *src;
	dest->record.uidl = p_strdup(match->pool, src->uidl);
	dest->record.file_name = p_strdup(match->pool, src->file_name);
	dest->record.message_id = p_strdup(match->pool, src->message_id);
	dest->record.user = dest->record.mailbox = NULL;
}

void uidl_match_add_record(struct uidl_match *match,
			   const struct uidl_source_record *record)
{
	match_copy(match, array_append_space(&match->records), record);
}

void uidl_match_add_message(struct uidl_match *match,
			    const struct uidl_source_record *message)
{
	match_copy(match, array_append_space(&match->messages), message);
}

void uidl_match_set_content(struct uidl_match *match, unsigned int message,
			    const unsigned char content[UIDL_DIGEST_SIZE])
{
	struct uidl_match_entry *entry =
		array_idx_modifiable(&match->messages, message);

	memcpy(entry->record.content, content, UIDL_DIGEST_SIZE);
}

void uidl_match_set_message_id(struct uidl_match *match, unsigned int message,
			       const char *message_id, uoff_t size)
{
	struct uidl_match_entry *entry =
		array_idx_modifiable(&match->messages, message);

	entry->record.message_id = p_strdup(match->pool, message_id);
	entry->record.size = size;
}

static bool
record_has(const struct uidl_source_record *record, enum uidl_match_key key)
{
	switch (key) {
	case UIDL_MATCH_GUID:
		return memcmp(record->guid, zero_digest,
			      UIDL_DIGEST_SIZE) != 0;
	case UIDL_MATCH_FILE_NAME:
		return record->file_name != NULL;
	case UIDL_MATCH_UID:
		return record->uid != 0 && record->uid_validity != 0;
	case UIDL_MATCH_CONTENT:
		return memcmp(record->content, zero_digest,
			      UIDL_DIGEST_SIZE) != 0;
	case UIDL_MATCH_MESSAGE_ID:
		return record->message_id != NULL;
	case UIDL_MATCH_KEYS_COUNT:
		break;
	}
	i_unreached();
}

static int
record_cmp(const struct uidl_source_record *one,
	   const struct uidl_source_record *two, enum uidl_match_key key)
{
	switch (key) {
	case UIDL_MATCH_GUID:
		return memcmp(one->guid, two->guid, UIDL_DIGEST_SIZE);
	case UIDL_MATCH_FILE_NAME:
		return strcmp(one->file_name, two->file_name);
	case UIDL_MATCH_UID:
		if (one->uid_validity != two->uid_validity)
			return one->uid_validity < two->uid_validity ? -1 : 1;
		return one->uid < two->uid ? -1 : (one->uid > two->uid ? 1 : 0);
	case UIDL_MATCH_CONTENT:
		return memcmp(one->content, two->content, UIDL_DIGEST_SIZE);
	case UIDL_MATCH_MESSAGE_ID:
		return strcmp(one->message_id, two->message_id);
	case UIDL_MATCH_KEYS_COUNT:
		break;
	}
	i_unreached();
}

static int
match_item_cmp(const struct match_item *one, const struct match_item *two)
{
	int ret = record_cmp(&one->entry->record, &two->entry->record,
			     one->key);

	if (ret != 0)
		return ret;
	return one->idx < two->idx ? -1 : 1;
}

static void
match_items(struct uidl_match_entry *entries, unsigned int count,
	    enum uidl_match_key key, ARRAY_TYPE(match_item) *dest)
{
	struct match_item *item;
	unsigned int i;

	i_array_init(dest, count);
	for (i = 0; i < count; i++) {
		if (entries[i].result != UIDL_MATCH_FOUND &&
		    record_has(&entries[i].record, key)) {
			item = array_append_space(dest);
			item->entry = &entries[i];
			item->idx = i;
			item->key = key;
		}
	}
	array_sort(dest, match_item_cmp);
}

static void
match_pair(struct match_item *rec, struct match_item *msg,
	   enum uidl_match_key key)
{
	rec->entry->result = msg->entry->result = UIDL_MATCH_FOUND;
	rec->entry->key = msg->entry->key = key;
	rec->entry->partner = msg->idx;
	msg->entry->partner = rec->idx;
}

static bool match_is_free(const struct match_item *item)
{
	return item->entry->result != UIDL_MATCH_FOUND;
}

/* The messages are equal: who gets which makes no difference, but a UID that
   says so is respected. */
static void
match_equals(struct match_item *recs, unsigned int rec_count,
	     struct match_item *msgs, unsigned int msg_count,
	     enum uidl_match_key key)
{
	unsigned int i, j;

	/* both are in the order of their UIDs, as a rule */
	for (i = j = 0; i < rec_count && j < msg_count; ) {
		struct uidl_source_record *rec = &recs[i].entry->record;
		struct uidl_source_record *msg = &msgs[j].entry->record;
		int ret = !record_has(rec, UIDL_MATCH_UID) ? -1 :
			record_cmp(rec, msg, UIDL_MATCH_UID);

		if (ret == 0)
			match_pair(&recs[i], &msgs[j], key);
		if (ret <= 0)
			i++;
		if (ret >= 0)
			j++;
	}
	for (i = j = 0; i < rec_count; i++) {
		if (!match_is_free(&recs[i]))
			continue;
		while (j < msg_count && !match_is_free(&msgs[j]))
			j++;
		if (j == msg_count)
			break;
		match_pair(&recs[i], &msgs[j], key);
	}
}

static unsigned int
match_count_size(const struct match_item *items, unsigned int count,
		 uoff_t size, unsigned int *idx_r)
{
	unsigned int i, found = 0;

	for (i = 0; i < count; i++) {
		if (items[i].entry->record.size == size) {
			if (found++ == 0)
				*idx_r = i;
		}
	}
	return found;
}

/* The size decides where it is one of a kind on both sides. */
static void
match_by_size(struct match_item *recs, unsigned int rec_count,
	      struct match_item *msgs, unsigned int msg_count,
	      enum uidl_match_key key)
{
	unsigned int i, rec_idx = 0, msg_idx = 0;

	for (i = 0; i < rec_count && rec_count <= GROUP_MAX &&
	     msg_count <= GROUP_MAX; i++) {
		uoff_t size = recs[i].entry->record.size;

		if (size != UOFF_T_MAX &&
		    match_count_size(recs, rec_count, size, &rec_idx) == 1 &&
		    match_count_size(msgs, msg_count, size, &msg_idx) == 1)
			match_pair(&recs[i], &msgs[msg_idx], key);
	}
	for (i = 0; i < rec_count; i++) {
		if (match_is_free(&recs[i])) {
			recs[i].entry->result = UIDL_MATCH_AMBIGUOUS;
			recs[i].entry->key = key;
		}
	}
}

/* All with one key. */
static void
match_group(struct match_item *recs, unsigned int rec_count,
	    struct match_item *msgs, unsigned int msg_count,
	    enum uidl_match_key key)
{
	if (rec_count == 1 && msg_count == 1)
		match_pair(&recs[0], &msgs[0], key);
	else if (key == UIDL_MATCH_GUID || key == UIDL_MATCH_CONTENT)
		match_equals(recs, rec_count, msgs, msg_count, key);
	else
		match_by_size(recs, rec_count, msgs, msg_count, key);
}

static unsigned int
match_group_end(const struct match_item *items, unsigned int count,
		unsigned int start, enum uidl_match_key key)
{
	unsigned int end = start + 1;

	while (end < count && record_cmp(&items[start].entry->record,
					 &items[end].entry->record, key) == 0)
		end++;
	return end;
}

void uidl_match_run(struct uidl_match *match, enum uidl_match_key key)
{
	struct uidl_match_entry *entries;
	ARRAY_TYPE(match_item) rec_items, msg_items;
	struct match_item *recs, *msgs;
	unsigned int count, rec_count, msg_count, i = 0, j = 0;

	entries = array_get_modifiable(&match->records, &count);
	match_items(entries, count, key, &rec_items);
	entries = array_get_modifiable(&match->messages, &count);
	match_items(entries, count, key, &msg_items);
	recs = array_get_modifiable(&rec_items, &rec_count);
	msgs = array_get_modifiable(&msg_items, &msg_count);
	while (i < rec_count && j < msg_count) {
		unsigned int rec_end, msg_end;
		int ret = record_cmp(&recs[i].entry->record,
				     &msgs[j].entry->record, key);

		rec_end = ret > 0 ? i : match_group_end(recs, rec_count, i, key);
		msg_end = ret < 0 ? j : match_group_end(msgs, msg_count, j, key);
		if (ret == 0) {
			match_group(recs + i, rec_end - i,
				    msgs + j, msg_end - j, key);
		}
		i = rec_end;
		j = msg_end;
	}
	array_free(&rec_items);
	array_free(&msg_items);
}

bool uidl_match_wants(const struct uidl_match *match, enum uidl_match_key key)
{
	const struct uidl_match_entry *entry;

	array_foreach(&match->records, entry) {
		if (entry->result != UIDL_MATCH_FOUND &&
		    record_has(&entry->record, key))
			return TRUE;
	}
	return FALSE;
}

const struct uidl_match_entry *
uidl_match_records(const struct uidl_match *match, unsigned int *count_r)
{
	return array_get(&match->records, count_r);
}

const struct uidl_match_entry *
uidl_match_messages(const struct uidl_match *match, unsigned int *count_r)
{
	return array_get(&match->messages, count_r);
}

const char *uidl_match_key_name(enum uidl_match_key key)
{
	return key_names[key];
}
