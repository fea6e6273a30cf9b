/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Copies of messages in another folder.

   They are one transaction of that folder, so there are all of them or none.
   It is prepared in steps, between which the other connections of the process
   get their turn. Only when it has been committed MOVE marks its messages, and
   the session's end deletes them: whatever breaks in between leaves two. */

#include "lib.h"
#include "array.h"
#include "mail-storage-private.h"

#include "host-marks.h"
#include "maildrop.h"
#include "pop3-ext-client.h"
#include "pop4.h"
#include "pop4-copy.h"
#include "pop4-message.h"
#include "pop4-target.h"

/* copied in one step: messages, and octets after which no other begins */
#define COPY_STEP 50
#define COPY_STEP_OCTETS (4*1024*1024)

struct copy_context {
	struct pop4_messages messages;
	struct mailbox *box;
	struct mailbox_transaction_context *trans;

	ARRAY_TYPE(seq_range) copied;
	unsigned int count;
	bool move;
};

static void copy_deinit(struct copy_context *ctx)
{
	if (ctx->trans != NULL)
		mailbox_transaction_rollback(&ctx->trans);
	(void)pop4_messages_commit(&ctx->messages);
	mailbox_free(&ctx->box);
}

static void copy_abort(struct pop3_ext_command_context *cmd)
{
	copy_deinit(cmd->context);
}

/* The host may notice only now that a message has gone. Within a range it is
   passed over as if that had been known; nothing of it is in the transaction. */
static bool copy_can_pass_over(const struct copy_context *ctx)
{
	return ctx->messages.mail->expunged &&
		!seq_range_exists(&ctx->messages.set.named, ctx->messages.msg);
}

static int copy_message(struct copy_context *ctx)
{
	struct mail_save_context *save_ctx;

	save_ctx = mailbox_save_alloc(ctx->trans);
	mailbox_save_copy_flags(save_ctx, ctx->messages.mail);
	/* the message itself would get it by QUIT */
	if (ctx->move && host_client_is_retrieved(ctx->messages.client,
						  ctx->messages.msg - 1))
		save_ctx->data.flags |= MAIL_SEEN;
	if (mailbox_copy(&save_ctx, ctx->messages.mail) < 0)
		return copy_can_pass_over(ctx) ? 0 : -1;
	seq_range_array_add(&ctx->copied, ctx->messages.msg);
	ctx->count++;
	return 0;
}

static enum pop3_ext_result
copy_failed(struct pop3_ext_command_context *cmd, struct copy_context *ctx)
{
	uint32_t lost_msg = ctx->messages.lost_msg;

	if (lost_msg == 0 && ctx->messages.mail->expunged)
		lost_msg = ctx->messages.msg;
	if (lost_msg != 0) {
		return pop4_reply_failed(cmd, NULL, POP4_NO_SUCH_MESSAGE,
			t_strdup_printf("%u was deleted by another session",
					lost_msg));
	}
	return pop4_reply_box_error(cmd, ctx->box);
}

static enum pop3_ext_result
copy_finish(struct pop3_ext_command_context *cmd, struct copy_context *ctx)
{
	struct seq_range_iter iter;
	unsigned int i = 0;
	uint32_t msg;

	if (mailbox_transaction_commit(&ctx->trans) < 0)
		return pop4_reply_box_error(cmd, ctx->box);
	if (ctx->move) {
		seq_range_array_iter_init(&iter, &ctx->copied);
		while (seq_range_array_iter_nth(&iter, i++, &msg))
			host_client_mark_deleted(cmd->client, msg - 1);
	}
	return pop3_ext_reply_ok(cmd, t_strdup_printf("%u messages %s",
		ctx->count, ctx->move ? "moved" : "copied"));
}

static enum pop3_ext_result copy_more(struct pop3_ext_command_context *cmd)
{
	struct copy_context *ctx = cmd->context;
	enum pop3_ext_result result;
	uoff_t octets = 0;
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0; i++) {
		if (i == COPY_STEP || octets >= COPY_STEP_OCTETS)
			return POP3_EXT_MORE;
		if (!pop4_messages_next(&ctx->messages))
			break;
		octets += cmd->client->message_sizes[ctx->messages.msg - 1];
		T_BEGIN {
			ret = copy_message(ctx);
		} T_END;
	}

	result = ret < 0 || ctx->messages.lost_msg != 0 ?
		copy_failed(cmd, ctx) : copy_finish(cmd, ctx);
	copy_deinit(ctx);
	return result;
}

/* Refuses what can never become a move. */
static enum pop3_ext_result
copy_check_move(struct pop3_ext_command_context *cmd, struct copy_context *ctx)
{
	if (maildrop_is_selected(cmd->client, ctx->box)) {
		return pop4_reply_bad(cmd, POP4_FOLDER_IN_USE,
				      "the messages are in it");
	}
	if (!maildrop_can_delete(cmd->client)) {
		return pop4_reply_failed(cmd, NULL, POP4_NOT_PERMITTED,
			"messages of this folder can't be deleted");
	}
	return POP3_EXT_OK;
}

enum pop3_ext_result
pop4_copy_run(struct pop3_ext_command_context *cmd, bool move)
{
	unsigned int last = str_array_length(cmd->args) - 1;
	const char **sets;
	struct copy_context *ctx;
	enum pop3_ext_result result;

	ctx = p_new(cmd->pool, struct copy_context, 1);
	ctx->move = move;
	p_array_init(&ctx->copied, cmd->pool, 8);
	sets = p_new(cmd->pool, const char *, last + 1);
	memcpy(sets, cmd->args, last * sizeof(*sets));

	result = pop4_target_open(cmd, cmd->args[last], &ctx->box);
	if (result != POP3_EXT_OK)
		return result;
	if (move)
		result = copy_check_move(cmd, ctx);
	if (result == POP3_EXT_OK)
		result = pop4_messages_init(&ctx->messages, cmd, sets, 0);
	if (result != POP3_EXT_OK) {
		mailbox_free(&ctx->box);
		return result;
	}

	ctx->trans = mailbox_transaction_begin(ctx->box,
		MAILBOX_TRANSACTION_FLAG_EXTERNAL |
		MAILBOX_TRANSACTION_FLAG_ASSIGN_UIDS, cmd->command->name);
	cmd->context = ctx;
	cmd->more = copy_more;
	cmd->abort = copy_abort;
	return copy_more(cmd);
}
