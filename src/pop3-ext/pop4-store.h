#ifndef POP4_STORE_H
#define POP4_STORE_H

#include "pop3-ext-commands.h"

struct pop4_flags;

/* Asks for a message, stores it in the folder (NULL: the selected one) with
   these flags, and replies. Runs STOR. */
enum pop3_ext_result
pop4_store_run(struct pop3_ext_command_context *cmd, const char *folder,
	       const struct pop4_flags *flags);

#endif
