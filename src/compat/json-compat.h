#ifndef JSON_COMPAT_H
#define JSON_COMPAT_H

/* json_append_escaped(): its header was another one before 2.4. */

#include "dovecot-compat.h"

#ifdef HOST_2_4
#  include "json-generator.h"
#else
#  include "json-parser.h"
#endif

#endif
