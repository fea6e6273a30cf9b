/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* QUIT - the host's, with an answer for marks that it would ignore

   C: QUIT
   S: -ERR not permitted: nothing can be deleted from this folder

   The session ends, as it does when the host fails. With INBOX the host has
   its way, as it always has. */

#include "lib.h"
#include "mail-storage.h"
#include "pop3-common.h"

#include "maildrop.h"
#include "pop4.h"
#include "cmd.h"

static enum pop3_ext_result cmd_quit_check(struct pop3_ext_command_context *cmd)
{
	if (!maildrop_marks_are_void(cmd->client))
		return POP3_EXT_OK;
	(void)pop4_reply_failed(cmd, NULL, POP4_NOT_PERMITTED,
				MAILDROP_NO_DELETE);
	client_disconnect(cmd->client, "Marks could not be carried out");
	return POP3_EXT_FAILED;
}

const struct pop3_ext_command cmd_quit = {
	.name = "QUIT",
	.args = "",
	/* the host does not look at them */
	.max_args = UINT_MAX,
	.setting_offset = offsetof(struct pop3_ext_settings, pop3_ext_pop4),
	.setting_word = "folders",
	.check = cmd_quit_check,
};
