#ifndef UIDL_ASSIGN_H
#define UIDL_ASSIGN_H

#include "pop3-uidl-mailbox.h"

/* Gives a serial to each message that has none, in pieces. A POP3 session and
   doveadm do it by this code; they differ in the texts of new messages. */

/* For whom it is done. All functions get the context. */
struct uidl_assign_owner {
	/* No serial is wanted for the message. In all of these the mail is
	   there to be used, without a message in it. */
	bool (*is_unwanted)(void *context, struct mail *mail, uint32_t seq);
	/* UIDLs of these messages, which may be new, from the data stack or
	   with the life of the context, and their sizes as POP3 shows them, or
	   UIDL_SIZE_UNKNOWN. Returns 0, or -1 and a sentence. In a dry run it
	   may be NULL, and so may a text: nobody can tell yet. */
	int (*get_texts)(void *context, struct mail *mail,
			 const uint32_t *seqs, unsigned int count,
			 const char **texts_r, uint32_t *sizes_r,
			 const char **error_r);
	/* Frees the context; or NULL. */
	void (*deinit)(void *context);

	/* Only some of the messages are wanted: the first sight is not over
	   then. And a text that another message has or had gets no number
	   behind it: the message stays without serial. */
	bool partial;
	/* Nothing is written: what is found is in ubox->serials only. Those of
	   new messages are not below the head's slots, and gone with the next
	   uidl_store_load(). */
	bool dry_run;
};

/* NULL when there is nothing to do; the context is freed then, too. */
struct uidl_assign *
uidl_assign_init(struct pop3_uidl_mailbox *ubox,
		 const struct uidl_assign_owner *owner, void *context);
/* Returns 1 when all is done and saved, 0 to be called again, -1 and a sentence
   when it has failed. What was done is kept in any case. */
int uidl_assign_more(struct uidl_assign *assign, const char **error_r);
/* How many of how many messages were looked at. */
void uidl_assign_progress(const struct uidl_assign *assign,
			  unsigned int *done_r, unsigned int *count_r);
/* When every message has its serial: the first sight is over. Returns 0, or -1
   and a sentence. */
int uidl_assign_complete(struct pop3_uidl_mailbox *ubox, const char **error_r);
void uidl_assign_deinit(struct uidl_assign **assign);

/* The digest of a message by what is in it; of one that is gone it is left as it
   was. Returns 0, or -1 and a sentence. */
int uidl_assign_read_mail(struct mail *mail,
			  unsigned char content[UIDL_DIGEST_SIZE],
			  const char **error_r);

#endif
