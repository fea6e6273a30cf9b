#ifndef POP3_UIDL_MAILBOX_H
#define POP3_UIDL_MAILBOX_H

#include "module-context.h"
#include "mail-storage-private.h"
#include "uidl-finder.h"
#include "uidl-store.h"

/* The plugin's part of an opened mailbox: which message has which serial of
   the store, as the mail index says.

   Index extension "pop3-uidl": header store id (16 octets) and name of the
   store (12); for each message its serial plus 1, or 0. */

#define POP3_UIDL_MAILBOX_CONTEXT(obj) \
	MODULE_CONTEXT(obj, pop3_uidl_mailbox_module)
#define POP3_UIDL_MAILBOX_CONTEXT_REQUIRE(obj) \
	MODULE_CONTEXT_REQUIRE(obj, pop3_uidl_mailbox_module)

struct pop3_uidl_mailbox {
	union mailbox_module_context module_ctx;
	struct mailbox *box;
	uint32_t ext_id;
	unsigned char store_name[UIDL_DIGEST_SIZE];

	/* after pop3_uidl_mailbox_open(); belongs to the user */
	struct uidl_store *store;
	/* serials plus 1 by sequence, as the index says and as was found out
	   since; 0: not known. NULL: not read yet */
	uint32_t *serials;
	uint32_t serials_count;
	/* for messages whose serial the index does not know; and what was found
	   by it, without a lock: it has to be looked at again under one */
	struct uidl_finder *finder;
	uint32_t *found;
	/* or NULL: pop3_uidl_mailbox_digest() */
	struct uidl_digest *digest;

	/* what is asked for is what the host would say without us */
	bool asking_host;
	bool sizes_checked, sizes_known;
};

extern MODULE_CONTEXT_DEFINE(pop3_uidl_mailbox_module,
			     &mail_storage_module_register);

void pop3_uidl_mailbox_allocated(struct mailbox *box);
void pop3_uidl_mail_allocated(struct mail *mail);

/* Opens the store of the mailbox, which has to be open itself, and loads it.
   Returns 0, or -1 and a sentence. May be repeated. */
int pop3_uidl_mailbox_open(struct pop3_uidl_mailbox *ubox,
			   const char **error_r);

/* Does the index know a store? Reads nothing. */
bool pop3_uidl_mailbox_is_known(struct pop3_uidl_mailbox *ubox);
/* Is this header of the index extension that of the opened store? */
bool pop3_uidl_mailbox_view_is_current(struct pop3_uidl_mailbox *ubox,
				       struct mail_index_view *view);

/* pop3-uidl-serials.c: which message has which serial, plus 1. 0: not known. */

/* Of the message with this sequence. */
uint32_t pop3_uidl_mailbox_serial(struct pop3_uidl_mailbox *ubox, uint32_t seq);
/* The same, and else it is looked for by its GUID. Of equal messages each gets
   another serial. What is found need not be true for ever: without the lock
   another session may find something else. */
uint32_t
pop3_uidl_mailbox_find(struct pop3_uidl_mailbox *ubox, struct mail *mail);
/* What pop3_uidl_mailbox_find() has found for this message. */
uint32_t pop3_uidl_mailbox_found(struct pop3_uidl_mailbox *ubox, uint32_t seq);
/* Of the message with this UID in a view of the index that is newer than the
   mailbox'. */
uint32_t pop3_uidl_mailbox_view_serial(struct pop3_uidl_mailbox *ubox,
				       struct mail_index_view *view,
				       uint32_t uid);
/* Which serials the messages have, also those of the newer view: from the store's
   first one on, to be freed. */
bool *pop3_uidl_mailbox_used(struct pop3_uidl_mailbox *ubox,
			     struct mail_index_view *view);
/* These messages have these serials (plus 1), as long as the mailbox is open. */
void pop3_uidl_mailbox_set(struct pop3_uidl_mailbox *ubox,
			   const uint32_t *seqs, const uint32_t *serials,
			   unsigned int count);
/* The store has forgotten slots: messages that had them have others, in the newer
   view. */
void pop3_uidl_mailbox_compacted(struct pop3_uidl_mailbox *ubox,
				 struct mail_index_view *view);
/* What was read of the index, or found, is not true any more. */
void pop3_uidl_mailbox_forget(struct pop3_uidl_mailbox *ubox);

/* Writes serials (plus 1) of these messages into the index. A failure is
   logged: they will be found again. */
void pop3_uidl_mailbox_save(struct pop3_uidl_mailbox *ubox,
			    const uint32_t *seqs, const uint32_t *serials,
			    unsigned int count);

/* Removes the store of an opened mailbox, whatever its state, and what the index
   knows of it. Returns 0, or -1 and a sentence. */
int pop3_uidl_mailbox_remove_store(struct pop3_uidl_mailbox *ubox,
				   const char **error_r);
/* What the host would show without us: what its storage has kept, or what
   pop3_uidl_format makes. Returns 0, or -1 when it can't be told: the format may
   have keys that only a session knows. */
int pop3_uidl_mailbox_host_text(struct pop3_uidl_mailbox *ubox,
				struct mail *mail, const char **text_r);

/* For all messages, one after the other; belongs to the mailbox. */
struct uidl_digest *pop3_uidl_mailbox_digest(struct pop3_uidl_mailbox *ubox);
/* FALSE: this storage makes GUIDs from headers, they say nothing. */
bool pop3_uidl_mailbox_has_guids(struct pop3_uidl_mailbox *ubox);
/* The digest of the message's GUID; zero when it has none. -1: failed. */
int pop3_uidl_mail_guid(struct mail *mail,
			unsigned char dest[UIDL_DIGEST_SIZE]);
/* To be called before a message is read. */
void pop3_uidl_mail_find_file(struct mail *mail);

#endif
