#ifndef POP4_COPY_H
#define POP4_COPY_H

#include "pop3-ext-commands.h"

/* Copies the messages that all arguments but the last name to the folder that
   the last one names: all or none of them. With move they are also marked to be
   deleted, as by DELE. Runs COPY and MOVE. */
enum pop3_ext_result
pop4_copy_run(struct pop3_ext_command_context *cmd, bool move);

#endif
