/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* From the numbers of a POP4 command to messages of the host's mailbox.

   The host does not synchronize its view of the mailbox before QUIT, so numbers
   never move. Each of our walks has a transaction of its own, which refreshes
   the index below that view: the host then shows current flags, and calls those
   messages expunged that others have deleted. */

#include "lib.h"
#include "array.h"
#include "mail-storage-private.h"
#include "pop3-common.h"

#include "host-marks.h"
#include "maildrop-state.h"
#include "maildrop-view.h"
#include "pop3-ext-client.h"
#include "pop4.h"
#include "pop4-message.h"

/* Returns FALSE when the message is not there any more. */
static bool messages_goto(struct pop4_messages *messages, uint32_t msg)
{
	messages->msg = msg;
	mail_set_seq(messages->mail, maildrop_msgnum_to_seq(messages->client,
							  msg - 1));
	return !messages->mail->expunged;
}

static enum pop3_ext_result
messages_check_named(struct pop4_messages *messages,
		     struct pop3_ext_command_context *cmd)
{
	struct seq_range_iter iter;
	unsigned int i = 0;
	uint32_t msg;

	seq_range_array_iter_init(&iter, &messages->set.named);
	while (seq_range_array_iter_nth(&iter, i++, &msg)) {
		if (host_client_is_deleted(messages->client, msg - 1)) {
			return pop4_reply_bad(cmd, POP4_NO_SUCH_MESSAGE,
				t_strdup_printf("%u is marked to be deleted",
						msg));
		}
		if (!messages_goto(messages, msg)) {
			return pop4_reply_failed(cmd, NULL,
				POP4_NO_SUCH_MESSAGE, t_strdup_printf(
				"%u was deleted by another session", msg));
		}
	}
	return POP3_EXT_OK;
}

static int
messages_parse(struct pop4_messages *messages, const char *const *words,
	       const char **error_r)
{
	uint32_t last = messages->client->messages_count;

	if (*words == NULL && last > 0)
		seq_range_array_add_range(&messages->set.all, 1, last);
	for (; *words != NULL; words++) {
		if (pop4_msgset_add(&messages->set, *words, last, error_r) < 0)
			return -1;
	}
	return 0;
}

enum pop3_ext_result
pop4_messages_init(struct pop4_messages *messages,
		   struct pop3_ext_command_context *cmd,
		   const char *const *words,
		   enum mail_fetch_field wanted_fields)
{
	enum pop3_ext_result result;
	const char *error;

	i_zero(messages);
	messages->client = cmd->client;
	pop4_msgset_init(&messages->set, cmd->pool);
	if (messages_parse(messages, words, &error) < 0)
		return pop3_ext_reply_err(cmd, POP3_EXT_BAD, NULL, error);

	messages->trans = mailbox_transaction_begin(
		cmd->client->mailbox, MAILBOX_TRANSACTION_FLAG_REFRESH,
		cmd->command->name);
	messages->mail = mail_alloc(messages->trans, wanted_fields, NULL);
	result = messages_check_named(messages, cmd);
	if (result != POP3_EXT_OK)
		pop4_messages_rollback(messages);
	else
		pop4_messages_rewind(messages);
	return result;
}

enum pop3_ext_result
pop4_messages_init_one(struct pop4_messages *messages,
		       struct pop3_ext_command_context *cmd, const char *word,
		       enum mail_fetch_field wanted_fields)
{
	const char *const words[] = { word, NULL };
	enum pop3_ext_result result;

	if (strpbrk(word, ",:") != NULL) {
		return pop4_reply_bad(cmd, POP4_BAD_MESSAGE_SET,
				      "one message is needed");
	}
	result = pop4_messages_init(messages, cmd, words, wanted_fields);
	if (result == POP3_EXT_OK && !pop4_messages_next(messages))
		i_unreached();
	return result;
}

bool pop4_messages_next(struct pop4_messages *messages)
{
	uint32_t msg;

	while (seq_range_array_iter_nth(&messages->iter, messages->idx, &msg)) {
		messages->idx++;
		if (host_client_is_deleted(messages->client, msg - 1))
			continue;
		if (messages_goto(messages, msg))
			return TRUE;
		if (seq_range_exists(&messages->set.named, msg))
			messages->lost_msg = msg;
	}
	return FALSE;
}

void pop4_messages_rewind(struct pop4_messages *messages)
{
	seq_range_array_iter_init(&messages->iter, &messages->set.all);
	messages->idx = 0;
}

int pop4_messages_commit(struct pop4_messages *messages)
{
	if (messages->trans == NULL)
		return 0;
	mail_free(&messages->mail);
	return mailbox_transaction_commit(&messages->trans);
}

void pop4_messages_rollback(struct pop4_messages *messages)
{
	if (messages->trans == NULL)
		return;
	mail_free(&messages->mail);
	mailbox_transaction_rollback(&messages->trans);
}

int pop4_mailbox_sync(struct client *client)
{
	struct mailbox *box = client->mailbox;
	enum mailbox_flags flags = box->flags;
	int ret;

	/* the host allows no transaction meanwhile; it does the same with this
	   one every ten seconds */
	ret = mailbox_transaction_commit(&client->trans);
	box->flags &= ENUM_NEGATE(MAILBOX_FLAG_DROP_RECENT);
	if (maildrop_sync_keep_numbers(box, MAILBOX_SYNC_FLAG_FAST) < 0)
		ret = -1;
	box->flags = flags;
	client->trans = mailbox_transaction_begin(box, 0, __func__);
	return ret;
}

/* Tries it, and undoes it. */
static bool mailbox_can_expunge(const struct client *client)
{
	struct mailbox_transaction_context *trans;
	struct mail *mail, *real;
	bool can = TRUE;
	uint32_t msg;

	trans = mailbox_transaction_begin(client->mailbox,
					  MAILBOX_TRANSACTION_FLAG_REFRESH,
					  __func__);
	mail = mail_alloc(trans, 0, NULL);
	for (msg = 1; msg <= client->messages_count; msg++) {
		mail_set_seq(mail, maildrop_msgnum_to_seq(client, msg - 1));
		if (mail->expunged || mail_get_backend_mail(mail, &real) < 0)
			continue;
		mail_expunge(mail);
		/* behind a virtual folder it is this one that goes */
		can = mail_index_transaction_is_expunged(
			real->transaction->itrans, real->seq);
		break;
	}
	mail_free(&mail);
	mailbox_transaction_rollback(&trans);
	return can;
}

bool pop4_mailbox_can_delete(const struct client *client)
{
	struct mailbox_status status;

	if (mailbox_is_readonly(client->mailbox))
		return FALSE;
	if (client->set->parsed_delete_type == POP3_DELETE_TYPE_EXPUNGE)
		return mailbox_can_expunge(client);
	/* the host only sets a keyword */
	mailbox_get_open_status(client->mailbox, STATUS_PERMANENT_FLAGS,
				&status);
	return status.permanent_keywords;
}
