#ifndef MESSAGE_HEADER_COMPAT_H
#define MESSAGE_HEADER_COMPAT_H

/* Instead of message-header-parser.h. */

#include "message-header-parser.h"
#include "dovecot-compat.h"

/* 2.3.16: RFC 5322's ftext */
#ifndef HOST_HEADER_NAME_IS_VALID
static inline bool message_header_name_is_valid(const char *name)
{
	for (; *name != '\0'; name++) {
		if (*name < 33 || *name > 126 || *name == ':')
			return FALSE;
	}
	return TRUE;
}
#endif

#endif
