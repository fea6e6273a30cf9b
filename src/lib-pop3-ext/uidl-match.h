#ifndef UIDL_MATCH_H
#define UIDL_MATCH_H

/* Which message of the mailbox is which record of an imported list? Nothing is
   guessed: what can't be told is ambiguous.

   Keys are tried in the order below, each for all records and messages that
   have no partner yet. One record and one message with an equal key belong
   together. Where there are more of them

   - with one GUID or one content the messages are equal: the one with the
     same UID comes first, then they are taken in their order;
   - else the size may decide; if it does not, they stay without partner. */

#include "uidl-source.h"

enum uidl_match_key {
	UIDL_MATCH_GUID,
	UIDL_MATCH_FILE_NAME,
	UIDL_MATCH_UID,
	UIDL_MATCH_CONTENT,
	UIDL_MATCH_MESSAGE_ID,
	UIDL_MATCH_KEYS_COUNT
};

enum uidl_match_result {
	UIDL_MATCH_NONE,
	UIDL_MATCH_FOUND,
	UIDL_MATCH_AMBIGUOUS,
};

struct uidl_match_entry {
	/* Of a message only the keys count. */
	struct uidl_source_record record;
	enum uidl_match_result result;
	/* by which they belong together, or did not: see result */
	enum uidl_match_key key;
	/* FOUND: the partner's index */
	unsigned int partner;
};

struct uidl_match *uidl_match_init(void);
void uidl_match_deinit(struct uidl_match **match);

/* Both copy the strings. In the order of the list, and of UIDs. */
void uidl_match_add_record(struct uidl_match *match,
			   const struct uidl_source_record *record);
void uidl_match_add_message(struct uidl_match *match,
			    const struct uidl_source_record *message);
void uidl_match_set_content(struct uidl_match *match, unsigned int message,
			    const unsigned char content[UIDL_DIGEST_SIZE]);
/* with the size, which may have to decide */
void uidl_match_set_message_id(struct uidl_match *match, unsigned int message,
			       const char *message_id, uoff_t size);

/* Finds partners by this key, among those that have none. */
void uidl_match_run(struct uidl_match *match, enum uidl_match_key key);
/* Does any record without a partner have this key? */
bool uidl_match_wants(const struct uidl_match *match, enum uidl_match_key key);

const struct uidl_match_entry *
uidl_match_records(const struct uidl_match *match, unsigned int *count_r);
const struct uidl_match_entry *
uidl_match_messages(const struct uidl_match *match, unsigned int *count_r);

/* For people: "GUID", "Message-ID" */
const char *uidl_match_key_name(enum uidl_match_key key);

#endif
