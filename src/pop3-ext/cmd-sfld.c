/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* SFLD - select a folder (doc/spec/pop4.txt)

     SFLD folder CRLF

   C: SFLD "Archive/Old post"
   S: +OK 340 9120033 12

   Messages, octets and unseen messages of what is selected now. The old
   selection is closed as by QUIT; when that fails, or the new one can't be
   opened, everything is as before. */

#include "lib.h"
#include "mail-storage.h"
#include "pop3-common.h"

#include "maildrop.h"
#include "maildrop-view.h"
#include "pop4.h"
#include "cmd.h"

static enum pop3_ext_result
cmd_sfld_failed(struct pop3_ext_command_context *cmd,
		const struct maildrop_error *error)
{
	if (error->commit_failed && error->error != MAIL_ERROR_PERM) {
		return pop4_reply_failed(cmd, "SYS/TEMP", POP4_SERVER_ERROR,
			"The selected folder could not be closed");
	}
	return pop4_reply_mail_error(cmd, error->error, error->text);
}

static unsigned int unseen_count(const struct client *client)
{
	struct mailbox_status status;

	mailbox_get_open_status(client->mailbox,
				STATUS_MESSAGES | STATUS_UNSEEN, &status);
	/* a view may show less than there is */
	return status.messages == client->messages_count ?
		status.unseen : maildrop_view_unseen(client);
}

static enum pop3_ext_result cmd_sfld_run(struct pop3_ext_command_context *cmd)
{
	struct client *client = cmd->client;
	struct pop4_folder folder;
	struct maildrop_error error;

	if (pop4_folder_get(cmd, cmd->args[0], &folder) < 0)
		return POP3_EXT_BAD;
	if (maildrop_view_hides_folder(cmd->eclient, folder.ns, folder.vname)) {
		return pop4_reply_hidden(cmd,
			"this login shows one folder only");
	}
	if (maildrop_select(client, folder.ns, folder.vname, &error) < 0)
		return cmd_sfld_failed(cmd, &error);

	return pop3_ext_reply_ok(cmd, t_strdup_printf(
		"%u %"PRIuUOFF_T" %u", client->messages_count,
		client->total_size, unseen_count(client)));
}

const struct pop3_ext_command cmd_sfld = {
	.name = "SFLD",
	.args = "folder",
	.min_args = 1,
	.max_args = 1,
	POP4_GROUP("folders"),
	.run = cmd_sfld_run,
};
