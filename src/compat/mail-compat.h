#ifndef MAIL_COMPAT_H
#define MAIL_COMPAT_H

/* Include after mail-storage.h. */

#include "dovecot-compat.h"

/* 2.3: mail_get_binary_size() */
#ifndef HOST_2_4
struct mail_binary_properties {
	uoff_t size;
	unsigned int lines;
};

static inline int
mail_get_binary_properties(struct mail *mail, const struct message_part *part,
			   bool include_hdr,
			   struct mail_binary_properties *bprops_r)
{
	return mail_get_binary_size(mail, part, include_hdr,
				    &bprops_r->size, &bprops_r->lines);
}
#endif

#endif
