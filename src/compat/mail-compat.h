#ifndef MAIL_COMPAT_H
#define MAIL_COMPAT_H

/* Instead of mail-storage.h. */

#include "mail-storage.h"
#include "mail-user.h"
#include "dict-compat.h"

/* 2.3.16. Unlike the newer one's, what it returns is on the data stack. */
#ifndef HOST_DICT_OP_SETTINGS
static inline const struct dict_op_settings *
mail_user_get_dict_op_settings(struct mail_user *user)
{
	struct dict_op_settings *set = t_new(struct dict_op_settings, 1);

	set->username = user->username;
	if (mail_user_get_home(user, &set->home_dir) <= 0)
		set->home_dir = NULL;
	return set;
}
#endif

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
