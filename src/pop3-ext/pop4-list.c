/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "ostream.h"
#include "str.h"

#include "pop3-ext-client.h"
#include "pop4-flags.h"
#include "pop4-list.h"
#include "pop4-message.h"
#include "pop4-uidl.h"

/* Lines that are made in one go: unique-ids have a price for each go */
#define LIST_CHUNK 100
/* Goes before other connections of the process get their turn, however fast
   the client reads */
#define LIST_MAX_CHUNKS 20

struct list_context {
	struct pop4_messages messages;
	bool sizes_and_uidls;
};

struct list_chunk {
	uint32_t msgs[LIST_CHUNK];
	const char *uidls[LIST_CHUNK];
	/* flags of all messages, each ended by NUL */
	string_t *flags;
	unsigned int count;
};

static void list_chunk_fill(struct list_context *ctx, struct list_chunk *chunk)
{
	struct pop4_messages *messages = &ctx->messages;

	chunk->flags = t_str_new(LIST_CHUNK * 16);
	chunk->count = 0;
	while (chunk->count < LIST_CHUNK && pop4_messages_next(messages)) {
		chunk->msgs[chunk->count++] = messages->msg;
		pop4_flags_append(chunk->flags,
				  mail_get_flags(messages->mail),
				  mail_get_keywords(messages->mail));
		str_append_c(chunk->flags, '\0');
	}
}

static void list_chunk_send(struct list_context *ctx,
			    const struct list_chunk *chunk)
{
	struct client *client = ctx->messages.client;
	const char *flags = str_c(chunk->flags);
	string_t *str = t_str_new(LIST_CHUNK * 64);
	unsigned int i;

	for (i = 0; i < chunk->count; i++) {
		str_append(str, dec2str(chunk->msgs[i]));
		str_append_c(str, ' ');
		if (ctx->sizes_and_uidls) {
			str_append(str, dec2str(
				client->message_sizes[chunk->msgs[i] - 1]));
			str_append_c(str, ' ');
			str_append(str, chunk->uidls[i]);
			str_append_c(str, ' ');
		}
		str_append(str, flags);
		str_append(str, "\r\n");
		flags += strlen(flags) + 1;
	}
	o_stream_nsend(client->output, str_data(str), str_len(str));
}

/* Returns 1 if there may be more, 0 at the end, -1 when the session ends. */
static int list_next(struct list_context *ctx)
{
	struct list_chunk chunk;

	list_chunk_fill(ctx, &chunk);
	if (chunk.count == 0)
		return 0;
	if (ctx->sizes_and_uidls &&
	    pop4_uidls_get(ctx->messages.client, chunk.msgs, chunk.count,
			   chunk.uidls) < 0)
		return -1;
	list_chunk_send(ctx, &chunk);
	return chunk.count == LIST_CHUNK ? 1 : 0;
}

static enum pop3_ext_result list_more(struct pop3_ext_command_context *cmd)
{
	struct list_context *ctx = cmd->context;
	struct client *client = cmd->client;
	unsigned int i;
	int ret = 1;

	for (i = 0; i < LIST_MAX_CHUNKS && ret > 0; i++) {
		T_BEGIN {
			ret = list_next(ctx);
		} T_END;
		if (ret > 0 && POP3_CLIENT_OUTPUT_FULL(client) &&
		    o_stream_flush(client->output) == 0)
			return POP3_EXT_MORE;
		if (client->output->closed)
			ret = -1;
	}
	if (ret > 0)
		return POP3_EXT_MORE;

	(void)pop4_messages_commit(&ctx->messages);
	if (ret < 0) {
		/* without its end the client can't take the list for whole */
		client_disconnect(client, "POP4 list couldn't be finished");
		return POP3_EXT_FAILED;
	}
	client_send_line(client, ".");
	return POP3_EXT_OK;
}

static void list_abort(struct pop3_ext_command_context *cmd)
{
	struct list_context *ctx = cmd->context;

	(void)pop4_messages_commit(&ctx->messages);
}

enum pop3_ext_result
pop4_list_run(struct pop3_ext_command_context *cmd, bool sizes_and_uidls)
{
	struct list_context *ctx;
	enum pop3_ext_result result;

	ctx = p_new(cmd->pool, struct list_context, 1);
	ctx->sizes_and_uidls = sizes_and_uidls;
	result = pop4_messages_init(&ctx->messages, cmd, cmd->args, 0);
	if (result != POP3_EXT_OK)
		return result;

	cmd->context = ctx;
	cmd->more = list_more;
	cmd->abort = list_abort;
	(void)pop3_ext_reply_ok(cmd, "Messages follow");
	return list_more(cmd);
}
