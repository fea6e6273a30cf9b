/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* What is done under the store's lock, where no other session changes it: to
   recognise messages, and to add those that are new. */

#include "lib.h"
#include "array.h"
#include "str.h"

#include "pop3-ext-limits.h"
#include "uidl-assign-private.h"

/* Another session may have been faster: what the newest index has for a message
   of ours is not free for others, but ours. */
static void assign_look_again(struct uidl_assign *assign)
{
	struct uidl_message_slot slot;
	struct unknown_msg *msg;
	uint32_t serial;

	array_foreach_modifiable(&assign->piece, msg) {
		serial = pop3_uidl_mailbox_view_serial(assign->ubox,
						       assign->view, msg->uid);
		if (serial != 0 &&
		    uidl_store_get(assign->store, serial - 1, &slot))
			msg->serial = serial;
	}
}

/* The finder lasts as long as nobody else adds to the store. */
static void assign_finder_update(struct uidl_assign *assign)
{
	uint32_t slots = uidl_store_slots(assign->store) -
		uidl_store_first(assign->store);
	bool *used = NULL;

	if (assign->finder_chain != uidl_store_head(assign->store)->chain)
		uidl_finder_deinit(&assign->finder);
	if (uidl_assign_can_match(assign))
		used = pop3_uidl_mailbox_used(assign->ubox, assign->view);
	if (assign->finder == NULL) {
		assign->finder = uidl_finder_init(assign->store, used,
						  used == NULL ? 0 : slots);
	} else if (used != NULL) {
		uidl_finder_set_used(assign->finder, used, slots);
	}
	i_free(used);
}

static bool assign_can_match_gone(struct uidl_assign *assign)
{
	return (uidl_store_head(assign->store)->flags &
		UIDL_HEAD_FLAG_GONE) != 0;
}

bool uidl_assign_can_match(struct uidl_assign *assign)
{
	struct pop3_uidl_mailbox *ubox = assign->ubox;
	uint32_t seq, known = 0;

	for (seq = 1; seq <= ubox->serials_count; seq++) {
		if (ubox->serials[seq - 1] != 0)
			known++;
	}
	return uidl_store_head(assign->store)->messages > known ||
		assign_can_match_gone(assign);
}

static void
assign_take(struct uidl_assign *assign, struct unknown_msg *msg,
	    enum uidl_finder_key key, const unsigned char *digest)
{
	/* UIDL_SERIAL_NONE becomes 0 */
	if (msg->serial == 0) {
		msg->serial = uidl_finder_take(assign->finder, key, digest,
					       msg->uid) + 1;
	}
}

void uidl_assign_unlock(struct uidl_assign *assign)
{
	mail_index_view_close(&assign->view);
	assign->finder_chain = uidl_store_head(assign->store)->chain;
	if (!assign->owner->dry_run)
		uidl_store_unlock(assign->store);
}

int uidl_assign_lock(struct uidl_assign *assign, const char **error_r)
{
	const struct uidl_head *head = uidl_store_head(assign->store);
	struct uidl_head before = *head;

	/* a dry run looks at what was there when the store was opened */
	if (!assign->owner->dry_run) {
		if (uidl_store_lock(assign->store, error_r) < 0)
			return -1;
		(void)mail_index_refresh(assign->ubox->box->index);
	}
	assign->view = mail_index_view_open(assign->ubox->box->index);
	if (before.slots == 0 ||
	    (memcmp(before.store_id, head->store_id,
		    UIDL_STORE_ID_SIZE) == 0 &&
	     (head->slots > before.slots ||
	      (head->slots == before.slots && head->chain == before.chain)))) {
		if (head->base != before.base) {
			pop3_uidl_mailbox_compacted(assign->ubox,
						    assign->view);
		}
		return 0;
	}
	/* what the session knows are serials of the other one */
	*error_r = "pop3_uidl: The store was replaced during the session";
	uidl_assign_unlock(assign);
	return -1;
}

/* The messages of the piece that have serials: into the index. */
static void assign_remember(struct uidl_assign *assign)
{
	const struct unknown_msg *msg;
	uint32_t *seqs, *serials;
	unsigned int count = 0;

	seqs = t_new(uint32_t, array_count(&assign->piece));
	serials = t_new(uint32_t, array_count(&assign->piece));
	array_foreach(&assign->piece, msg) {
		if (msg->serial == 0)
			continue;
		seqs[count] = msg->seq;
		serials[count++] = msg->serial;
	}
	if (assign->owner->dry_run)
		pop3_uidl_mailbox_set(assign->ubox, seqs, serials, count);
	else if (count > 0)
		pop3_uidl_mailbox_save(assign->ubox, seqs, serials, count);
}

int uidl_assign_complete(struct pop3_uidl_mailbox *ubox, const char **error_r)
{
	const struct uidl_head *head = uidl_store_head(ubox->store);
	int ret;

	if (head->slots == 0 || (head->flags & UIDL_HEAD_FLAG_COMPLETE) != 0)
		return 0;
	/* the session that was to say so came to an early end */
	if (uidl_store_lock(ubox->store, error_r) < 0)
		return -1;
	uidl_store_set_complete(ubox->store);
	ret = uidl_store_commit(ubox->store, error_r);
	uidl_store_unlock(ubox->store);
	return ret;
}

/* What was found at the login, and then by what was read. */
static void assign_take_guids(struct uidl_assign *assign)
{
	struct unknown_msg *msg;
	uint32_t found;

	array_foreach_modifiable(&assign->piece, msg) {
		found = pop3_uidl_mailbox_found(assign->ubox, msg->seq);
		if (msg->serial == 0 && found != 0 &&
		    uidl_finder_take_serial(assign->finder, found - 1))
			msg->serial = found;
	}
	array_foreach_modifiable(&assign->piece, msg)
		assign_take(assign, msg, UIDL_FINDER_GUID, msg->guid);
}

int uidl_assign_match_guids(struct uidl_assign *assign, const char **error_r)
{
	if (uidl_assign_lock(assign, error_r) < 0)
		return -1;
	assign_look_again(assign);
	assign_finder_update(assign);
	if (uidl_assign_can_match(assign))
		assign_take_guids(assign);
	uidl_assign_unlock(assign);
	assign_remember(assign);
	return 0;
}

/* A text that no message ever had, if possible the host's. NULL: only that one
   is wanted. */
static const char *
assign_new_text(struct uidl_assign *assign, const struct unknown_msg *msg,
		const char *text)
{
	const char *new_text;
	unsigned int i;
	bool complete;

	complete = (uidl_store_head(assign->store)->flags &
		    UIDL_HEAD_FLAG_COMPLETE) != 0;
	if (text == NULL || text[0] == '\0' ||
	    strlen(text) > POP3_EXT_MAX_UIDL)
		text = t_strdup_printf("uidl-%u", msg->uid);
	else if (!complete)
		return text;
	if (!uidl_finder_has_text(assign->finder, text))
		return text;
	if (assign->owner->partial)
		return NULL;
	text = t_strndup(text, POP3_EXT_MAX_NEW_UIDL - MAX_INT_STRLEN);
	for (i = 2;; i++) {
		new_text = t_strdup_printf("%s-%u", text, i);
		if (!uidl_finder_has_text(assign->finder, new_text))
			return new_text;
	}
}

static void
assign_add(struct uidl_assign *assign, struct unknown_msg *msg,
	   const char *text, uint32_t size)
{
	struct uidl_record record;
	uint32_t serial;

	i_zero(&record);
	/* it came back after it had been forgotten, but for its text */
	if (assign_can_match_gone(assign) &&
	    uidl_finder_get_gone(assign->finder, msg->content, msg->uid,
				 assign->str))
		record.text = str_c(assign->str);
	else
		record.text = assign_new_text(assign, msg, text);
	if (record.text == NULL)
		return;
	record.number = msg->uid;
	memcpy(record.guid, msg->guid, sizeof(record.guid));
	memcpy(record.content, msg->content, sizeof(record.content));
	record.size = size;
	serial = uidl_store_add(assign->store, &record);
	uidl_finder_added(assign->finder, serial);
	msg->serial = serial + 1;
}

static int
assign_save_locked(struct uidl_assign *assign, const char *const *texts,
		   const uint32_t *sizes, bool last, const char **error_r)
{
	struct unknown_msg *msg;
	unsigned int i;

	assign_look_again(assign);
	assign_finder_update(assign);
	if (uidl_assign_can_match(assign)) {
		assign_take_guids(assign);
		array_foreach_modifiable(&assign->piece, msg) {
			assign_take(assign, msg, UIDL_FINDER_CONTENT,
				    msg->content);
		}
	}
	for (i = 0; i < array_count(&assign->piece); i++) {
		msg = array_idx_modifiable(&assign->piece, i);
		if (msg->serial == 0 &&
		    (texts[i] != NULL || !assign->owner->dry_run)) T_BEGIN {
			assign_add(assign, msg, texts[i], sizes[i]);
		} T_END;
	}
	if (assign->owner->dry_run)
		return 0;
	if (last && !assign->owner->partial)
		uidl_store_set_complete(assign->store);
	return uidl_store_commit(assign->store, error_r);
}

/* What the owner says of the piece. Without the lock: it may take its time. */
static int
assign_get_texts(struct uidl_assign *assign, const char **texts,
		 uint32_t *sizes, const char **error_r)
{
	const struct unknown_msg *msgs;
	unsigned int i, count;
	uint32_t *seqs;

	msgs = array_get(&assign->piece, &count);
	seqs = t_new(uint32_t, count);
	for (i = 0; i < count; i++)
		seqs[i] = msgs[i].seq;
	return assign->owner->get_texts(assign->context, assign->mail, seqs,
					count, texts, sizes, error_r);
}

int uidl_assign_save(struct uidl_assign *assign, bool last,
		     const char **error_r)
{
	unsigned int count = array_count(&assign->piece);
	const char **texts = t_new(const char *, count);
	uint32_t *sizes = t_new(uint32_t, count);
	int ret;

	if ((assign->owner->get_texts != NULL &&
	     assign_get_texts(assign, texts, sizes, error_r) < 0) ||
	    uidl_assign_lock(assign, error_r) < 0)
		return -1;
	ret = assign_save_locked(assign, texts, sizes, last, error_r);
	uidl_assign_unlock(assign);
	if (ret == 0)
		assign_remember(assign);
	return ret;
}
