#ifndef POP4_UIDL_H
#define POP4_UIDL_H

struct client;
struct mailbox;
struct mail_transaction_commit_changes;

/* What UIDL says of these messages, which must be there and not be marked
   deleted, in ascending order. The strings are in uidls_r[count], from the data
   stack. -1 when the host could not tell: it has then ended the session as it
   does for UIDL. */
int pop4_uidls_get(struct client *client, const uint32_t *msgs,
		   unsigned int count, const char **uidls_r);

/* What UIDL will say of the one message that has just been saved to another
   mailbox, when that is selected. NULL when it can't be known. */
const char *
pop4_uidl_get_saved(struct client *client, struct mailbox *box,
		    const struct mail_transaction_commit_changes *changes);

#endif
