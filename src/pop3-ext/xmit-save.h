#ifndef XMIT_SAVE_H
#define XMIT_SAVE_H

struct event;
struct istream;
struct mail_user;
struct xmit_save;

/* A copy of a sent message in the sender's own folder, written while the relay
   reads the message and kept only when the relay has taken it. A copy that
   fails is logged here, once, and disturbs nothing else. */

/* header is the copy's own (with its empty line, CRLF lines), written at once.
   folder is created and subscribed when missing. Returns NULL (logged) when
   the copy can't be begun. */
struct xmit_save *
xmit_save_begin(struct mail_user *user, struct event *event,
		const char *folder, const string_t *header);

/* Returns a stream that reads the same as body; what is read from it goes to
   the copy by that. It may outlive the copy. The caller unreferences it. */
struct istream *xmit_save_tap(struct xmit_save *save, struct istream *body);

/* Keeps the message with \Seen: the tapped stream has been read to its end. */
void xmit_save_commit(struct xmit_save **save);
/* Drops the copy. Both are no-ops for NULL. */
void xmit_save_abort(struct xmit_save **save);

#endif
