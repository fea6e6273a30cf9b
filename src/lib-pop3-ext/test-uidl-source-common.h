#ifndef TEST_UIDL_SOURCE_COMMON_H
#define TEST_UIDL_SOURCE_COMMON_H

#include "uidl-source.h"

/* What a source finds: a line for each record,
     UIDL file=NAME guid=HEX id=<ID> uid=UID/UIDVALIDITY size=SIZE order=ORDER
   with what is known only, and at the end its error. */
const char *test_uidl_source_data(const struct uidl_source *source,
				  const void *data, size_t size);
const char *test_uidl_source(const struct uidl_source *source,
			     const char *text);

#endif
