#ifndef UIDL_FINDER_H
#define UIDL_FINDER_H

#include "uidl-store.h"

/* Looks for messages of a loaded store. Each key has its table, made when it is
   first asked for. */

enum uidl_finder_key {
	UIDL_FINDER_GUID,
	UIDL_FINDER_CONTENT,
	UIDL_FINDER_TEXT,
	UIDL_FINDER_KEYS_COUNT
};

/* used[serial - first] is TRUE for each that a message of the mailbox has: they are
   found by their text only. The store may grow meanwhile; what is added has to
   be told by uidl_finder_added(). */
struct uidl_finder *
uidl_finder_init(const struct uidl_store *store, const bool *used,
		 uint32_t used_count);
void uidl_finder_deinit(struct uidl_finder **finder);

/* Takes a message out of the finder; later calls do not find it. Of equal ones
   that with this number, else the lowest serial. UIDL_SERIAL_NONE: there is
   none, or the digest is zero. */
uint32_t uidl_finder_take(struct uidl_finder *finder, enum uidl_finder_key key,
			  const unsigned char digest[UIDL_DIGEST_SIZE],
			  uint32_t number);
/* Takes this one. FALSE: it was taken before, or it is used. */
bool uidl_finder_take_serial(struct uidl_finder *finder, uint32_t serial);
/* Other messages of the mailbox have serials now. */
void uidl_finder_set_used(struct uidl_finder *finder, const bool *used,
			  uint32_t used_count);
/* The text of a message with this content that is gone and was forgotten but for
   this. If possible the one with this number. The caller adds it again. */
bool uidl_finder_get_gone(struct uidl_finder *finder,
			  const unsigned char content[UIDL_DIGEST_SIZE],
			  uint32_t number, string_t *text);
/* Has there ever been a message with this text? */
bool uidl_finder_has_text(struct uidl_finder *finder, const char *text);
/* Is there this message with this text? */
bool uidl_finder_has_message(struct uidl_finder *finder, const char *text,
			     const struct uidl_message_slot *msg);
void uidl_finder_added(struct uidl_finder *finder, uint32_t serial);

#endif
