#ifndef UIDL_ASSIGN_PRIVATE_H
#define UIDL_ASSIGN_PRIVATE_H

#include "uidl-assign.h"
#include "uidl-digest.h"

/* Messages at a time: of which the store is asked, which are saved. What each piece
   costs grows with the mailbox: large ones have large pieces, and no more of
   them than this. */
#define ASSIGN_MIN_PIECE 1000
#define ASSIGN_MAX_PIECES 20

enum assign_phase {
	/* of all messages, if the store may know any of them */
	PHASE_GUIDS,
	/* of what is left */
	PHASE_READ,
};

/* A message of the piece */
struct unknown_msg {
	uint32_t seq, uid;
	/* serial plus 1, or 0 */
	uint32_t serial;
	unsigned char guid[UIDL_DIGEST_SIZE];
	unsigned char content[UIDL_DIGEST_SIZE];
};

struct uidl_assign {
	const struct uidl_assign_owner *owner;
	void *context;
	struct pop3_uidl_mailbox *ubox;
	struct uidl_store *store;
	struct mailbox_transaction_context *trans;
	struct mail *mail;

	enum assign_phase phase;
	/* sequences of the messages without a serial; those below kept stay
	   for the next phase, and the piece begins at next */
	ARRAY_TYPE(uint32_t) seqs;
	unsigned int kept, next;
	ARRAY(struct unknown_msg) piece;
	/* of the piece */
	unsigned int read;
	/* how many there were at the begin */
	unsigned int count;

	/* under the lock: the newest view of the index */
	struct mail_index_view *view;
	string_t *str;
	/* of the store as it was after our last commit */
	struct uidl_finder *finder;
	uint64_t finder_chain;
};

/* Has the store messages that the mailbox doesn't? */
bool uidl_assign_can_match(struct uidl_assign *assign);
/* uidl-assign-store.c: these lock the store, and return 0, or -1 and a
   sentence. */

/* With it, the newest view of the index. */
int uidl_assign_lock(struct uidl_assign *assign, const char **error_r);
void uidl_assign_unlock(struct uidl_assign *assign);
/* Recognises messages of the piece by their GUID. */
int uidl_assign_match_guids(struct uidl_assign *assign, const char **error_r);
/* Recognises messages of the piece by GUID and content, and adds what is new.
   last: all others have their serials. */
int uidl_assign_save(struct uidl_assign *assign, bool last,
		     const char **error_r);
/* uidl-assign-compact.c: when all have their serials, forgets what is not needed of messages that are
   gone, if it is worth it. A failure is logged; the UIDLs are not in danger. */
void uidl_assign_compact(struct uidl_assign *assign);

#endif
