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

#include "uidl-assign-private.h"

/* messages at a time: asked for their GUID, read, and saved */
#define GUIDS_AT_ONCE 1000
#define READS_AT_ONCE 32
#define SAVE_AT_ONCE 1000
/* From so many new messages on the host is asked for its whole list. */
#define HOST_LIST_MIN 16

static bool msg_is_unknown(struct client *client,
			   struct pop3_uidl_mailbox *ubox, unsigned int msgnum)
{
	return ubox->msg_serials[msgnum] == 0 &&
		!pop3_uidl_msg_is_deleted(client, msgnum);
}

struct uidl_assign *
uidl_assign_init(struct client *client, struct pop3_uidl_mailbox *ubox)
{
	struct uidl_assign *assign;
	struct unknown_msg *msg;
	unsigned int i, count = 0;

	for (i = 0; i < ubox->msg_count; i++) {
		if (msg_is_unknown(client, ubox, i))
			count++;
	}
	if (count == 0)
		return NULL;
	assign = i_new(struct uidl_assign, 1);
	assign->client = client;
	assign->ubox = ubox;
	assign->store = ubox->store;
	i_array_init(&assign->msgs, count);
	for (i = 0; i < ubox->msg_count; i++) {
		if (!msg_is_unknown(client, ubox, i))
			continue;
		msg = array_append_space(&assign->msgs);
		msg->msgnum = i;
		msg->seq = pop3_uidl_msgnum_to_seq(client, i);
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

/* Returns 1 when there is no further piece. */
static int assign_save(struct uidl_assign *assign, const char **error_r)
{
	unsigned int first = assign->end - I_MIN(assign->end, SAVE_AT_ONCE);

	if (assign->end % SAVE_AT_ONCE != 0)
		first = assign->end - assign->end % SAVE_AT_ONCE;
	if (assign_ask_host(assign, error_r) < 0 ||
	    uidl_assign_save(assign, first, error_r) < 0)
		return -1;
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
		ret = uidl_assign_match_guids(assign, error_r);
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
