#ifndef ENVELOPE_ADDRESS_H
#define ENVELOPE_ADDRESS_H

/* The envelope of a message as its delivery has noted it in the header. */

struct smtp_address;

enum envelope_address_type {
	/* there is none, or what is there is not an address */
	ENVELOPE_ADDRESS_NONE = 0,
	/* "<>", the sender of reports */
	ENVELOPE_ADDRESS_NULL,
	ENVELOPE_ADDRESS_FOUND,
};

/* The address in the value of a field such as Return-Path or Delivered-To, with
   or without angle brackets; the first one if there are more. default_domain
   completes a bare name. *address_r is set when one was found; it comes from
   pool (not the data stack's). */
enum envelope_address_type
envelope_address_parse(pool_t pool, const char *value,
		       const char *default_domain,
		       struct smtp_address **address_r);

/* Is this the mailbox name of the address? Upper and lower case are equal. */
bool envelope_address_is_of(const struct smtp_address *address,
			    const char *account);

/* The names of header fields in a setting's value, separated by blanks or
   commas. Returns -1 with a sentence, to be put behind the setting's name, when
   there is none, there are too many, or one can't be a field's name. */
int envelope_headers_parse(pool_t pool, const char *value,
			   const char *const **headers_r,
			   const char **error_r);

#endif
