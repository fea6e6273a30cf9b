#ifndef POP3_UIDL_SESSION_H
#define POP3_UIDL_SESSION_H

/* The part of the plugin that runs in the pop3 process only. doveadm loads the
   same object, and has neither a POP3 client nor pop3_ext: what comes from
   these two may be missing, and is not called then. To be included by every
   file that uses them. */

#include "pop3-common.h"
#include "pop3-ext-client.h"
#include "pop3-ext-commands.h"
#include "pop4-uidl.h"

#pragma weak client_disconnect
#pragma weak client_send_line
#pragma weak pop3_ext_client_module
#pragma weak pop3_ext_command_resume
#pragma weak pop3_ext_command_wait
#pragma weak pop3_ext_commands_register
#pragma weak pop3_ext_commands_unregister
#pragma weak pop3_ext_host_uidls_get
#pragma weak pop3_ext_login_check_register
#pragma weak pop3_ext_login_check_unregister
#pragma weak pop3_ext_reply_ok
#pragma weak pop3_ext_uidls_register
#pragma weak pop3_module_register

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
