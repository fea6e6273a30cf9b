#ifndef POP4_TARGET_H
#define POP4_TARGET_H

#include "pop3-ext-commands.h"

struct mailbox;

/* The folder that COPY, MOVE or STOR puts messages into; NULL is the selected
   one. It is an object of its own even then, so that the session's numbers are
   left alone. Returns POP3_EXT_OK with *box_r opened for saving, to be freed by
   the caller, or what the command has to return after the -ERR. */
enum pop3_ext_result
pop4_target_open(struct pop3_ext_command_context *cmd, const char *folder,
		 struct mailbox **box_r);

#endif
