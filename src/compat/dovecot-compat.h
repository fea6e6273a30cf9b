#ifndef DOVECOT_COMPAT_H
#define DOVECOT_COMPAT_H

/* Names and signatures of the newest supported Dovecot for older ones, so that
   no other file has to know which host it is built for. Oldest: 2.3.16,
   newest tried: see doc/PORTING.md. Include after "lib.h". */

#include "host-config.h"

/* 2.3: str_begins() tests, 2.4: it also returns what follows, and the test
   alone is str_begins_with(). */
#ifndef HOST_2_4
#  define str_begins_with(haystack, needle) str_begins(haystack, needle)
#  define str_begins_icase_with(haystack, needle) \
	(strncasecmp((haystack), (needle), strlen(needle)) == 0)
#endif

/* 2.3: what array_bsearch() finds may be changed. */
#ifndef HOST_2_4
#  define array_bsearch_modifiable(array, key, cmp) \
	array_bsearch(array, key, cmp)
#endif

#endif
