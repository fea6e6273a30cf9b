#ifndef UIDL_ASSIGN_PRIVATE_H
#define UIDL_ASSIGN_PRIVATE_H

#include "uidl-digest.h"
#include "pop3-uidl-mailbox.h"
#include "pop3-uidl-session.h"

enum assign_phase {
	PHASE_GUIDS,
	PHASE_MATCH_GUIDS,
	PHASE_READ,
	PHASE_SAVE,
};

struct unknown_msg {
	uint32_t msgnum, seq;
	unsigned char guid[UIDL_DIGEST_SIZE];
	unsigned char content[UIDL_DIGEST_SIZE];
	/* serial plus 1, or 0 */
	uint32_t serial;
	uint32_t uid;
	const char *text;
};

struct uidl_assign {
	struct client *client;
	struct pop3_uidl_mailbox *ubox;
	struct uidl_store *store;
	struct mailbox_transaction_context *trans;
	struct mail *mail;
	struct uidl_digest *digest;
	struct uidl_finder *finder;
	string_t *str;

	enum assign_phase phase;
	ARRAY(struct unknown_msg) msgs;
	/* what the phase has done, and where its piece ends */
	unsigned int next, end;

	/* the host's texts of all of them */
	pool_t texts_pool;
};

/* uidl-assign-store.c: all of these lock the store. */

/* Recognises messages by their GUID and removes them from the list. Returns 1
   when none is left, 0, or -1 and a sentence. */
int uidl_assign_match_guids(struct uidl_assign *assign, const char **error_r);
/* Recognises the messages from this one to assign->end by GUID and content, and
   adds what is new. Returns 0, or -1 and a sentence. */
int uidl_assign_save(struct uidl_assign *assign, unsigned int first,
		     const char **error_r);

#endif
