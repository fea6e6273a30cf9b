#ifndef DOVECOT_COMPAT_H
#define DOVECOT_COMPAT_H

/* Names and signatures of the newest supported Dovecot for older ones, so that
   no other file has to know which host it is built for. doc/PORTING.md
   says which were tried. Include after "lib.h". */

#include "host-config.h"

/* 2.3: str_begins() tests, 2.4: it also returns what follows, and the test
   alone is str_begins_with(). */
#ifndef HOST_2_4
#  define str_begins_with(haystack, needle) str_begins(haystack, needle)
#  define str_begins_icase_with(haystack, needle) \
	(strncasecmp((haystack), (needle), strlen(needle)) == 0)
#endif

/* 2.3.16, 2.3.17: events have no reasons. */
#ifndef HOST_EVENT_REASON
struct event_reason;
#  define event_reason_code_prefix(module, name_prefix, name) NULL
#  define event_reason_begin(reason_code) (reason_code)
#  define event_reason_end(reason) (void)(reason)
#endif

/* 2.4.0: an event has one filter. */
#ifndef HOST_EVENT_FILTER_NAME
#  define settings_event_add_filter_name(event, name) \
	event_set_ptr(event, SETTINGS_EVENT_FILTER_NAME, \
		      p_strdup(event_get_pool(event), name))
#endif

/* 2.3: what array_bsearch() finds may be changed. */
#ifndef HOST_2_4
#  define array_bsearch_modifiable(array, key, cmp) \
	array_bsearch(array, key, cmp)
#endif

#endif
