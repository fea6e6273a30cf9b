#ifndef POP4_FLAG_CHANGE_H
#define POP4_FLAG_CHANGE_H

#include "mail-storage.h"
#include "pop3-ext-commands.h"

/* Changes the flags of the messages that the first argument names by the list
   that is the second, at once and for good, and replies. Runs SFLG, CFLG and
   RFLG. */
enum pop3_ext_result
pop4_flag_change(struct pop3_ext_command_context *cmd, enum modify_type type);

#endif
