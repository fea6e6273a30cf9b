#ifndef SETTING_NAMES_H
#define SETTING_NAMES_H

#include "array-decl.h"

struct event;
struct setting_parser_info;

/* Names of settings that look like ours, and are none. One for each process
   and plugin. */
struct setting_names {
	/* Names that begin so are ours. NULL-terminated */
	const char *const *prefixes;
	const struct setting_parser_info *info;
	/* Names with these prefixes that are no settings of info, but have a
	   meaning all the same. NULL-terminated, or NULL */
	const char *const *others;
	/* They are variables of the environment: in upper case. */
	bool environment;

	/* Unknown names that were logged already. NULL until there is one */
	pool_t pool;
	ARRAY_TYPE(const_string) logged;
};

/* Logs an Error line for each of these names that begins like one of ours and
   is not known, with the nearest known name. Each name is logged once. */
void setting_names_check(struct setting_names *names, struct event *event,
			 const char *const *used);
void setting_names_deinit(struct setting_names *names);

/* The setting of this info whose name is most like that one, or NULL when none
   is near. */
const char *setting_names_nearest(const struct setting_parser_info *info,
				  const char *name);

#endif
