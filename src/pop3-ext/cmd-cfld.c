/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* CFLD - create a folder (doc/spec/pop4.txt)

     CFLD folder CRLF

   C: CFLD Archive/2003
   S: +OK created

   Folders above it are made when they are missing. It is subscribed to, so
   that IMAP clients show it. */

#include "lib.h"
#include "mail-storage.h"
#include "mail-namespace.h"
#include "pop3-common.h"

#include "pop4.h"
#include "cmd.h"

static enum pop3_ext_result cmd_cfld_run(struct pop3_ext_command_context *cmd)
{
	struct pop4_folder folder;
	struct mailbox *box;
	enum pop3_ext_result result;
	const char *error;
	int ret;

	ret = pop4_folder_find(cmd->client->user, cmd->args[0], &folder,
			       &error);
	if (ret < 0)
		return pop4_reply_bad(cmd, POP4_BAD_FOLDER_NAME, error);
	if (ret == 0) {
		/* as where the user has no right to */
		return pop4_reply_mail_error(cmd, MAIL_ERROR_PERM,
					     MAIL_ERRSTR_NO_PERMISSION);
	}
	box = mailbox_alloc(folder.ns->list, folder.vname, 0);
	if (mailbox_create(box, NULL, FALSE) < 0)
		result = pop4_reply_box_error(cmd, box);
	else {
		(void)mailbox_set_subscribed(box, TRUE);
		result = pop3_ext_reply_ok(cmd, "created");
	}
	mailbox_free(&box);
	return result;
}

const struct pop3_ext_command cmd_cfld = {
	.name = "CFLD",
	.args = "folder",
	.min_args = 1,
	.max_args = 1,
	POP4_GROUP("folders"),
	.run = cmd_cfld_run,
};
