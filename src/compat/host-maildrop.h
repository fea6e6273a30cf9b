#ifndef HOST_MAILDROP_H
#define HOST_MAILDROP_H

/* What differs between hosts in opening a mailbox in the middle of a session.
   Include after "pop3-common.h". */

#include "guid.h"
#include "dovecot-compat.h"

struct client;

/* The mailbox_sync() by which the host's QUIT ends. */
#ifdef HOST_2_4
#  define HOST_QUIT_SYNC_FLAGS 0
#else
#  define HOST_QUIT_SYNC_FLAGS MAILBOX_SYNC_FLAG_FULL_WRITE
#endif

/* client_init_mailbox() tells anvil of a session each time that it has opened
   a mailbox, and the session's end takes back one. Save before, and give the
   second one back after it has succeeded. */
struct host_anvil_session {
	guid_128_t conn_guid;
};
void host_anvil_session_save(struct client *client,
			     struct host_anvil_session *saved_r);
void host_anvil_session_restore(struct client *client,
				const struct host_anvil_session *saved);

#endif
