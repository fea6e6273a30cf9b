#ifndef POP4_FOLDER_H
#define POP4_FOLDER_H

/* What the commands that change folders have in common. */

#include "pop4.h"

/* Is it the user's INBOX? */
bool pop4_folder_is_inbox(const struct pop4_folder *folder);
/* Is it the selected one, or one above that? */
bool pop4_folder_is_in_use(struct client *client,
			   const struct pop4_folder *folder);
/* 1 when there are folders below it, 0 when not, -1 on error (replied). */
int pop4_folder_have_children(struct pop3_ext_command_context *cmd,
			      const struct pop4_folder *folder);

/* POP3_EXT_OK, or what the command has to return: there is none, and -ERR was
   replied. One that only has others below it exists. */
enum pop3_ext_result
pop4_folder_check_exists(struct pop3_ext_command_context *cmd,
			 struct mailbox *box);

/* Gives a folder a new name on the wire, and replies; text is that of +OK. */
enum pop3_ext_result
pop4_folder_rename(struct pop3_ext_command_context *cmd, const char *name,
		   const char *new_name, const char *text);

#endif
