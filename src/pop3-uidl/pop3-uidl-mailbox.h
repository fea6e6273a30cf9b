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
	/* for messages whose serial the index does not know */
	struct uidl_finder *finder;

	/* POP3 session: serials plus 1 by message number, as long as the
	   mailbox is open; 0: not known yet */
	uint32_t *msg_serials;
	unsigned int msg_count;

	/* the index knew nothing of this store: it was rebuilt, or is new */
	bool rebuilt;
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
/* Serial of the message with this sequence plus 1, or 0. */
uint32_t pop3_uidl_mailbox_serial(struct pop3_uidl_mailbox *ubox, uint32_t seq);
/* Which serials the index has: as many as the store has slots, to be freed. */
bool *pop3_uidl_mailbox_used(struct pop3_uidl_mailbox *ubox);

/* Writes serials (plus 1) of these messages into the index. A failure is
   logged: they will be found again. */
void pop3_uidl_mailbox_save(struct pop3_uidl_mailbox *ubox,
			    const uint32_t *seqs, const uint32_t *serials,
			    unsigned int count);

/* FALSE: this storage makes GUIDs from headers, they say nothing. */
bool pop3_uidl_mailbox_has_guids(struct pop3_uidl_mailbox *ubox);
/* Was the index of this POP3 session's mailbox lost, while the store has the
   sizes of its messages? */
bool pop3_uidl_mailbox_sizes_known(struct pop3_uidl_mailbox *ubox);
/* The digest of the message's GUID; zero when it has none. -1: failed. */
int pop3_uidl_mail_guid(struct mail *mail,
			unsigned char dest[UIDL_DIGEST_SIZE]);

#endif
