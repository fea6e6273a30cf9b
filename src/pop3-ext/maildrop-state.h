#ifndef MAILDROP_STATE_H
#define MAILDROP_STATE_H

/* What the host keeps in struct client for the mailbox that is selected. The
   struct is compiled in: doc/PORTING.md says how the list is checked for a new
   host, and test_pop4_swap.py has a test for each field. */
#define MAILDROP_FIELDS(F) \
	F(mailbox) \
	F(trans) \
	F(deleted_kw) \
	F(highest_expunged_fetch_msgnum) \
	F(uid_validity) \
	F(messages_count) \
	F(deleted_count) \
	F(seen_change_count) \
	F(total_size) \
	F(deleted_size) \
	F(last_seen_pop3_msn) \
	F(lowest_retr_pop3_msn) \
	F(all_seqs) \
	F(highest_seq) \
	F(msgnum_to_seq_map) \
	F(msgnum_to_seq_map_count) \
	F(message_uidls) \
	F(message_sizes) \
	F(deleted_bitmask) \
	F(seen_bitmask) \
	F(uidl_pool)

struct maildrop_state {
#define F(name) __typeof__(((struct client *)NULL)->name) name;
	MAILDROP_FIELDS(F)
#undef F
	bool have_marks;
};

/* Moves everything out of the client, which has no mailbox then. */
void maildrop_state_take(struct client *client, struct maildrop_state *state_r);
/* Moves it back into a client that has none. */
void maildrop_state_put(struct client *client, struct maildrop_state *state);
/* Closes the mailbox, which keeps the sizes that have been found. */
void maildrop_state_free(struct maildrop_state *state);

/* Brings what was committed to where the storage keeps it. The numbers of the
   mailbox's messages stay what they are. */
int maildrop_sync_keep_numbers(struct mailbox *box,
			       enum mailbox_sync_flags flags);

/* Carries out what is marked, as QUIT does. The client has a transaction
   afterwards, in any case. Returns -1 on failure, with the error in the
   mailbox. */
int maildrop_state_commit(struct client *client);

#endif
