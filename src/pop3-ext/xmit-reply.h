#ifndef XMIT_REPLY_H
#define XMIT_REPLY_H

#include "xmit-submit.h"

struct smtp_reply;

/* What a reply of the relay, or lib-smtp's own reply in its place, means.
   Never XMIT_STATUS_UNKNOWN: that depends on what the reply is to. */
enum xmit_status xmit_reply_status(const struct smtp_reply *reply);

/* TRUE when this is an answer by the relay that settles a command: success or
   refusal, not nonsense, not a failure on our side. */
bool xmit_reply_is_answer(const struct smtp_reply *reply);

/* TRUE when the connection is lost or useless with this reply. */
bool xmit_reply_is_lost(const struct smtp_reply *reply);

/* One line for the client: the relay's code and text, or a sentence for a
   failure on our side. From the data stack. */
const char *xmit_reply_text(const struct smtp_reply *reply);

#endif
