#ifndef STR_PARSE_COMPAT_H
#define STR_PARSE_COMPAT_H

/* str_parse_get_size(): before 2.4 it had another name and header. */

#include "dovecot-compat.h"

#ifdef HOST_2_4
#  include "str-parse.h"
#else
#  include "settings-parser.h"
#  define str_parse_get_size(str, bytes_r, error_r) \
	settings_get_size(str, bytes_r, error_r)
#endif

#endif
