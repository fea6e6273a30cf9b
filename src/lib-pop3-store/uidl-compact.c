/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Messages that are gone. The beginning of the store is removed when it is worth
   it; of what is still needed of it, it is written again at the end. So no slot
   ever gets another serial, and the dict loses pages and gets some: nothing of
   what stays is moved. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "str.h"

#include "pop3-ext-limits.h"
#include "uidl-store-private.h"

ARRAY_DEFINE_TYPE(uidl_gone, struct uidl_gone);

bool uidl_store_get_gone(const struct uidl_store *store, uint32_t slot,
			 unsigned int idx, struct uidl_gone *gone_r)
{
	return uidl_gone_read(uidl_store_slot(store, slot), idx, gone_r);
}

void uidl_store_add_gone(struct uidl_store *store,
			 const struct uidl_gone *gone, unsigned int count)
{
	unsigned char slot[UIDL_SLOT_SIZE];
	unsigned int size;

	for (; count > 0; gone += size, count -= size) {
		size = I_MIN(count, UIDL_GONE_IN_SLOT);
		uidl_gone_write(gone, size, slot);
		buffer_append(store->slots, slot, sizeof(slot));
	}
	store->flags |= UIDL_HEAD_FLAG_GONE;
}

/* Slots of a message, and of what remains of one that is gone in thirds. */
static unsigned int message_slots(const struct uidl_message_slot *msg)
{
	return 1 + (msg->template_num == 0 ? uidl_text_slots(msg->text_len) :
		    0);
}

/* The end where most is won: octets that go, less those that are written
   again. */
uint32_t uidl_store_compact_end(const struct uidl_store *store,
				const bool *used)
{
	uint32_t slot, best = 0, end = store->head.slots;
	struct uidl_message_slot msg;
	int64_t won = 0, most = 0;

	/* in thirds of slots */
	for (slot = store->base; slot < end; slot++) {
		if (slot % UIDL_BASE_UNIT == 0 && won > most) {
			most = won;
			best = slot;
		}
		if (!uidl_message_read(uidl_store_slot(store, slot), &msg))
			continue;
		won += used[slot - store->base] ?
			-3 * (int64_t)message_slots(&msg) :
			3 * (int64_t)message_slots(&msg) - 1;
	}
	return most / 3 >= I_MAX(POP3_EXT_UIDL_MIN_GONE,
				 (end - store->base) / 4) ? best : 0;
}

static void
compact_template(struct uidl_store *store, const unsigned char *slot)
{
	struct uidl_template tmpl;

	/* only what is in use: those of a damaged chain were never loaded */
	if (uidl_template_read(slot, &tmpl) &&
	    tmpl.num < array_count(&store->templates))
		uidl_store_add_template(store, &tmpl);
}

static void
compact_gone(struct uidl_store *store, uint32_t serial,
	     const struct uidl_message_slot *msg, ARRAY_TYPE(uidl_gone) *gones)
{
	struct uidl_gone *gone;
	string_t *str;

	gone = array_append_space(gones);
	if (msg->template_num != 0) {
		gone->template_num = msg->template_num;
		gone->number = msg->number;
		gone->key = uidl_gone_content(msg->content);
		return;
	}
	str = t_str_new(128);
	gone->template_num = UIDL_GONE_HASHED;
	if (uidl_store_get_text(store, serial, str))
		gone->key = uidl_text_hash_long(str_c(str));
}

static uint32_t
compact_message(struct uidl_store *store, uint32_t serial,
		const struct uidl_message_slot *msg)
{
	uint32_t moved = uidl_store_slots(store);
	unsigned int i, count = message_slots(msg);
	unsigned char copy[UIDL_SLOT_SIZE];

	for (i = 0; i < count; i++) {
		/* the buffer may move */
		memcpy(copy, uidl_store_slot(store, serial + i), sizeof(copy));
		buffer_append(store->slots, copy, sizeof(copy));
	}
	return moved;
}

/* What is needed of the beginning, at the end. */
static void
compact_rewrite(struct uidl_store *store, uint32_t end, const bool *used,
		uint32_t *moved)
{
	ARRAY_TYPE(uidl_gone) gones;
	struct uidl_message_slot msg;
	struct uidl_gone gone;
	unsigned char slot[UIDL_SLOT_SIZE];
	uint32_t i;
	unsigned int j;

	i_array_init(&gones, 64);
	for (i = store->base; i < end; i++) T_BEGIN {
		memcpy(slot, uidl_store_slot(store, i), sizeof(slot));
		for (j = 0; j < UIDL_GONE_IN_SLOT; j++) {
			if (uidl_gone_read(slot, j, &gone))
				array_push_back(&gones, &gone);
		}
		compact_template(store, slot);
		if (uidl_message_read(slot, &msg)) {
			if (used[i - store->base])
				moved[i - store->base] =
					compact_message(store, i, &msg) + 1;
			else
				compact_gone(store, i, &msg, &gones);
		}
	} T_END;
	if (array_count(&gones) > 0) {
		uidl_store_add_gone(store, array_front(&gones),
				    array_count(&gones));
	}
	array_free(&gones);
}

static void
compact_head(const struct uidl_store *store, uint32_t end,
	     struct uidl_head *head_r)
{
	struct uidl_message_slot msg;
	uint32_t slot;

	*head_r = store->head;
	head_r->base = end;
	head_r->sequence++;
	head_r->slots = uidl_store_slots(store);
	head_r->last_template = store->last_template;
	head_r->flags = store->flags;
	head_r->messages = 0;
	for (slot = end; slot < head_r->slots; slot++) {
		if (uidl_message_read(uidl_store_slot(store, slot), &msg))
			head_r->messages++;
	}
	head_r->chain = uidl_chain(0, uidl_store_slot(store, end),
				   head_r->slots - end);
}

int uidl_store_compact(struct uidl_store *store, uint32_t end, const bool *used,
		       uint32_t *moved, const char **error_r)
{
	uint32_t old_slots = store->head.slots;
	struct uidl_head head;
	buffer_t rest;
	int ret;

	i_assert(store->lock != NULL && uidl_store_slots(store) == old_slots);
	i_assert(end % UIDL_BASE_UNIT == 0 && end > store->base &&
		 end <= old_slots);

	compact_rewrite(store, end, used, moved);
	compact_head(store, end, &head);
	if (uidl_replica_write(store, old_slots, &head, error_r) < 0) {
		uidl_store_unload(store);
		return -1;
	}
	buffer_create_from_const_data(&rest, uidl_store_slot(store, end),
		(size_t)(head.slots - end) * UIDL_SLOT_SIZE);
	ret = uidl_journal_replace(store, &head, &rest, error_r);
	return ret < 0 ? -1 : uidl_store_load(store, error_r);
}
