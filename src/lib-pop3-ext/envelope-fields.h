#ifndef ENVELOPE_FIELDS_H
#define ENVELOPE_FIELDS_H

#include "envelope-address.h"

/* The address in the topmost field of a header with one of these names, which
   alone counts: when it has none, none is found. names ends with NULL; upper
   and lower case are equal. input is blocking, and at the header's beginning.
   *address_r is set when one was found; it comes from pool (not the data
   stack's). default_domain completes a bare name. Returns 0, or -1 when the
   stream has failed. */
int envelope_fields_read(struct istream *input, const char *const *names,
			 pool_t pool, const char *default_domain,
			 enum envelope_address_type *type_r,
			 struct smtp_address **address_r);

#endif
