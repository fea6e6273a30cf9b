#ifndef UIDL_POP3_PRIVATE_H
#define UIDL_POP3_PRIVATE_H

#include "array-decl.h"
#include "uidl-digest.h"
#include "uidl-pop3.h"

struct pop4_conn;

struct uidl_pop3_message {
	unsigned int num;
	char *uidl;
	uoff_t size;
	unsigned char digest[UIDL_DIGEST_SIZE];
	/* another one has the same UIDL */
	bool duplicate:1;
	/* its digest is known, or can't be had */
	bool done:1;
};

/* One session */
struct uidl_pop3_session {
	pool_t pool;
	struct pop4_conn *conn;
	struct mail_user *user;
	/* user and host, for people */
	const char *server;
	struct uidl_pop3_state *state;
	struct uidl_digest *digest;
	buffer_t *data;
	/* in the order of their numbers */
	ARRAY(struct uidl_pop3_message) messages;
	bool pipelining, top_works;

	uidl_pop3_progress_t *progress;
	void *progress_context;
};

/* uidl-pop3-top.c: finds the digests of all messages. -1: conn has the error. */
int uidl_pop3_get_digests(struct uidl_pop3_session *session);

#endif
