#ifndef POP4_FLAGS_H
#define POP4_FLAGS_H

#include "mail-types.h"

/* Flags of messages as POP4 writes them:

     flag    = "SEEN" / "ANSWERED" / "FLAGGED" / "DRAFT" / "FORWARDED" / keyword
     roflag  = "RECENT" / "DELETED"
     keyword = 1*kchar       ; any printable ASCII but ( ) { % * " \ ] ,
     flags   = "-" / (flag *("," flag))

   Names have any case. FORWARDED is the keyword $Forwarded. */
struct pop4_flags {
	enum mail_flags flags;
	/* NULL-terminated; each of them once */
	const char *const *keywords;
};

/* The flags that POP4 can change, keywords apart */
#define POP4_SYSTEM_FLAGS \
	(MAIL_SEEN | MAIL_ANSWERED | MAIL_FLAGGED | MAIL_DRAFT)

/* Returns 0, or -1 with a sentence in *error_r that begins with "bad flag". */
int pop4_flags_parse(pool_t pool, const char *text, struct pop4_flags *flags_r,
		     const char **error_r);

/* TRUE if POP4 has a way to write this keyword of the mailbox. Others are
   neither shown nor changed. */
bool pop4_flags_have_keyword(const char *keyword);

/* Appends the list of what is to be shown. keywords may be NULL. */
void pop4_flags_append(string_t *dest, enum mail_flags flags,
		       const char *const *keywords);

#endif
