#ifndef POP4_MESSAGE_H
#define POP4_MESSAGE_H

#include "mail-storage.h"
#include "pop3-ext-commands.h"
#include "pop4-msgset.h"

/* Messages of the selected folder, as a POP4 command walks through them. The
   numbers are those of the host's own commands and stay what they are, whatever
   other sessions do to the folder; flags, and whether a message is still there,
   are seen as they are now. */
struct pop4_messages {
	struct client *client;
	struct pop4_msgset set;

	struct mailbox_transaction_context *trans;
	/* the current message and its number, after pop4_messages_next() */
	struct mail *mail;
	uint32_t msg;
	/* one that was named, and was deleted by somebody else during the
	   walk; 0: none */
	uint32_t lost_msg;

	/* private: */
	struct seq_range_iter iter;
	unsigned int idx;
};

/* What words name (no word: all messages), NULL-terminated. wanted_fields is
   what will be asked of each. The set lives as long as cmd. Returns POP3_EXT_OK,
   or what the command has to return: -ERR was replied, because a number is
   wrong, or names a message that is marked deleted or was deleted by somebody
   else. Within a range such messages are passed over. */
enum pop3_ext_result
pop4_messages_init(struct pop4_messages *messages,
		   struct pop3_ext_command_context *cmd,
		   const char *const *words,
		   enum mail_fetch_field wanted_fields);
/* The same for exactly one message, which is current then. */
enum pop3_ext_result
pop4_messages_init_one(struct pop4_messages *messages,
		       struct pop3_ext_command_context *cmd, const char *word,
		       enum mail_fetch_field wanted_fields);
/* Goes to the next message, the first time to the first. FALSE at the end. */
bool pop4_messages_next(struct pop4_messages *messages);
/* As if pop4_messages_next() had not been called. */
void pop4_messages_rewind(struct pop4_messages *messages);

/* Ends the walk: commit keeps what was done to the messages, and what the host
   has learned about them. Both do nothing after the first time. */
int pop4_messages_commit(struct pop4_messages *messages);
void pop4_messages_rollback(struct pop4_messages *messages);

/* Brings committed changes to the places that have them last (names of Maildir
   files, the folders behind a virtual one). No number changes by it, and new
   mail stays new. No walk may be going on. */
int pop4_mailbox_sync(struct client *client);

/* Would the end of the session delete messages that are marked now? The host
   takes such marks in any folder, and its plugins pass over in silence what they
   don't allow. */
bool pop4_mailbox_can_delete(const struct client *client);

#endif
