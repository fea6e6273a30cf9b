/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The journal's copy in a dict: a head, and pages of slots, all under known
   keys. It and the journal only grow, so one is a beginning of the other;
   where they are not (two hosts have written at once), the dict's slots come
   first and what it lacks is added. */

#include "lib.h"
#include "base64.h"
#include "buffer.h"
#include "randgen.h"
#include "str.h"

#include "host-settings.h"
#include "uidl-finder.h"
#include "uidl-store-private.h"

#define DICT_SETTING HOST_SETTING_DICT_NAME("pop3_uidl")
#define PAGE_SLOTS UIDL_BASE_UNIT
/* pages that are asked for at a time */
#define PAGES_AT_ONCE 64
/* A full page in base64; no value of ours is longer. */
#define VALUE_MAX_SIZE MAX_BASE64_ENCODED_SIZE(PAGE_SLOTS * UIDL_SLOT_SIZE)

struct replica_page {
	struct replica_fetch *fetch;
	uint32_t page;
	buffer_t *data;
};

struct replica_fetch {
	const char *prefix;
	char *error;
	unsigned int pending;
	uint32_t slots;
};

struct replica_commit {
	char *error;
	bool done;
};

static const char *replica_key(struct uidl_store *store, const char *name)
{
	return t_strconcat(store->set.dict_prefix, name, NULL);
}

static const char *replica_page_key(struct uidl_store *store, uint32_t page)
{
	return replica_key(store, dec2str(page));
}

/* Whoever can write to the dict must not fill the memory of a session. */
static int
replica_value_decode(const char *value, buffer_t **data_r, const char **error_r)
{
	if (strlen(value) > VALUE_MAX_SIZE) {
		*error_r = t_strdup_printf("is larger than %u octets",
					   (unsigned int)VALUE_MAX_SIZE);
		return -1;
	}
	*data_r = t_base64_decode_str(value);
	return 0;
}

int uidl_replica_read_head(struct uidl_store *store, const char **error_r)
{
	const char *value, *error;
	buffer_t *data;
	int ret;

	store->dict_found = FALSE;
	if (store->set.dict == NULL)
		return 0;
	ret = dict_lookup(store->set.dict, store->set.dict_op_set,
			  pool_datastack_create(), replica_key(store, "head"),
			  &value, &error);
	if (ret < 0) {
		*error_r = t_strconcat(DICT_SETTING": ", error, NULL);
		return -1;
	}
	if (ret == 0)
		return 0;
	if (replica_value_decode(value, &data, &error) < 0 ||
	    uidl_head_read(data->data, data->used, &store->dict_head,
			   &error) < 0) {
		*error_r = t_strdup_printf(DICT_SETTING": %s %s",
			replica_key(store, "head"), error);
		return -1;
	}
	store->dict_found = TRUE;
	return 0;
}

static void
replica_page_read(const struct dict_lookup_result *result,
		  struct replica_page *page)
{
	struct replica_fetch *fetch = page->fetch;
	const char *error = "is missing";
	size_t wanted;
	buffer_t *data = NULL;

	fetch->pending--;
	if (fetch->error != NULL)
		return;
	if (result->ret < 0) {
		fetch->error = i_strdup_printf("%s%u: %s", fetch->prefix,
					       page->page, result->error);
		return;
	}
	wanted = I_MIN(fetch->slots - page->page * PAGE_SLOTS, PAGE_SLOTS) *
		UIDL_SLOT_SIZE;
	if (result->ret > 0 &&
	    replica_value_decode(result->value, &data, &error) == 0 &&
	    data->used < wanted)
		error = "is too short";
	if (data == NULL || data->used < wanted) {
		fetch->error = i_strdup_printf("%s%u %s", fetch->prefix,
					       page->page, error);
		return;
	}
	buffer_append(page->data, data->data, wanted);
}

static int
replica_fetch_some(struct uidl_store *store, uint32_t first, uint32_t count,
		   uint32_t slots, buffer_t *dest, const char **error_r)
{
	struct replica_fetch fetch = {
		.prefix = store->set.dict_prefix,
		.slots = slots,
	};
	struct replica_page *pages = t_new(struct replica_page, count);
	uint32_t i;

	/* some drivers answer at once */
	for (i = 0; i < count && fetch.error == NULL; i++) {
		fetch.pending++;
		pages[i].fetch = &fetch;
		pages[i].page = first + i;
		pages[i].data = t_buffer_create(PAGE_SLOTS * UIDL_SLOT_SIZE);
		dict_lookup_async(store->set.dict, store->set.dict_op_set,
				  replica_page_key(store, first + i),
				  replica_page_read, &pages[i]);
	}
	while (fetch.pending > 0)
		dict_wait(store->set.dict);
	if (fetch.error != NULL) {
		*error_r = t_strconcat(DICT_SETTING": ", fetch.error,
				       NULL);
		i_free(fetch.error);
		return -1;
	}
	for (i = 0; i < count; i++)
		buffer_append_buf(dest, pages[i].data, 0, SIZE_MAX);
	return 0;
}

/* All slots from the beginning of the page of this one. The first page of all
   is that of the base. */
static int
replica_fetch(struct uidl_store *store, uint32_t first_slot, buffer_t *dest,
	      const char **error_r)
{
	uint32_t slots = store->dict_head.slots;
	uint32_t page = first_slot / PAGE_SLOTS;
	uint32_t end = (slots + PAGE_SLOTS - 1) / PAGE_SLOTS;
	uint32_t count;
	int ret = 0;

	for (; page < end && ret == 0; page += count) {
		count = I_MIN(end - page, PAGES_AT_ONCE);
		T_BEGIN {
			ret = replica_fetch_some(store, page, count, slots,
						 dest, error_r);
		} T_END_PASS_STR_IF(ret < 0, error_r);
	}
	return ret;
}

static void
replica_set(struct uidl_store *store, struct dict_transaction_context *trans,
	    const char *key, const void *data, size_t size)
{
	buffer_t *str = t_base64_encode(0, SIZE_MAX, data, size);

	dict_set(trans, replica_key(store, key), str_c(str));
}

static void
replica_committed(const struct dict_commit_result *result,
		  struct replica_commit *commit)
{
	commit->done = TRUE;
	if (result->ret != DICT_COMMIT_RET_OK)
		commit->error = i_strdup(result->error == NULL ? "not written" :
				  result->error);
}

static int
replica_commit(struct uidl_store *store,
	       struct dict_transaction_context **trans, const char **error_r)
{
	struct replica_commit commit = { .done = FALSE };

	/* not the synchronous one: Redis' driver of 2.3 crashes in it */
	dict_transaction_commit_async(trans, replica_committed, &commit);
	while (!commit.done)
		dict_wait(store->set.dict);
	if (commit.error == NULL)
		return 0;
	*error_r = t_strdup_printf(DICT_SETTING": %s: %s",
				   store->set.dict_prefix, commit.error);
	i_free(commit.error);
	return -1;
}

int uidl_replica_write(struct uidl_store *store, uint32_t first_slot,
		       const struct uidl_head *head, const char **error_r)
{
	struct dict_transaction_context *trans;
	unsigned char data[UIDL_HEAD_SIZE];
	uint32_t page, slot, count, first;

	if (store->set.dict == NULL)
		return 0;
	trans = dict_transaction_begin(store->set.dict, store->set.dict_op_set);
	for (page = first_slot / PAGE_SLOTS; page * PAGE_SLOTS < head->slots;
	     page++) T_BEGIN {
		slot = page * PAGE_SLOTS;
		count = I_MIN(head->slots - slot, PAGE_SLOTS);
		replica_set(store, trans, dec2str(page),
			    uidl_store_slot(store, slot),
			    (size_t)count * UIDL_SLOT_SIZE);
	} T_END;
	uidl_head_write(head, data);
	replica_set(store, trans, "head", data, sizeof(data));
	first = store->dict_found ? store->dict_head.base : head->base;
	for (page = first / PAGE_SLOTS; page < head->base / PAGE_SLOTS; page++)
		dict_unset(trans, replica_page_key(store, page));
	if (replica_commit(store, &trans, error_r) < 0)
		return -1;
	store->dict_head = *head;
	store->dict_found = TRUE;
	return 0;
}

int uidl_replica_remove(struct uidl_store *store, const char **error_r)
{
	struct dict_transaction_context *trans;
	uint32_t page = 0, slots = 0;
	const char *error;

	if (store->set.dict == NULL)
		return 0;
	/* of a damaged head nothing can be learned */
	if (uidl_replica_read_head(store, &error) < 0)
		store->dict_found = FALSE;
	if (store->dict_found) {
		page = store->dict_head.base / PAGE_SLOTS;
		slots = store->dict_head.slots;
	}
	trans = dict_transaction_begin(store->set.dict, store->set.dict_op_set);
	for (; page * PAGE_SLOTS < slots; page++)
		dict_unset(trans, replica_page_key(store, page));
	dict_unset(trans, replica_key(store, "head"));
	if (replica_commit(store, &trans, error_r) < 0)
		return -1;
	store->dict_found = FALSE;
	return 0;
}

/* The dict has more than we: is it what we have, and more? */
static int replica_pull(struct uidl_store *store, const char **error_r)
{
	uint32_t have = store->head.slots, page = have / PAGE_SLOTS;
	size_t skip = (size_t)(have - page * PAGE_SLOTS) * UIDL_SLOT_SIZE;
	buffer_t *more = buffer_create_dynamic(default_pool, 8192);
	int ret;

	i_assert(store->dict_head.base == store->base);
	ret = replica_fetch(store, have, more, error_r);
	if (ret == 0 &&
	    uidl_chain(store->head.chain, CONST_PTR_OFFSET(more->data, skip),
		       store->dict_head.slots - have) ==
	    store->dict_head.chain) {
		buffer_append_buf(store->slots, more, skip, SIZE_MAX);
		ret = uidl_journal_append(store, &store->dict_head, error_r);
		if (ret == 0)
			ret = 1;
	}
	buffer_free(&more);
	return ret;
}

/* We have more than the dict: is it what the dict has, and more? */
static int replica_push(struct uidl_store *store, const char **error_r)
{
	uint32_t first = store->dict_found ? store->dict_head.slots :
		store->base;

	if (store->dict_found &&
	    uidl_chain(0, store->slots->data, first - store->base) !=
	    store->dict_head.chain)
		return 0;
	return uidl_replica_write(store, first, &store->head, error_r) < 0 ?
		-1 : 1;
}

/* The dict's slots alone. */
static int
replica_load(struct uidl_store *store, struct uidl_store *dest,
	     const char **error_r)
{
	dest->head = store->dict_head;
	dest->base = dest->head.base;
	if (replica_fetch(store, dest->base, dest->slots, error_r) < 0)
		return -1;
	dest->last_template = dest->head.last_template;
	if (uidl_chain(0, dest->slots->data, dest->head.slots - dest->base) ==
	    dest->head.chain && uidl_store_load_templates(dest))
		return 0;
	*error_r = t_strdup_printf(DICT_SETTING": %s is damaged",
				   store->set.dict_prefix);
	return -1;
}

/* Templates have other numbers there: their texts are remembered by hash. */
static void
replica_add_gone(struct uidl_store *dest, const struct uidl_store *src,
		 uint32_t slot, struct uidl_finder *finder, string_t *str)
{
	struct uidl_gone gone;
	unsigned int i;

	for (i = 0; i < UIDL_GONE_IN_SLOT; i++) {
		if (!uidl_store_get_gone(src, slot, i, &gone))
			continue;
		if (gone.template_num != UIDL_GONE_HASHED) {
			str_truncate(str, 0);
			if (!uidl_store_expand(src, gone.template_num,
					       gone.number, str) ||
			    uidl_finder_has_text(finder, str_c(str)))
				continue;
			gone.template_num = UIDL_GONE_HASHED;
			gone.number = 0;
			gone.key = uidl_text_hash_long(str_c(str));
		}
		uidl_store_add_gone(dest, &gone, 1);
	}
}

/* Hosts that knew nothing of each other may have shown one text for different
   messages: each keeps its own. */
static void
replica_add_missing(struct uidl_store *dest, const struct uidl_store *src)
{
	/* of the dict's slots only: it is not told of what is added */
	struct uidl_finder *finder = uidl_finder_init(dest, NULL, 0);
	struct uidl_message_slot msg;
	struct uidl_record record;
	string_t *str = str_new(default_pool, 128);
	uint32_t serial;

	for (serial = uidl_store_first(src); serial < uidl_store_slots(src);
	     serial++) {
		replica_add_gone(dest, src, serial, finder, str);
		str_truncate(str, 0);
		if (!uidl_store_get(src, serial, &msg) ||
		    !uidl_store_get_text(src, serial, str) ||
		    uidl_finder_has_message(finder, str_c(str), &msg))
			continue;
		i_zero(&record);
		record.text = str_c(str);
		record.number = msg.number;
		memcpy(record.guid, msg.guid, sizeof(record.guid));
		memcpy(record.content, msg.content, sizeof(record.content));
		record.size = msg.size;
		(void)uidl_store_add(dest, &record);
	}
	uidl_finder_deinit(&finder);
	str_free(&str);
}

/* The index of every host that had other serials has to notice it. */
static void
replica_merged_head(struct uidl_store *store, const struct uidl_store *merged,
		    struct uidl_head *head_r)
{
	*head_r = merged->head;
	head_r->sequence = store->head.sequence + 1;
	head_r->slots = uidl_store_slots(merged);
	head_r->messages += merged->added_messages;
	head_r->last_template = merged->last_template;
	head_r->flags |= store->head.flags;
	head_r->chain = uidl_chain(0, merged->slots->data,
				   head_r->slots - merged->base);
	if (head_r->slots > merged->head.slots ||
	    memcmp(head_r->store_id, store->head.store_id,
		   UIDL_STORE_ID_SIZE) == 0)
		random_fill(head_r->store_id, UIDL_STORE_ID_SIZE);
}

static int
replica_merge_into(struct uidl_store *merged, struct uidl_store *store,
		   const char **error_r)
{
	struct uidl_head head;

	if (replica_load(store, merged, error_r) < 0)
		return -1;
	replica_add_missing(merged, store);
	replica_merged_head(store, merged, &head);
	if (memcmp(head.store_id, store->dict_head.store_id,
		   UIDL_STORE_ID_SIZE) != 0 &&
	    uidl_replica_write(merged, store->dict_head.slots, &head,
			       error_r) < 0)
		return -1;
	store->dict_head = head;
	return uidl_journal_replace(store, &head, merged->slots, error_r);
}

/* Neither is: the dict's slots, and after them those of ours it lacks. They are
   complete wherever they are written. */
static int replica_merge(struct uidl_store *store, const char **error_r)
{
	struct uidl_store *merged = uidl_store_init(&store->set);
	int ret = replica_merge_into(merged, store, error_r);

	uidl_store_deinit(&merged);
	return ret;
}

/* Another host has removed the beginning: what follows it has to be what we
   have, and more. Returns 1, 0 when it is not, -1. */
static int replica_adopt(struct uidl_store *store, const char **error_r)
{
	struct uidl_store *other = uidl_store_init(&store->set);
	uint32_t base = store->dict_head.base, end = store->head.slots;
	int ret = replica_load(store, other, error_r);

	if (ret == 0 && end >= base && end <= store->dict_head.slots &&
	    (end == base ||
	     memcmp(uidl_store_slot(store, base), other->slots->data,
		    (size_t)(end - base) * UIDL_SLOT_SIZE) == 0)) {
		ret = uidl_journal_replace(store, &store->dict_head,
					   other->slots, error_r) < 0 ? -1 : 1;
	}
	uidl_store_deinit(&other);
	return ret;
}

static int replica_sync_once(struct uidl_store *store, const char **error_r)
{
	bool same = store->dict_found &&
		memcmp(store->dict_head.store_id, store->head.store_id,
		       UIDL_STORE_ID_SIZE) == 0;
	bool same_base = same && store->dict_head.base == store->base;
	int ret = 0;

	if (!store->dict_found ||
	    (same_base && store->dict_head.slots < store->head.slots))
		ret = replica_push(store, error_r);
	else if (same_base && store->dict_head.slots > store->head.slots)
		ret = replica_pull(store, error_r);
	else if (same && store->dict_head.base > store->base)
		ret = replica_adopt(store, error_r);
	if (ret == 0)
		ret = replica_merge(store, error_r);
	return ret < 0 ? -1 : 0;
}

int uidl_replica_sync(struct uidl_store *store, const char **error_r)
{
	struct uidl_head head;
	const char *error;

	if (!uidl_store_is_behind(store))
		return 0;
	head = store->dict_head;
	while (replica_sync_once(store, error_r) < 0) {
		/* another host may have removed pages after we have read the
		   head */
		if (store->lock == NULL || !store->dict_found ||
		    uidl_replica_read_head(store, &error) < 0 ||
		    store->dict_head.base <= head.base)
			return -1;
		head = store->dict_head;
	}
	return uidl_store_load(store, error_r);
}
