#ifndef POP4_H
#define POP4_H

/* What the POP4 commands (doc/spec/pop4.txt) have in common. */

#include "mail-error.h"

#include "pop3-ext-commands.h"
#include "pop3-ext-settings.h"
#include "pop4-errors.h"

struct mailbox;
struct mail_namespace;
struct mail_user;

/* For the descriptor of a command: it is switched on by this word of
   pop3_ext_pop4, and has arguments of POP4. */
#define POP4_GROUP(word) \
	.setting_offset = offsetof(struct pop3_ext_settings, pop3_ext_pop4), \
	.setting_word = word, \
	.pop4_args = TRUE

/* And for one command of each group: it announces the group. The words have
   the order that these commands have in the table: LFLD, MOVE, RFLG, RPRT. */
#define POP4_ANNOUNCES(group) \
	.capability = "X-POP4 0", \
	.capability_arg = group

/* A folder as the host knows it */
struct pop4_folder {
	struct mail_namespace *ns;
	/* as for mailbox_alloc(ns->list, ...); from the data stack */
	const char *vname;
};

/* "-ERR first: detail"; first is of pop4-errors.h, detail or NULL is for
   people. The client's mistake. */
enum pop3_ext_result
pop4_reply_bad(struct pop3_ext_command_context *cmd, const char *first,
	       const char *detail);
/* The same for what the client is not to blame for; code is "SYS/TEMP",
   "SYS/PERM", or NULL (over quota, not permitted). */
enum pop3_ext_result
pop4_reply_failed(struct pop3_ext_command_context *cmd, const char *code,
		  const char *first, const char *detail);
/* Refuses what concerns messages that the session's view hides, with a line in
   the log. */
enum pop3_ext_result
pop4_reply_hidden(struct pop3_ext_command_context *cmd, const char *detail);
/* Says what went wrong in the store. */
enum pop3_ext_result
pop4_reply_mail_error(struct pop3_ext_command_context *cmd,
		      enum mail_error error, const char *text);
/* The same for the last error of this mailbox, or of this namespace's list. */
enum pop3_ext_result
pop4_reply_box_error(struct pop3_ext_command_context *cmd, struct mailbox *box);
enum pop3_ext_result
pop4_reply_list_error(struct pop3_ext_command_context *cmd,
		      struct mail_namespace *ns);

/* Finds the place of a folder by its name on the wire. Whether it exists, and
   what the host says of its name, is not known yet. Returns 1, or with what is
   wrong 0 when it is in no namespace, -1 when no folder can have this name. */
int pop4_folder_find(struct mail_user *user, const char *name,
		     struct pop4_folder *folder_r, const char **error_r);
/* The same for a command: returns 0, or -1 after a reply. */
int pop4_folder_get(struct pop3_ext_command_context *cmd, const char *name,
		    struct pop4_folder *folder_r);
/* The name on the wire of a mailbox of the host. From the data stack. */
const char *pop4_folder_wire_name(struct mail_namespace *ns, const char *vname);

/* A line of a list, dot-stuffed. */
void pop4_send_line(struct client *client, string_t *line);

#endif
