#ifndef POP3_UIDL_SESSION_H
#define POP3_UIDL_SESSION_H

/* The part of the plugin that runs in the pop3 process only. doveadm opens the
   same code, and has neither a POP3 client nor pop3_ext. So nothing of these two
   is called but by this: NULL in doveadm, and as long as no user has pop3_ext. */

#include "pop3-common.h"
#include "pop3-ext-api.h"

extern const struct pop3_ext_api *pop3_ext;

struct pop3_uidl_mailbox;
struct uidl_assign;

extern const struct pop3_ext_command cmd_uidl;

/* Sequence of the message number, which begins with 0. */
static inline uint32_t
pop3_uidl_msgnum_to_seq(const struct client *client, uint32_t msgnum)
{
	return msgnum < client->msgnum_to_seq_map_count ?
		client->msgnum_to_seq_map[msgnum] : msgnum + 1;
}

static inline bool
pop3_uidl_msg_is_deleted(const struct client *client, uint32_t msgnum)
{
	return client->deleted_bitmask != NULL &&
		(client->deleted_bitmask[msgnum / CHAR_BIT] &
		 (1 << (msgnum % CHAR_BIT))) != 0;
}

/* pop3-uidl-answer.c: a pop3_ext_uidls_func_t. */
int pop3_uidl_answer(struct client *client, const uint32_t *msgs,
		     unsigned int count, const char **uidls_r);

/* pop3-uidl-host.c: for the messages of the session's mailbox. NULL when there
   is nothing to do. */
struct uidl_assign *
pop3_uidl_session_assign(struct client *client, struct pop3_uidl_mailbox *ubox);

#endif
