#ifndef XMIT_SAVE_H
#define XMIT_SAVE_H

struct event;
struct istream;
struct mail_user;
struct xmit_save;

/* A copy of a sent message in the sender's own folder, written beside the
   stream to the relay and kept only when the relay has taken the message. A
   copy that fails is logged here, once, and disturbs nothing else. */

/* input is the whole message with CRLF lines; it may block, and the copy is
   read from it as it comes. folder is created and subscribed when missing.
   Returns NULL (logged) when the copy can't be begun. */
struct xmit_save *
xmit_save_begin(struct mail_user *user, struct event *event,
		const char *folder, struct istream *input);

/* Ends the copy: reads the rest of input, which is complete by now, and keeps
   the message with \Seen. */
void xmit_save_commit(struct xmit_save **save);
/* Drops the copy. No-op for NULL. */
void xmit_save_abort(struct xmit_save **save);

#endif
