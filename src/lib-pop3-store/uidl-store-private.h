#ifndef UIDL_STORE_PRIVATE_H
#define UIDL_STORE_PRIVATE_H

#include "dict-compat.h"
#include "uidl-store.h"

struct uidl_store {
	pool_t pool;
	struct uidl_store_settings set;
	struct dict_op_settings dict_op_set;

	/* -1: there is no journal yet */
	int fd;
	struct file_lock *lock;
	/* what is committed */
	struct uidl_head head;
	/* which of the file's two heads that is */
	unsigned int head_copy;

	/* loaded slots from base to loaded, and behind head.slots those not yet
	   committed */
	buffer_t *slots;
	uint32_t base, loaded;
	uint64_t loaded_chain;
	uint32_t added_messages;
	uint32_t last_template, flags;
	ARRAY(struct uidl_template) templates;

	struct uidl_head dict_head;
	bool dict_found:1;
};

/* uidl-journal.c: the file. Returns 1, 0 when there is none, -1. */
int uidl_journal_open(struct uidl_store *store, const char **error_r);
void uidl_journal_close(struct uidl_store *store);
/* Makes an empty one with this id, unless there is one. */
int uidl_journal_create(struct uidl_store *store,
			const unsigned char id[UIDL_STORE_ID_SIZE],
			const char **error_r);
int uidl_journal_lock(struct uidl_store *store, const char **error_r);
/* Reads the slots from store->loaded on, and checks them. */
int uidl_journal_load(struct uidl_store *store, const char **error_r);
/* Writes what is behind head.slots in memory, then the head, which gets a new
   sequence and is store->head afterwards. */
int uidl_journal_append(struct uidl_store *store, const struct uidl_head *head,
			const char **error_r);
/* Is the file that is open still the one with this name? */
bool uidl_journal_is_current(struct uidl_store *store);
/* A new file with these contents in place of the old one; locked again. */
int uidl_journal_replace(struct uidl_store *store, const struct uidl_head *head,
			 const buffer_t *slots, const char **error_r);

/* uidl-replica.c: the dict. All do nothing when there is none. */
int uidl_replica_read_head(struct uidl_store *store, const char **error_r);
int uidl_replica_sync(struct uidl_store *store, const char **error_r);
/* Writes the pages from this slot on, and the head; removes the pages that are
   below the new base only. */
int uidl_replica_write(struct uidl_store *store, uint32_t first_slot,
		       const struct uidl_head *head, const char **error_r);

/* Removes all keys: the pages that the head knows of, and the head. */
int uidl_replica_remove(struct uidl_store *store, const char **error_r);

/* Forgets what is loaded; the next load reads it all. */
void uidl_store_unload(struct uidl_store *store);
/* Octets of the slots from this one on. */
const unsigned char *
uidl_store_slot(const struct uidl_store *store, uint32_t slot);
/* Appends a template; its number has to be set. */
void uidl_store_add_template(struct uidl_store *store,
			     struct uidl_template *tmpl);
/* Templates of what is loaded. FALSE: they are damaged. */
bool uidl_store_load_templates(struct uidl_store *store);

#endif
