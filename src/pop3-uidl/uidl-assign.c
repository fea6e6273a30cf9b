/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Messages that the index knows no serial of: recognised by GUID, all of them
   first, then by content, and what remains is new. In pieces, and what a piece
   has found out is saved at its end: a session that ends in the middle leaves
   less to do for the next one. */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "str.h"
#include "mail-storage.h"

#include "pop3-ext-limits.h"
#include "uidl-digest.h"
#include "pop3-uidl-mailbox.h"
#include "pop3-uidl-session.h"

/* messages at a time: asked for their GUID, read, and saved */
#define GUIDS_AT_ONCE 1000
#define READS_AT_ONCE 32
#define SAVE_AT_ONCE 1000
/* From so many new messages on the host is asked for its whole list. */
#define HOST_LIST_MIN 16

enum assign_phase {
	PHASE_GUIDS,
	PHASE_MATCH_GUIDS,
	PHASE_READ,
	PHASE_SAVE,
};

struct unknown_msg {
	uint32_t msgnum, seq;
	unsigned char guid[UIDL_DIGEST_SIZE];
	unsigned char content[UIDL_DIGEST_SIZE];
	/* serial plus 1, or 0 */
	uint32_t serial;
	uint32_t uid;
	const char *text;
};

struct uidl_assign {
	struct client *client;
	struct pop3_uidl_mailbox *ubox;
	struct uidl_store *store;
	struct mailbox_transaction_context *trans;
	struct mail *mail;
	struct uidl_digest *digest;
	struct uidl_finder *finder;
	string_t *str;

	enum assign_phase phase;
	ARRAY(struct unknown_msg) msgs;
	/* what the phase has done, and where its piece ends */
	unsigned int next, end;

	/* the host's texts of all of them */
	pool_t texts_pool;
};

struct uidl_assign *
uidl_assign_init(struct client *client, struct pop3_uidl_mailbox *ubox)
{
	struct uidl_assign *assign;
	struct unknown_msg *msg;
	unsigned int i;

	assign = i_new(struct uidl_assign, 1);
	assign->client = client;
	assign->ubox = ubox;
	assign->store = ubox->store;
	i_array_init(&assign->msgs, 16);
	for (i = 0; i < ubox->msg_count; i++) {
		if (ubox->msg_serials[i] != 0 ||
		    pop3_uidl_msg_is_deleted(client, i))
			continue;
		msg = array_append_space(&assign->msgs);
		msg->msgnum = i;
		msg->seq = pop3_uidl_msgnum_to_seq(client, i);
	}
	if (array_count(&assign->msgs) == 0) {
		array_free(&assign->msgs);
		i_free(assign);
		return NULL;
	}
	assign->trans = mailbox_transaction_begin(ubox->box, 0, __func__);
	assign->mail = mail_alloc(assign->trans, 0, NULL);
	assign->digest = uidl_digest_init();
	assign->str = str_new(default_pool, 128);
	return assign;
}

void uidl_assign_deinit(struct uidl_assign **_assign)
{
	struct uidl_assign *assign = *_assign;

	if (assign == NULL)
		return;
	*_assign = NULL;
	uidl_finder_deinit(&assign->finder);
	uidl_digest_deinit(&assign->digest);
	mail_free(&assign->mail);
	(void)mailbox_transaction_commit(&assign->trans);
	pool_unref(&assign->texts_pool);
	array_free(&assign->msgs);
	str_free(&assign->str);
	i_free(assign);
}

static int
assign_mail_error(struct uidl_assign *assign, const char *what,
		  const char **error_r)
{
	*error_r = t_strdup_printf("pop3_uidl: Can't read the %s of UID %u: %s",
		what, assign->mail->uid,
		mailbox_get_last_internal_error(assign->ubox->box, NULL));
	return -1;
}

/* Reads GUIDs. Returns 1 when all are there. */
static int assign_guids(struct uidl_assign *assign, const char **error_r)
{
	struct unknown_msg *msgs;
	unsigned int count, end;

	msgs = array_get_modifiable(&assign->msgs, &count);
	end = I_MIN(assign->next + GUIDS_AT_ONCE, count);
	for (; assign->next < end; assign->next++) {
		mail_set_seq(assign->mail, msgs[assign->next].seq);
		msgs[assign->next].uid = assign->mail->uid;
		/* a message that is gone has no GUID any more; it gets its
		   UIDL all the same, as from the host */
		if (pop3_uidl_mailbox_has_guids(assign->ubox) &&
		    pop3_uidl_mail_guid(assign->mail,
					msgs[assign->next].guid) < 0 &&
		    !assign->mail->expunged)
			return assign_mail_error(assign, "GUID", error_r);
	}
	return assign->next == count ? 1 : 0;
}

static void assign_finder_new(struct uidl_assign *assign)
{
	bool *used = pop3_uidl_mailbox_used(assign->ubox);

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
	if (msg->serial == 0)
		msg->serial = uidl_finder_take(assign->finder, key, digest) + 1;
}

static int assign_lock(struct uidl_assign *assign, const char **error_r)
{
	bool was_rebuilt = assign->ubox->rebuilt;

	if (uidl_store_lock(assign->store, error_r) < 0)
		return -1;
	if (!was_rebuilt &&
	    (pop3_uidl_mailbox_check(assign->ubox, error_r) < 0 ||
	     assign->ubox->rebuilt)) {
		if (assign->ubox->rebuilt)
			*error_r = "pop3_uidl: The store was replaced "
				"during the session";
		uidl_store_unlock(assign->store);
		return -1;
	}
	return 0;
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

int uidl_assign_complete(struct pop3_uidl_mailbox *ubox, const char **error_r)
{
	const struct uidl_head *head = uidl_store_head(ubox->store);
	int ret;

	if (head->slots == 0 || (head->flags & UIDL_HEAD_FLAG_COMPLETE) != 0)
		return 1;
	/* the session that was to say so came to an early end */
	if (uidl_store_lock(ubox->store, error_r) < 0)
		return -1;
	uidl_store_set_complete(ubox->store);
	ret = uidl_store_commit(ubox->store, error_r);
	uidl_store_unlock(ubox->store);
	return ret < 0 ? -1 : 1;
}

/* Returns 1 when no message is left. */
static int assign_match_guids(struct uidl_assign *assign, const char **error_r)
{
	struct unknown_msg *msg;

	if (assign_lock(assign, error_r) < 0)
		return -1;
	if (assign_can_match(assign)) {
		assign_finder_new(assign);
		array_foreach_modifiable(&assign->msgs, msg) {
			assign_take(assign, msg, UIDL_FINDER_GUID, msg->guid);
		}
	}
	uidl_store_unlock(assign->store);
	assign_remember(assign, 0, array_count(&assign->msgs));
	assign_forget_known(assign);
	return array_count(&assign->msgs) == 0 ?
		uidl_assign_complete(assign->ubox, error_r) : 0;
}

static int
assign_read_one(struct uidl_assign *assign, struct unknown_msg *msg,
		const char **error_r)
{
	const unsigned char *data;
	struct istream *input;
	size_t size;
	int ret;

	mail_set_seq(assign->mail, msg->seq);
	if (mail_get_stream_because(assign->mail, NULL, NULL, "pop3_uidl",
				    &input) < 0) {
		if (assign->mail->expunged)
			return 0;
		return assign_mail_error(assign, "text", error_r);
	}
	uidl_digest_begin(assign->digest);
	while ((ret = i_stream_read_more(input, &data, &size)) > 0) {
		if (!uidl_digest_more(assign->digest, data, size))
			break;
		i_stream_skip(input, size);
	}
	if (ret < 0 && input->stream_errno != 0 && !assign->mail->expunged) {
		*error_r = t_strdup_printf("pop3_uidl: read(%s) failed: %s",
			i_stream_get_name(input), i_stream_get_error(input));
		return -1;
	}
	uidl_digest_end(assign->digest, msg->content);
	return 0;
}

/* Returns 1 when the piece has been read. */
static int assign_read(struct uidl_assign *assign, const char **error_r)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < READS_AT_ONCE && assign->next < assign->end && ret == 0;
	     i++, assign->next++) T_BEGIN {
		ret = assign_read_one(assign,
			array_idx_modifiable(&assign->msgs, assign->next),
			error_r);
	} T_END_PASS_STR_IF(ret < 0, error_r);
	if (ret < 0)
		return -1;
	return assign->next == assign->end ? 1 : 0;
}

static int msgnum_cmp(const uint32_t *msgnum, const struct unknown_msg *msg)
{
	return *msgnum < msg->msgnum ? -1 : (*msgnum > msg->msgnum ? 1 : 0);
}

static void
assign_host_text(struct uidl_assign *assign, unsigned int msgnum,
		 const char *text)
{
	const struct unknown_msg *found;
	struct unknown_msg *msg;
	uint32_t key = msgnum;

	found = array_bsearch(&assign->msgs, &key, msgnum_cmp);
	if (found == NULL)
		return;
	msg = array_idx_modifiable(&assign->msgs,
				   array_foreach_idx(&assign->msgs, found));
	msg->text = p_strdup(assign->texts_pool, text);
}

static void
assign_host_text_callback(void *context, unsigned int msgnum, const char *text)
{
	assign_host_text(context, msgnum, text);
}

/* The host's texts, as far as they are needed. */
static int assign_ask_host(struct uidl_assign *assign, const char **error_r)
{
	struct unknown_msg *msg;
	bool list = array_count(&assign->msgs) >= HOST_LIST_MIN;
	unsigned int i;
	int ret = 0;

	if (assign->texts_pool == NULL) {
		assign->texts_pool =
			pool_alloconly_create("pop3_uidl texts", 1024);
		if (list)
			ret = pop3_uidl_host_list(assign->client, assign->ubox,
				UINT_MAX, assign_host_text_callback, assign);
	}
	for (i = assign->end - I_MIN(assign->end, SAVE_AT_ONCE);
	     i < assign->end && !list && ret == 0; i++) {
		msg = array_idx_modifiable(&assign->msgs, i);
		if (msg->text == NULL) {
			ret = pop3_uidl_host_list(assign->client, assign->ubox,
				msg->msgnum, assign_host_text_callback, assign);
		}
	}
	if (ret < 0)
		*error_r = "pop3_uidl: The host could not list its UIDLs";
	return ret;
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
	uoff_t size = assign->client->message_sizes[msg->msgnum];
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

	assign_finder_new(assign);
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
	if (assign->end == array_count(&assign->msgs))
		uidl_store_set_complete(assign->store);
	return uidl_store_commit(assign->store, error_r);
}

/* Returns 1 when there is no further piece. */
static int assign_save(struct uidl_assign *assign, const char **error_r)
{
	unsigned int first = assign->end - I_MIN(assign->end, SAVE_AT_ONCE);
	int ret;

	if (assign->end % SAVE_AT_ONCE != 0)
		first = assign->end - assign->end % SAVE_AT_ONCE;
	if (assign_ask_host(assign, error_r) < 0 ||
	    assign_lock(assign, error_r) < 0)
		return -1;
	ret = assign_save_locked(assign, first, error_r);
	uidl_store_unlock(assign->store);
	if (ret < 0)
		return -1;
	assign_remember(assign, first, assign->end);
	return assign->end == array_count(&assign->msgs) ? 1 : 0;
}

static void assign_next_piece(struct uidl_assign *assign)
{
	assign->phase = PHASE_READ;
	assign->next = assign->end;
	assign->end = I_MIN(assign->end + SAVE_AT_ONCE,
			    array_count(&assign->msgs));
}

int uidl_assign_more(struct uidl_assign *assign, const char **error_r)
{
	int ret = 0;

	switch (assign->phase) {
	case PHASE_GUIDS:
		ret = assign_guids(assign, error_r);
		if (ret > 0)
			assign->phase = PHASE_MATCH_GUIDS;
		break;
	case PHASE_MATCH_GUIDS:
		ret = assign_match_guids(assign, error_r);
		if (ret > 0)
			return 1;
		assign_next_piece(assign);
		assign->next = 0;
		break;
	case PHASE_READ:
		ret = assign_read(assign, error_r);
		if (ret > 0)
			assign->phase = PHASE_SAVE;
		break;
	case PHASE_SAVE:
		ret = assign_save(assign, error_r);
		if (ret > 0)
			return 1;
		assign_next_piece(assign);
		break;
	}
	return ret < 0 ? -1 : 0;
}
