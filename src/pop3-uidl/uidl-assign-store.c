/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* What is done under the store's lock, where no other session changes it: to
   recognise messages, and to add those that are new. */

#include "lib.h"
#include "array.h"

#include "pop3-ext-limits.h"
#include "pop3-ext-settings.h"
#include "uidl-assign-private.h"

/* Another session may have been faster, and the index has read it: then what it
   has for a message of ours is not free for others, but ours. */
static void assign_look_again(struct uidl_assign *assign, unsigned int first,
			      unsigned int end)
{
	struct unknown_msg *msgs = array_front_modifiable(&assign->msgs);
	struct uidl_message_slot slot;
	uint32_t serial;

	for (; first < end; first++) {
		serial = pop3_uidl_mailbox_serial(assign->ubox,
						  msgs[first].seq);
		if (serial != 0 &&
		    uidl_store_get(assign->store, serial - 1, &slot))
			msgs[first].serial = serial;
	}
}

/* For the messages of this piece, which need not be looked for any more when
   they have a serial then. */
static void assign_finder_new(struct uidl_assign *assign, unsigned int first,
			      unsigned int end)
{
	bool *used;

	assign_look_again(assign, first, end);
	used = pop3_uidl_mailbox_used(assign->ubox);
	uidl_finder_deinit(&assign->finder);
	assign->finder = uidl_finder_init(assign->store, used,
					  uidl_store_slots(assign->store));
	i_free(used);
}

/* Has the store messages that the mailbox doesn't? */
static bool assign_can_match(struct uidl_assign *assign)
{
	unsigned int i, known = 0;

	for (i = 0; i < assign->ubox->msg_count; i++) {
		if (assign->ubox->msg_serials[i] != 0)
			known++;
	}
	return uidl_store_head(assign->store)->messages > known;
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

static int assign_lock(struct uidl_assign *assign, const char **error_r)
{
	const struct uidl_head *head = uidl_store_head(assign->store);
	struct uidl_head before = *head;

	if (uidl_store_lock(assign->store, error_r) < 0)
		return -1;
	if (before.slots == 0 ||
	    (memcmp(before.store_id, head->store_id,
		    UIDL_STORE_ID_SIZE) == 0 &&
	     (head->slots > before.slots ||
	      (head->slots == before.slots && head->chain == before.chain))))
		return 0;
	/* what the session knows are serials of the other one */
	*error_r = "pop3_uidl: The store was replaced during the session";
	uidl_store_unlock(assign->store);
	return -1;
}

/* The messages of the piece have their serials: into the index, and into our
   list. */
static void assign_remember(struct uidl_assign *assign, unsigned int first,
			    unsigned int end)
{
	struct unknown_msg *msgs = array_front_modifiable(&assign->msgs);
	uint32_t *seqs, *serials;
	unsigned int i, count = 0;

	seqs = i_new(uint32_t, end - first + 1);
	serials = i_new(uint32_t, end - first + 1);
	for (i = first; i < end; i++) {
		if (msgs[i].serial == 0)
			continue;
		seqs[count] = msgs[i].seq;
		serials[count++] = msgs[i].serial;
		assign->ubox->msg_serials[msgs[i].msgnum] = msgs[i].serial;
	}
	if (count > 0)
		pop3_uidl_mailbox_save(assign->ubox, seqs, serials, count);
	i_free(seqs);
	i_free(serials);
}

/* Those that were recognised leave the list. */
static void assign_forget_known(struct uidl_assign *assign)
{
	struct unknown_msg *msgs;
	unsigned int i, count, kept = 0;

	msgs = array_get_modifiable(&assign->msgs, &count);
	for (i = 0; i < count; i++) {
		if (msgs[i].serial == 0)
			msgs[kept++] = msgs[i];
	}
	array_delete(&assign->msgs, kept, count - kept);
}

/* A view leaves messages for other sessions, and so does DELE. */
static bool session_sees_all(struct client *client)
{
	const struct pop3_ext_client *eclient =
		POP3_EXT_CLIENT_CONTEXT_REQUIRE(client);

	return client->deleted_count == 0 &&
		eclient->set->pop3_ext_view_account[0] == '\0' &&
		eclient->set->pop3_ext_view_days == 0;
}

int uidl_assign_complete(struct client *client, struct pop3_uidl_mailbox *ubox,
			 const char **error_r)
{
	const struct uidl_head *head = uidl_store_head(ubox->store);
	int ret;

	if (head->slots == 0 || (head->flags & UIDL_HEAD_FLAG_COMPLETE) != 0 ||
	    !session_sees_all(client))
		return 1;
	/* the session that was to say so came to an early end */
	if (uidl_store_lock(ubox->store, error_r) < 0)
		return -1;
	uidl_store_set_complete(ubox->store);
	ret = uidl_store_commit(ubox->store, error_r);
	uidl_store_unlock(ubox->store);
	return ret < 0 ? -1 : 1;
}

int uidl_assign_match_guids(struct uidl_assign *assign, const char **error_r)
{
	struct unknown_msg *msg;

	if (assign_lock(assign, error_r) < 0)
		return -1;
	if (assign_can_match(assign)) {
		assign_finder_new(assign, 0, array_count(&assign->msgs));
		array_foreach_modifiable(&assign->msgs, msg) {
			assign_take(assign, msg, UIDL_FINDER_GUID, msg->guid);
		}
	}
	uidl_store_unlock(assign->store);
	assign_remember(assign, 0, array_count(&assign->msgs));
	assign_forget_known(assign);
	return array_count(&assign->msgs) == 0 ?
		uidl_assign_complete(assign->client, assign->ubox, error_r) : 0;
}

/* A text that no message ever had, if possible the host's. */
static const char *
assign_new_text(struct uidl_assign *assign, const struct unknown_msg *msg)
{
	const char *text = msg->text, *new_text;
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
	text = t_strndup(text, POP3_EXT_MAX_NEW_UIDL - MAX_INT_STRLEN);
	for (i = 2;; i++) {
		new_text = t_strdup_printf("%s-%u", text, i);
		if (!uidl_finder_has_text(assign->finder, new_text))
			return new_text;
	}
}

static void assign_add(struct uidl_assign *assign, struct unknown_msg *msg)
{
	struct uidl_record record;
	struct client *client = assign->client;
	/* with this setting it may be the size in the file */
	uoff_t size = client->set->pop3_fast_size_lookups ? UOFF_T_MAX :
		client->message_sizes[msg->msgnum];
	uint32_t serial;

	i_zero(&record);
	record.text = assign_new_text(assign, msg);
	record.number = msg->uid;
	memcpy(record.guid, msg->guid, sizeof(record.guid));
	memcpy(record.content, msg->content, sizeof(record.content));
	record.size = size < UIDL_SIZE_UNKNOWN ? size : UIDL_SIZE_UNKNOWN;
	serial = uidl_store_add(assign->store, &record);
	uidl_finder_added(assign->finder, serial);
	msg->serial = serial + 1;
}

static int
assign_save_locked(struct uidl_assign *assign, unsigned int first,
		   const char **error_r)
{
	struct unknown_msg *msgs = array_front_modifiable(&assign->msgs);
	bool match = assign_can_match(assign);
	unsigned int i;

	assign_finder_new(assign, first, assign->end);
	/* another session may have been faster */
	for (i = first; i < assign->end && match; i++)
		assign_take(assign, &msgs[i], UIDL_FINDER_GUID, msgs[i].guid);
	for (i = first; i < assign->end && match; i++) {
		assign_take(assign, &msgs[i], UIDL_FINDER_CONTENT,
			    msgs[i].content);
	}
	for (i = first; i < assign->end; i++) {
		if (msgs[i].serial == 0) T_BEGIN {
			assign_add(assign, &msgs[i]);
		} T_END;
	}
	if (assign->end == array_count(&assign->msgs) &&
	    session_sees_all(assign->client))
		uidl_store_set_complete(assign->store);
	return uidl_store_commit(assign->store, error_r);
}

int uidl_assign_save(struct uidl_assign *assign, unsigned int first,
		     const char **error_r)
{
	int ret;

	if (assign_lock(assign, error_r) < 0)
		return -1;
	ret = assign_save_locked(assign, first, error_r);
	uidl_store_unlock(assign->store);
	if (ret < 0)
		return -1;
	assign_remember(assign, first, assign->end);
	return 0;
}
