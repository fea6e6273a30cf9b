#ifndef UIDL_GONE_H
#define UIDL_GONE_H

#include "uidl-store.h"

/* Looks for messages that are gone; made of a loaded store, whose later slots it
   does not know. */

struct uidl_gone_index;

struct uidl_gone_index *uidl_gone_index_init(const struct uidl_store *store);
void uidl_gone_index_deinit(struct uidl_gone_index **index);

bool uidl_gone_index_has_text(struct uidl_gone_index *index,
			      const char *text);
/* Replaces text by that of the n-th message with this content, among which one
   with this number is the first. FALSE: there are no more. */
bool uidl_gone_index_get(const struct uidl_gone_index *index,
			 const unsigned char content[UIDL_DIGEST_SIZE],
			 uint32_t number, unsigned int n, string_t *text);

#endif
