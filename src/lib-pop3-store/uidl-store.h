#ifndef UIDL_STORE_H
#define UIDL_STORE_H

/* The persistent UIDLs of one mailbox: a journal in the user's home that only
   grows, and optionally its copy in a dict (doc/spec/uidl-store.txt).

     uidl_store_init() once
     uidl_store_open() judges it, reading only the head
     uidl_store_load() for reading: serials from 0 to slots
     uidl_store_lock(), _add() for each message, _commit(), _unlock()

   All functions that return int return -1 and a sentence on failure; nothing
   that was not committed is ever seen again. They block, for as long as the
   dict driver takes. */

#include "file-lock.h"
#include "uidl-slot.h"

struct dict;
struct dict_op_settings;

/* Serial of no message */
#define UIDL_SERIAL_NONE ((uint32_t)-1)

struct uidl_store_settings {
	/* The journal. Need not exist; its folder has to. */
	const char *path;
	/* NULL: only the journal. The caller keeps and closes it. */
	struct dict *dict;
	const struct dict_op_settings *dict_op_set;
	/* of the keys, with a slash at the end */
	const char *dict_prefix;
	enum file_lock_method lock_method;
	/* synchronise what is written with the disk */
	bool fsync;
};

/* What is known of one message. The digests may be zero: not known. */
struct uidl_record {
	const char *text;
	/* number that is probably in the text, such as the UID */
	uint32_t number;
	unsigned char guid[UIDL_DIGEST_SIZE];
	unsigned char content[UIDL_DIGEST_SIZE];
	uint32_t size;
};

/* Copies the settings. */
struct uidl_store *uidl_store_init(const struct uidl_store_settings *set);
/* Unlocks, frees. Nothing is written. */
void uidl_store_deinit(struct uidl_store **store);

/* For what is not known before a mailbox has been opened. */
void uidl_store_set_modes(struct uidl_store *store,
			  enum file_lock_method lock_method, bool fsync);

/* Returns 1 when there is a store, 0 when there is none yet, -1 when it can't
   be used. May be repeated. */
int uidl_store_open(struct uidl_store *store, const char **error_r);
/* What the last open, load or commit has seen. */
const struct uidl_head *uidl_store_head(const struct uidl_store *store);
/* TRUE when the dict had other contents than the journal when it was opened:
   uidl_store_lock() brings both up to date. */
bool uidl_store_is_behind(const struct uidl_store *store);

/* Reads all slots into memory, only those that are new when repeated. */
int uidl_store_load(struct uidl_store *store, const char **error_r);

/* Locks, creates the store if there is none, brings journal and dict up to
   date with each other, and loads. Serials may have changed when the store id
   has. */
int uidl_store_lock(struct uidl_store *store, const char **error_r);
void uidl_store_unlock(struct uidl_store *store);

/* Adds a message for the next commit; returns its serial. Locked only. */
uint32_t uidl_store_add(struct uidl_store *store,
			const struct uidl_record *record);
void uidl_store_set_complete(struct uidl_store *store);
int uidl_store_commit(struct uidl_store *store, const char **error_r);

/* Removes all of it, from the dict and then the journal, whatever it holds; a
   store that is damaged is no error. */
int uidl_store_remove(struct uidl_store *store, const char **error_r);
/* Has the dict a copy, as the last open has seen? */
bool uidl_store_has_replica(const struct uidl_store *store);
/* Removes it from the dict only. */
int uidl_store_remove_replica(struct uidl_store *store, const char **error_r);

/* Loaded slots, with those that were added. FALSE when this serial is not a
   message's. */
bool uidl_store_get(const struct uidl_store *store, uint32_t serial,
		    struct uidl_message_slot *msg_r);
/* Appends the text. FALSE when the serial has none. */
bool uidl_store_get_text(const struct uidl_store *store, uint32_t serial,
			 string_t *dest);
/* Serials are from first to below slots. */
uint32_t uidl_store_first(const struct uidl_store *store);
uint32_t uidl_store_slots(const struct uidl_store *store);
/* Appends the text that this template makes. FALSE: there is no such one. */
bool uidl_store_expand(const struct uidl_store *store, uint8_t template_num,
		       uint32_t number, string_t *dest);

/* What is remembered of messages that are gone: as many as the loop over slots
   and UIDL_GONE_IN_SLOT finds. */
bool uidl_store_get_gone(const struct uidl_store *store, uint32_t slot,
			 unsigned int idx, struct uidl_gone *gone_r);
/* The number of a template that makes this text, which is added if need be, or
   0. Locked only. */
uint8_t uidl_store_get_template(struct uidl_store *store, const char *text,
				uint32_t number);
/* Adds them. Locked only. */
void uidl_store_add_gone(struct uidl_store *store,
			 const struct uidl_gone *gone, unsigned int count);

/* uidl-compact.c: messages that are gone. used[serial - first] is TRUE for each
   that the mailbox has. Locked only, and nothing to be committed. */

/* Up to which slot is it worth to forget them? 0: not at all. */
uint32_t uidl_store_compact_end(const struct uidl_store *store,
				const bool *used);
/* Removes all slots up to this one. Of messages that are used the slots are
   written again at the end: moved[serial - first] is the new serial plus 1, else
   0. Of those that are gone what is needed to know them again. Returns 0, or -1
   and a sentence when the store is as it was, or has to be opened again. */
int uidl_store_compact(struct uidl_store *store, uint32_t end, const bool *used,
		       uint32_t *moved, const char **error_r);

#endif
