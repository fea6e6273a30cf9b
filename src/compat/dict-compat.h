#ifndef DICT_COMPAT_H
#define DICT_COMPAT_H

/* Instead of dict.h. */

#include "dict.h"
#include "dovecot-compat.h"

/* 2.3.16: a dict is opened for one user, and operations name none. Then
   HOST_DICT_USER() initializes that member of struct dict_settings, and
   HOST_DICT_IS_FOR() is FALSE for any other. */
#ifdef HOST_DICT_OP_SETTINGS
#  define HOST_DICT_USER(name, home)
#  define HOST_DICT_IS_FOR(user, name) TRUE
#else
#  define HOST_DICT_USER(name, home) .username = name, .home_dir = home,
#  define HOST_DICT_IS_FOR(user, name) (strcmp((user)->username, name) == 0)

struct dict_op_settings {
	const char *username;
	const char *home_dir;
};

#  define dict_lookup(dict, set, pool, key, value_r, error_r) \
	((void)(set), (dict_lookup)(dict, pool, key, value_r, error_r))
#  undef dict_lookup_async
#  define dict_lookup_async(dict, set, key, callback, context) \
	((void)(set), \
	 (dict_lookup_async)(dict, key, (dict_lookup_callback_t *)(callback), \
		1 ? (context) : \
		CALLBACK_TYPECHECK(callback, void (*)( \
			const struct dict_lookup_result *, typeof(context)))))
#  define dict_transaction_begin(dict, set) \
	((void)(set), (dict_transaction_begin)(dict))
#endif

#endif
