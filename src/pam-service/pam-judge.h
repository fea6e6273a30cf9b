#ifndef PAM_JUDGE_H
#define PAM_JUDGE_H

#include "pam-protocol.h"

/* Asks the account management of the PAM service that the question names.
   Anything may happen in its modules: only for a process that is there for
   nothing else. The text, from the data stack, is empty when the answer is
   ALLOWED. */
enum pam_answer
pam_judge(const struct pam_question *question, const char **text_r);

#endif
