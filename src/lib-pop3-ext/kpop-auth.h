#ifndef KPOP_AUTH_H
#define KPOP_AUTH_H

/* What the login process and the auth process say to each other about KPOP:
   the messages of the mechanism KPOP. Neither side trusts the other's. */

#define KPOP_MECH_NAME "KPOP"

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
	/* of a log in; from the data stack */
	const char *token, *user;
};

/* Answers to a part of a ticket. */
enum kpop_answer_type {
	KPOP_ANSWER_NEXT_PART = 'n',
	/* with a token and the AP-REP, which is empty unless the client asked
	   for it */
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

/* The request for the part of a ticket that begins at *pos, and moves *pos. */
void kpop_request_append_ticket(buffer_t *dest, const buffer_t *ticket,
				size_t *pos);
void kpop_request_append_login(buffer_t *dest, const char *token,
			       const char *user);
/* Returns -1 when it is none. */
int kpop_request_parse(const unsigned char *data, size_t size,
		       struct kpop_request *request_r);

/* Appends the answer; the token and data as the type has them. */
void kpop_answer_append(buffer_t *dest, const struct kpop_answer *answer);
int kpop_answer_parse(const unsigned char *data, size_t size,
		      struct kpop_answer *answer_r);

/* A token says that the auth process has seen a good ticket of the principal in
   this session: nothing else has to be remembered. Returned from the data
   stack, printable. */
const char *
kpop_token_create(const buffer_t *key, const char *session_id,
		  const char *principal, time_t expires);
/* Is it one of ours, for that session, and has it not run out? */
bool kpop_token_check(const buffer_t *key, const char *session_id,
		      const char *token, time_t now, const char **principal_r);

#endif
