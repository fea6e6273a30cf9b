/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* LPRT - the MIME parts of a message (doc/spec/pop4.txt)

     LPRT msg CRLF

   C: LPRT 2
   S: +OK 3 parts
   S: 0 multipart/mixed 4011 - - - - - - 0
   S: 1 text/plain 310 quoted-printable utf-8 inline - - 9 1
   S: 2 application/pdf 3400 base64 - attachment "r\"1\".pdf" - - 1
   S: .

   It says what IMAP's BODYSTRUCTURE says, from where that is cached. The sizes
   of multiparts, which BODYSTRUCTURE lacks, are those of the parts' cache. */

#include "lib.h"
#include "ostream.h"
#include "str.h"
#include "imap-bodystructure.h"
#include "message-part.h"
#include "mail-storage-private.h"

#include "pop3-ext-client.h"
#include "pop4.h"
#include "pop4-message.h"
#include "pop4-part.h"
#include "pop4-part-line.h"
#include "cmd.h"

#define LPRT_FETCH_FIELDS \
	(MAIL_FETCH_MESSAGE_PARTS | MAIL_FETCH_IMAP_BODYSTRUCTURE)

struct cmd_lprt {
	struct pop4_messages messages;
	struct pop4_part_walk walk;
};

static int lprt_get_parts(struct mail *mail, pool_t pool,
			  struct message_part **parts_r)
{
	const char *bodystructure, *error;

	if (mail_get_parts(mail, parts_r) < 0 ||
	    mail_get_special(mail, MAIL_FETCH_IMAP_BODYSTRUCTURE,
			     &bodystructure) < 0)
		return -1;
	if (imap_bodystructure_parse(bodystructure, pool, *parts_r,
				     &error) < 0) {
		mail_set_cache_corrupted(mail, MAIL_FETCH_IMAP_BODYSTRUCTURE,
			t_strdup_printf("Not that of the message's parts: %s",
					error));
		return -1;
	}
	return 0;
}

static void lprt_send_part(struct pop3_ext_command_context *cmd)
{
	struct cmd_lprt *lprt = cmd->context;
	string_t *line = t_str_new(128);

	pop4_part_line_append(line, lprt->walk.part,
			      pop4_part_walk_number(&lprt->walk),
			      lprt->walk.depth);
	pop4_send_line(cmd->client, line);
}

static enum pop3_ext_result cmd_lprt_more(struct pop3_ext_command_context *cmd)
{
	struct cmd_lprt *lprt = cmd->context;

	while (lprt->walk.part != NULL) {
		if (POP3_CLIENT_OUTPUT_FULL(cmd->client))
			return POP3_EXT_MORE;
		T_BEGIN {
			lprt_send_part(cmd);
		} T_END;
		(void)pop4_part_walk_next(&lprt->walk);
	}
	client_send_line(cmd->client, ".");
	/* what the host has learned is for its cache */
	(void)pop4_messages_commit(&lprt->messages);
	return POP3_EXT_OK;
}

static void cmd_lprt_abort(struct pop3_ext_command_context *cmd)
{
	struct cmd_lprt *lprt = cmd->context;

	pop4_messages_rollback(&lprt->messages);
}

static enum pop3_ext_result cmd_lprt_run(struct pop3_ext_command_context *cmd)
{
	enum pop3_ext_result result;
	struct message_part *parts;
	struct cmd_lprt *lprt;

	lprt = p_new(cmd->pool, struct cmd_lprt, 1);
	result = pop4_messages_init_one(&lprt->messages, cmd, cmd->args[0],
					LPRT_FETCH_FIELDS);
	if (result != POP3_EXT_OK)
		return result;
	if (lprt_get_parts(lprt->messages.mail, cmd->pool, &parts) < 0) {
		result = pop4_reply_box_error(cmd, lprt->messages.mail->box);
		pop4_messages_rollback(&lprt->messages);
		return result;
	}
	pop4_part_walk_init(&lprt->walk, cmd->pool, parts);

	cmd->context = lprt;
	cmd->more = cmd_lprt_more;
	cmd->abort = cmd_lprt_abort;
	client_send_line(cmd->client, "+OK %u parts",
			 parts->children_count + 1);
	return cmd_lprt_more(cmd);
}

const struct pop3_ext_command cmd_lprt = {
	.name = "LPRT",
	.args = "msg",
	.min_args = 1,
	.max_args = 1,
	POP4_GROUP("parts"),
	.run = cmd_lprt_run,
};
