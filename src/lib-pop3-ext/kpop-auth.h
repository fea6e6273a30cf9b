#ifndef KPOP_AUTH_H
#define KPOP_AUTH_H

/* What the login process and the auth process say to each other about KPOP:
   the messages of the mechanism KPOP. Neither side trusts the other's. */

#include "sha2.h"

#define KPOP_MECH_NAME "KPOP"
/* Octets of a token's MAC, and of the pad that hides it */
#define KPOP_PAD_SIZE SHA256_RESULTLEN

/* Requests of the login process. A ticket comes in parts; a log in comes in a
   request of its own, with the token that the ticket has earned. */
enum kpop_request_type {
	KPOP_REQUEST_TICKET_PART = 't',
	KPOP_REQUEST_TICKET_END = 'T',
	KPOP_REQUEST_LOGIN = 'L'
};

struct kpop_request {
	enum kpop_request_type type;
	/* of a ticket; points to what was parsed */
	const unsigned char *ticket;
	size_t ticket_size;
	/* with the last part of a ticket: KPOP_PAD_SIZE octets */
	const unsigned char *pad;
	/* of a log in; from the data stack */
	const char *token, *user;
};

/* Answers to a part of a ticket. */
enum kpop_answer_type {
	KPOP_ANSWER_NEXT_PART = 'n',
	/* with a masked token and the AP-REP, which is empty unless the client
	   asked for it */
	KPOP_ANSWER_ACCEPTED = 'a',
	/* with the KRB-ERROR for the client; empty if there is none */
	KPOP_ANSWER_REFUSED = 'r'
};

struct kpop_answer {
	enum kpop_answer_type type;
	const char *token;
	/* points to what was parsed */
	const unsigned char *data;
	size_t size;
};

/* Appends the request for the part of a ticket that begins at *pos, and moves
   *pos. The last part takes the pad of KPOP_PAD_SIZE octets with it. */
void kpop_request_append_ticket(buffer_t *dest, const buffer_t *ticket,
				size_t *pos, const unsigned char *pad);
void kpop_request_append_login(buffer_t *dest, const char *token,
			       const char *user);
/* Returns -1 when it is none. */
int kpop_request_parse(const unsigned char *data, size_t size,
		       struct kpop_request *request_r);

/* Appends the answer; the token and data as the type has them. */
void kpop_answer_append(buffer_t *dest, const struct kpop_answer *answer);
int kpop_answer_parse(const unsigned char *data, size_t size,
		      struct kpop_answer *answer_r);

enum kpop_token_result {
	KPOP_TOKEN_OK,
	/* Another auth process has made the token, such as the one before a
	   restart, or it has expired. */
	KPOP_TOKEN_STALE,
	/* This auth process has not made it for this session. */
	KPOP_TOKEN_FORGED
};

/* A token says that the auth process has seen a good ticket of the principal in
   this session, so the auth process needs to remember nothing. The key is the
   auth process's own. The token is printable, and allocated from the data
   stack. */
const char *
kpop_token_create(const buffer_t *key, const char *session_id,
		  const char *principal, time_t expires);
/* Sets *principal_r, from the token, when the result is KPOP_TOKEN_OK. */
enum kpop_token_result
kpop_token_check(const buffer_t *key, const char *session_id,
		 const char *token, time_t now, const char **principal_r);
/* Hides the token's MAC under the pad, or shows it again. Dovecot writes what
   the auth process answers into the debug log: a pad that is used once, and
   only ever travels in requests, makes a logged token useless. Returns a copy
   from the data stack, or NULL if the text is not a token. */
const char *
kpop_token_mask(const char *token, const unsigned char pad[KPOP_PAD_SIZE]);

#endif
