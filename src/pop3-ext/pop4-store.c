/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* A message on its way from the client into a folder. It goes there as it
   comes, by the mailbox's own reading; there is no message before all of it has
   been read and found good. Whatever goes wrong, the message is read to its end
   before the command answers. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "istream.h"
#include "mail-storage.h"

#include "istream-pop3-data.h"
#include "pop3-data-parser.h"
#include "pop3-ext-client.h"
#include "pop3-ext-input.h"
#include "pop3-ext-limits.h"
#include "pop4.h"
#include "pop4-flags.h"
#include "pop4-store.h"
#include "pop4-store-istream.h"
#include "pop4-target.h"
#include "pop4-uidl.h"

struct store_context {
	struct pop3_ext_command_context *cmd;
	struct mailbox *box;
	struct mailbox_transaction_context *trans;
	struct mail_save_context *save_ctx;

	struct pop3_data_parser parser;
	struct pop4_store_input state;
	struct istream *input;
	struct io *io;
	time_t started;
	bool stored;

	/* Replies when the message has been read. */
	enum pop3_ext_result (*reply)(struct store_context *ctx);
};

static void store_drain(struct store_context *ctx);

static void store_deinit(struct store_context *ctx)
{
	io_remove(&ctx->io);
	if (ctx->save_ctx != NULL)
		mailbox_save_cancel(&ctx->save_ctx);
	i_stream_unref(&ctx->input);
	if (ctx->trans != NULL)
		mailbox_transaction_rollback(&ctx->trans);
	pop4_target_close(ctx->cmd->client, &ctx->box, ctx->stored);
}

static enum pop3_ext_result store_more(struct pop3_ext_command_context *cmd)
{
	struct store_context *ctx = cmd->context;
	enum pop3_ext_result result;

	result = ctx->reply(ctx);
	store_deinit(ctx);
	pop3_ext_input_body_end(cmd->client);
	return result;
}

static void store_abort(struct pop3_ext_command_context *cmd)
{
	store_deinit(cmd->context);
	pop3_ext_input_body_end(cmd->client);
}

/*
 * Replies
 */

static enum pop3_ext_result store_reply_gone(struct store_context *ctx ATTR_UNUSED)
{
	/* nobody reads it */
	return POP3_EXT_FAILED;
}

static enum pop3_ext_result store_reply_data(struct store_context *ctx)
{
	return pop4_reply_bad(ctx->cmd,
		ctx->parser.error == POP3_DATA_ERROR_SIZE ?
		POP4_NOT_PERMITTED : POP4_SYNTAX,
		pop3_data_parser_error_text(&ctx->parser));
}

static enum pop3_ext_result store_reply_header(struct store_context *ctx)
{
	return pop4_reply_bad(ctx->cmd, POP4_SYNTAX,
			      "the message does not begin with a header");
}

static enum pop3_ext_result store_reply_box(struct store_context *ctx)
{
	return pop4_reply_box_error(ctx->cmd, ctx->box);
}

static enum pop3_ext_result store_reply_stored(struct store_context *ctx)
{
	struct mail_transaction_commit_changes changes;
	const char *uidl;

	if (mailbox_save_finish(&ctx->save_ctx) < 0 ||
	    mailbox_transaction_commit_get_changes(&ctx->trans, &changes) < 0)
		return store_reply_box(ctx);
	ctx->stored = TRUE;
	uidl = pop4_uidl_get_saved(ctx->cmd->client, ctx->box, &changes);
	pool_unref(&changes.pool);
	return pop3_ext_reply_ok(ctx->cmd, t_strconcat("stored ",
		uidl == NULL ? "-" : uidl, NULL));
}

/*
 * Reading
 */

static void
store_done(struct store_context *ctx,
	   enum pop3_ext_result (*reply)(struct store_context *ctx))
{
	ctx->reply = reply;
	io_remove(&ctx->io);
	pop3_ext_command_resume(ctx->cmd);
}

/* The message is not wanted: what is left of it is dropped before the reply.
   What the mailbox has of it is dropped after the reply, which may be about the
   mailbox's last error. */
static void
store_fail(struct store_context *ctx,
	   enum pop3_ext_result (*reply)(struct store_context *ctx))
{
	ctx->reply = reply;
	io_remove(&ctx->io);
	if (pop3_data_parser_finished(&ctx->parser)) {
		store_done(ctx, reply);
		return;
	}
	ctx->io = io_add_istream(ctx->cmd->client->input, store_drain, ctx);
	i_stream_set_input_pending(ctx->cmd->client->input, TRUE);
}

/* Returns FALSE when the session has ended. */
static bool store_is_in_time(struct store_context *ctx)
{
	struct client *client = ctx->cmd->client;

	timeout_reset(client->to_idle);
	if (ioloop_time - ctx->started <= POP3_EXT_MAX_UPLOAD_SECS)
		return TRUE;
	client_destroy(client, "STOR: Message took too long");
	return FALSE;
}

static void store_drain(struct store_context *ctx)
{
	int ret;

	if (!store_is_in_time(ctx))
		return;
	ret = pop3_data_drain(&ctx->parser, ctx->cmd->client->input);
	if (ret != 0)
		store_done(ctx, ret < 0 ? store_reply_gone : ctx->reply);
}

static void store_read(struct store_context *ctx)
{
	if (!store_is_in_time(ctx))
		return;
	if (mailbox_save_continue(ctx->save_ctx) < 0)
		store_fail(ctx, store_reply_box);
	else if (ctx->state.bad_header)
		store_fail(ctx, store_reply_header);
	else if (ctx->parser.error != POP3_DATA_ERROR_NONE)
		store_fail(ctx, store_reply_data);
	else if (ctx->state.broken)
		store_done(ctx, store_reply_gone);
	else if (!i_stream_have_bytes_left(ctx->input))
		store_done(ctx, store_reply_stored);
}

static void store_read_begin(struct store_context *ctx)
{
	pop3_ext_input_body_begin(ctx->cmd->client);
	ctx->started = ioloop_time;
	ctx->io = io_add_istream(ctx->input, store_read, ctx);
	i_stream_set_input_pending(ctx->input, TRUE);
	pop3_ext_command_wait(ctx->cmd);
}

/*
 * Before the message
 */

static int
store_save_begin(struct store_context *ctx, const struct pop4_flags *flags)
{
	struct mail_keywords *keywords = NULL;
	struct istream *data;
	int ret;

	ctx->trans = mailbox_transaction_begin(ctx->box,
		MAILBOX_TRANSACTION_FLAG_EXTERNAL |
		MAILBOX_TRANSACTION_FLAG_ASSIGN_UIDS, ctx->cmd->command->name);
	if (*flags->keywords != NULL &&
	    mailbox_keywords_create(ctx->box, flags->keywords, &keywords) < 0) {
		(void)pop4_reply_failed(ctx->cmd, NULL, POP4_BAD_FLAG,
					mailbox_get_last_error(ctx->box, NULL));
		return -1;
	}

	pop3_data_parser_init(&ctx->parser,
			      ctx->cmd->set->pop3_ext_pop4_max_size);
	data = i_stream_create_pop3_data(ctx->cmd->client->input, &ctx->parser);
	ctx->input = i_stream_create_pop4_store(data, &ctx->state);
	i_stream_unref(&data);

	ctx->save_ctx = mailbox_save_alloc(ctx->trans);
	mailbox_save_set_flags(ctx->save_ctx, flags->flags, keywords);
	ret = mailbox_save_begin(&ctx->save_ctx, ctx->input);
	if (ret < 0)
		(void)store_reply_box(ctx);
	if (keywords != NULL)
		mailbox_keywords_unref(&keywords);
	return ret;
}

enum pop3_ext_result
pop4_store_run(struct pop3_ext_command_context *cmd, const char *folder,
	       const struct pop4_flags *flags)
{
	struct store_context *ctx;
	enum pop3_ext_result result;

	ctx = p_new(cmd->pool, struct store_context, 1);
	ctx->cmd = cmd;
	result = pop4_target_open(cmd, folder, &ctx->box);
	if (result != POP3_EXT_OK)
		return result;
	if (store_save_begin(ctx, flags) < 0) {
		store_deinit(ctx);
		return POP3_EXT_FAILED;
	}

	cmd->context = ctx;
	cmd->more = store_more;
	cmd->abort = store_abort;
	(void)pop3_ext_reply_ok(cmd, "send message");
	store_read_begin(ctx);
	return POP3_EXT_MORE;
}
