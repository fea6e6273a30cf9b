#ifndef UIDL_DIGEST_H
#define UIDL_DIGEST_H

#include "uidl-slot.h"

/* What a message is recognised by (doc/spec/uidl-store.txt, 5). */

/* Body octets that count */
#define UIDL_DIGEST_MAX_BODY 4096
/* Octets that do not count (or not yet: line ends), and are read all the same.
   With those that count it is all that is ever read of a message. */
#define UIDL_DIGEST_MAX_LEFT_OUT (256*1024)

struct uidl_digest;

void uidl_guid_digest(const char *guid, unsigned char dest[UIDL_DIGEST_SIZE]);

/* One for many messages: init, then for each begin, more, end; or _guid, which
   is uidl_guid_digest() without its costs. */
struct uidl_digest *uidl_digest_init(void);
void uidl_digest_deinit(struct uidl_digest **digest);

void uidl_digest_begin(struct uidl_digest *digest);
/* Returns FALSE when nothing that follows counts. */
bool uidl_digest_more(struct uidl_digest *digest, const unsigned char *data,
		      size_t size);
void uidl_digest_end(struct uidl_digest *digest,
		     unsigned char dest[UIDL_DIGEST_SIZE]);
void uidl_digest_guid(struct uidl_digest *digest, const char *guid,
		      unsigned char dest[UIDL_DIGEST_SIZE]);

#endif
