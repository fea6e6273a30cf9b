#ifndef POP4_TARGET_H
#define POP4_TARGET_H

#include "pop3-ext-commands.h"

struct client;
struct mailbox;
struct pop3_ext_client;

/* The folder that COPY, MOVE or STOR puts messages into; NULL is the selected
   one. It is an object of its own even then, so that the session's numbers are
   left alone. Returns POP3_EXT_OK with *box_r opened for saving, to be closed by
   the caller, or what the command has to return after the -ERR. */
enum pop3_ext_result
pop4_target_open(struct pop3_ext_command_context *cmd, const char *folder,
		 struct mailbox **box_r);
/* keep: nothing went wrong with it, and the next command may want it, too. */
void pop4_target_close(struct client *client, struct mailbox **box, bool keep);
/* Closes what was kept: before another selection, and at the session's end. */
void pop4_target_forget(struct pop3_ext_client *eclient);

#endif
