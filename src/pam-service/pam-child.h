#ifndef PAM_CHILD_H
#define PAM_CHILD_H

#include "pam-protocol.h"

struct pam_child;
struct pam_peer;

/* Called once, from the ioloop. The child is gone by then; the text is valid
   during the call. */
typedef void pam_child_callback_t(enum pam_answer answer, const char *text,
				  void *context);

/* Has a question answered in a process of its own, for at most the time that
   the question names. It is copied by the fork. Returns -1 and error when there
   can be no such process. */
int pam_child_start(const struct pam_question *question,
		    const struct pam_peer *peer,
		    pam_child_callback_t *callback, void *context,
		    struct pam_child **child_r, const char **error_r);
#define pam_child_start(question, peer, callback, context, child_r, error_r) \
	pam_child_start(question, peer - \
		CALLBACK_TYPECHECK(callback, void (*)( \
			enum pam_answer, const char *, typeof(context))), \
		(pam_child_callback_t *)callback, context, child_r, error_r)

/* Kills it, with all that its modules have started, without the callback. */
void pam_child_abort(struct pam_child **child);

#endif
