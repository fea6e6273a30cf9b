#ifndef UIDL_POP3_STATE_H
#define UIDL_POP3_STATE_H

#include "uidl-slot.h"

struct mail_user;

/* What an import from a POP3 server has found so far: a file in the user's home
   with the digest of each UIDL, so that an import that was ended goes on where
   it was, and one that is repeated asks for nothing twice. Without a home, or
   where it can't be written, there is none. */

/* server: what the file is of; another one's is forgotten. */
struct uidl_pop3_state *
uidl_pop3_state_init(struct mail_user *user, const char *server);
void uidl_pop3_state_deinit(struct uidl_pop3_state **state);

bool uidl_pop3_state_find(struct uidl_pop3_state *state, const char *uidl,
			  unsigned char digest_r[UIDL_DIGEST_SIZE]);
void uidl_pop3_state_add(struct uidl_pop3_state *state, const char *uidl,
			 const unsigned char digest[UIDL_DIGEST_SIZE]);

/* When the UIDLs are in the store, it is not needed any more. */
void uidl_pop3_state_remove(struct mail_user *user);

#endif
