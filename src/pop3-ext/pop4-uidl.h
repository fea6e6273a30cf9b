#ifndef POP4_UIDL_H
#define POP4_UIDL_H

struct client;
struct mailbox;
struct mail_transaction_commit_changes;

/* For a module that loads after this one and answers UIDL in place of the host:
   asked first for what UIDL says of these messages (numbers from 1). Returns 1
   with the strings in uidls_r[count], from the data stack; 0 when the host
   answers UIDL in this session; -1 when it could not tell, then the session has
   been ended. With count 0 only says whose turn it is. */
typedef int
pop3_ext_uidls_func_t(struct client *client, const uint32_t *msgs,
		      unsigned int count, const char **uidls_r);
/* NULL: there is none any more. */
void pop3_ext_uidls_register(pop3_ext_uidls_func_t *func);
bool pop3_ext_uidls_are_ours(struct client *client);

/* What the host says of these messages of the selected mailbox, in ascending
   order, which the session need not show. With pop3_uidl_duplicates=rename it
   counts among these. Results as of pop4_uidls_get(). */
int pop3_ext_host_uidls_get(struct client *client, const uint32_t *seqs,
			    unsigned int count, const char **uidls_r);

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
