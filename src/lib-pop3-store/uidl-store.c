/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "randgen.h"
#include "str.h"

#include "pop3-ext-limits.h"
#include "uidl-store-private.h"

#include <unistd.h>

struct uidl_store *uidl_store_init(const struct uidl_store_settings *set)
{
	struct uidl_store *store;
	pool_t pool;

	pool = pool_alloconly_create("uidl store", 512);
	store = p_new(pool, struct uidl_store, 1);
	store->pool = pool;
	store->set = *set;
	store->set.path = p_strdup(pool, set->path);
	store->set.dict_prefix = p_strdup(pool, set->dict_prefix);
	if (set->dict_op_set != NULL) {
		store->dict_op_set = *set->dict_op_set;
		store->dict_op_set.username =
			p_strdup(pool, set->dict_op_set->username);
		store->dict_op_set.home_dir =
			p_strdup(pool, set->dict_op_set->home_dir);
		store->set.dict_op_set = &store->dict_op_set;
	}
	uidl_store_set_modes(store, set->lock_method, set->fsync);
	store->fd = -1;
	store->slots = buffer_create_dynamic(default_pool, UIDL_SLOT_SIZE);
	i_array_init(&store->templates, 4);
	return store;
}

void uidl_store_set_modes(struct uidl_store *store,
			  enum file_lock_method lock_method, bool fsync)
{
	/* a dotlock is for files that are replaced */
	store->set.lock_method = lock_method == FILE_LOCK_METHOD_DOTLOCK ?
		FILE_LOCK_METHOD_FCNTL : lock_method;
	store->set.fsync = fsync;
}

void uidl_store_deinit(struct uidl_store **_store)
{
	struct uidl_store *store = *_store;

	if (store == NULL)
		return;
	*_store = NULL;
	uidl_journal_close(store);
	array_free(&store->templates);
	buffer_free(&store->slots);
	pool_unref(&store->pool);
}

const struct uidl_head *uidl_store_head(const struct uidl_store *store)
{
	return &store->head;
}

uint32_t uidl_store_first(const struct uidl_store *store)
{
	return store->base;
}

uint32_t uidl_store_slots(const struct uidl_store *store)
{
	return store->base + store->slots->used / UIDL_SLOT_SIZE;
}

void uidl_store_unload(struct uidl_store *store)
{
	buffer_set_used_size(store->slots, 0);
	array_clear(&store->templates);
	store->loaded = store->base;
	store->loaded_chain = 0;
	store->added_messages = 0;
}

/* What was added and not committed goes. */
static void uidl_store_rollback(struct uidl_store *store)
{
	size_t size = (size_t)(store->loaded - store->base) * UIDL_SLOT_SIZE;

	if (store->slots->used > size)
		buffer_set_used_size(store->slots, size);
	store->added_messages = 0;
	store->last_template = store->head.last_template;
	store->flags = store->head.flags;
}

const unsigned char *
uidl_store_slot(const struct uidl_store *store, uint32_t slot)
{
	i_assert(slot >= store->base && slot < uidl_store_slots(store));
	return CONST_PTR_OFFSET(store->slots->data,
				(size_t)(slot - store->base) * UIDL_SLOT_SIZE);
}

bool uidl_store_load_templates(struct uidl_store *store)
{
	struct uidl_template tmpl;
	uint32_t next, count = uidl_store_slots(store);

	array_clear(&store->templates);
	/* those that were before the base have been written again, and come
	   first */
	for (next = store->head.last_template; next > store->base;
	     next = tmpl.prev) {
		/* they point backwards only: no loops */
		if (next > count ||
		    !uidl_template_read(uidl_store_slot(store, next - 1), &tmpl) ||
		    tmpl.prev >= next)
			return FALSE;
		array_idx_set(&store->templates, tmpl.num, &tmpl);
	}
	return TRUE;
}

int uidl_store_open(struct uidl_store *store, const char **error_r)
{
	int ret = uidl_journal_open(store, error_r);

	if (ret < 0 || uidl_replica_read_head(store, error_r) < 0)
		return -1;
	return ret > 0 || store->dict_found ? 1 : 0;
}

bool uidl_store_is_behind(const struct uidl_store *store)
{
	if (store->set.dict == NULL)
		return FALSE;
	if (!store->dict_found || store->fd == -1)
		return store->dict_found || store->fd != -1;
	return memcmp(store->dict_head.store_id, store->head.store_id,
		      UIDL_STORE_ID_SIZE) != 0 ||
		store->dict_head.slots != store->head.slots ||
		store->dict_head.chain != store->head.chain;
}

int uidl_store_load(struct uidl_store *store, const char **error_r)
{
	/* others may have added what the index already has */
	if (store->lock == NULL && uidl_journal_open(store, error_r) < 0)
		return -1;
	if (store->fd == -1 && store->head.sequence > 0) {
		*error_r = t_strconcat(store->set.path, " was removed", NULL);
		return -1;
	}
	if (uidl_journal_load(store, error_r) < 0)
		return -1;
	uidl_store_rollback(store);
	if (uidl_store_load_templates(store))
		return 0;
	uidl_store_unload(store);
	*error_r = t_strconcat(store->set.path, " is damaged", NULL);
	return -1;
}

static int uidl_store_create(struct uidl_store *store, const char **error_r)
{
	unsigned char id[UIDL_STORE_ID_SIZE];

	if (store->dict_found)
		memcpy(id, store->dict_head.store_id, sizeof(id));
	else
		random_fill(id, sizeof(id));
	return uidl_journal_create(store, id, error_r);
}

int uidl_store_lock(struct uidl_store *store, const char **error_r)
{
	i_assert(store->lock == NULL);

	if (store->fd == -1 &&
	    (uidl_store_open(store, error_r) < 0 ||
	     (store->fd == -1 && uidl_store_create(store, error_r) < 0)))
		return -1;
	if (uidl_journal_lock(store, error_r) < 0)
		return -1;
	if (uidl_store_load(store, error_r) < 0 ||
	    uidl_replica_read_head(store, error_r) < 0 ||
	    uidl_replica_sync(store, error_r) < 0) {
		uidl_store_unlock(store);
		return -1;
	}
	return 0;
}

void uidl_store_unlock(struct uidl_store *store)
{
	uidl_store_rollback(store);
	if (store->lock != NULL)
		file_unlock(&store->lock);
}

void uidl_store_add_template(struct uidl_store *store,
			     struct uidl_template *tmpl)
{
	unsigned char slot[UIDL_SLOT_SIZE];

	tmpl->prev = store->last_template;
	store->last_template = uidl_store_slots(store) + 1;
	uidl_template_write(tmpl, slot);
	buffer_append(store->slots, slot, sizeof(slot));
	array_idx_set(&store->templates, tmpl->num, tmpl);
}

uint8_t uidl_store_get_template(struct uidl_store *store, const char *text,
				uint32_t number)
{
	struct uidl_template tmpl;
	const struct uidl_template *known;
	unsigned int i;

	for (i = array_count(&store->templates); i > 1; i--) {
		known = array_idx(&store->templates, i - 1);
		if (known->num != 0 &&
		    uidl_template_makes(known, number, text))
			return known->num;
	}
	i = I_MAX(array_count(&store->templates), 1);
	if (i > UIDL_MAX_TEMPLATES || !uidl_template_find(text, number, &tmpl))
		return 0;
	tmpl.num = i;
	uidl_store_add_template(store, &tmpl);
	return tmpl.num;
}

uint32_t uidl_store_add(struct uidl_store *store,
			const struct uidl_record *record)
{
	unsigned char slot[UIDL_SLOT_SIZE];
	size_t len = strlen(record->text);
	uint32_t serial;
	struct uidl_message_slot msg = {
		.text_len = len,
		.text_hash = uidl_text_hash(record->text),
		.number = record->number,
		.size = record->size,
	};

	i_assert(len > 0 && len <= POP3_EXT_MAX_UIDL);

	msg.template_num = uidl_store_get_template(store, record->text,
						   record->number);
	memcpy(msg.guid, record->guid, sizeof(msg.guid));
	memcpy(msg.content, record->content, sizeof(msg.content));
	serial = uidl_store_slots(store);
	uidl_message_write(&msg, slot);
	buffer_append(store->slots, slot, sizeof(slot));
	if (msg.template_num == 0)
		uidl_text_write(record->text, len, store->slots);
	store->added_messages++;
	return serial;
}

void uidl_store_set_complete(struct uidl_store *store)
{
	store->flags |= UIDL_HEAD_FLAG_COMPLETE;
}

int uidl_store_commit(struct uidl_store *store, const char **error_r)
{
	struct uidl_head head = store->head;
	uint32_t first = head.slots;

	i_assert(store->lock != NULL);
	head.slots = uidl_store_slots(store);
	if (head.slots == first && store->flags == head.flags)
		return 0;
	head.messages += store->added_messages;
	head.last_template = store->last_template;
	head.flags = store->flags;
	head.chain = uidl_chain(store->loaded_chain,
				CONST_PTR_OFFSET(store->slots->data,
					(size_t)(first - store->base) *
					UIDL_SLOT_SIZE),
				head.slots - first);
	if (uidl_replica_write(store, first, &head, error_r) < 0 ||
	    uidl_journal_append(store, &head, error_r) < 0) {
		uidl_store_unload(store);
		return -1;
	}
	store->added_messages = 0;
	return 0;
}

bool uidl_store_has_replica(const struct uidl_store *store)
{
	return store->dict_found;
}

int uidl_store_remove_replica(struct uidl_store *store, const char **error_r)
{
	return uidl_replica_remove(store, error_r);
}

int uidl_store_remove(struct uidl_store *store, const char **error_r)
{
	const char *error;

	/* whoever adds to it has to end first; if it is damaged nobody does */
	if (uidl_journal_open(store, &error) > 0 &&
	    uidl_journal_lock(store, error_r) < 0)
		return -1;
	if (uidl_replica_remove(store, error_r) < 0) {
		uidl_store_unlock(store);
		return -1;
	}
	if (unlink(store->set.path) < 0 && errno != ENOENT) {
		*error_r = t_strdup_printf("unlink(%s) failed: %m",
					   store->set.path);
		uidl_store_unlock(store);
		return -1;
	}
	uidl_journal_close(store);
	uidl_store_unload(store);
	i_zero(&store->head);
	return 0;
}

bool uidl_store_get(const struct uidl_store *store, uint32_t serial,
		    struct uidl_message_slot *msg_r)
{
	return serial >= store->base && serial < uidl_store_slots(store) &&
		uidl_message_read(uidl_store_slot(store, serial), msg_r);
}

bool uidl_store_expand(const struct uidl_store *store, uint8_t template_num,
		       uint32_t number, string_t *dest)
{
	const struct uidl_template *tmpl;

	if (template_num >= array_count(&store->templates))
		return FALSE;
	tmpl = array_idx(&store->templates, template_num);
	if (tmpl->num == 0)
		return FALSE;
	uidl_template_expand(tmpl, number, dest);
	return TRUE;
}

bool uidl_store_get_text(const struct uidl_store *store, uint32_t serial,
			 string_t *dest)
{
	struct uidl_message_slot msg;

	if (!uidl_store_get(store, serial, &msg))
		return FALSE;
	if (msg.template_num == 0) {
		if (msg.text_len == 0 || serial + 1 >= uidl_store_slots(store))
			return FALSE;
		return uidl_text_read(uidl_store_slot(store, serial + 1),
				      uidl_store_slots(store) - serial - 1,
				      msg.text_len, dest);
	}
	return uidl_store_expand(store, msg.template_num, msg.number, dest);
}
