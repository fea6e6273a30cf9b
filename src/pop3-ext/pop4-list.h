#ifndef POP4_LIST_H
#define POP4_LIST_H

#include "pop3-ext-commands.h"

/* Replies with a line for each message that the arguments name: its number and
   flags, and between them size and unique-id if asked for. Runs LFLG and LMSG. */
enum pop3_ext_result
pop4_list_run(struct pop3_ext_command_context *cmd, bool sizes_and_uidls);

#endif
