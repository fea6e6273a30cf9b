/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"

#include "reply-text.h"
#include "pop3-ext-limits.h"
#include "xmit-address.h"
#include "xmit-header.h"

int xmit_from_policy_parse(const char *name, enum xmit_from_policy *policy_r)
{
	if (strcmp(name, "own") == 0)
		*policy_r = XMIT_FROM_OWN;
	else if (strcmp(name, "sender") == 0)
		*policy_r = XMIT_FROM_SENDER;
	else if (strcmp(name, "any") == 0)
		*policy_r = XMIT_FROM_ANY;
	else
		return -1;
	return 0;
}

static bool
is_own(const struct smtp_address *address, const char *const *own_addresses)
{
	bool own;

	T_BEGIN {
		own = str_array_icase_find(own_addresses,
					   xmit_address_to_text(address));
	} T_END;
	return own;
}

/* Returns NULL if all are own addresses, or the first that isn't. */
static const struct smtp_address *
find_foreign(const ARRAY_TYPE(smtp_address_const) *addresses,
	     const char *const *own_addresses)
{
	const struct smtp_address *const *address;

	array_foreach(addresses, address) {
		if (!is_own(*address, own_addresses))
			return *address;
	}
	return NULL;
}

static bool
check_own(const char *field,
	  const ARRAY_TYPE(smtp_address_const) *addresses,
	  const char *const *own_addresses, const char **error_r)
{
	const struct smtp_address *foreign;

	foreign = find_foreign(addresses, own_addresses);
	if (foreign != NULL) {
		*error_r = t_strdup_printf(
			"%s address %s is not one of yours", field,
			reply_text_sanitize(xmit_address_to_text(foreign),
					    POP3_EXT_MAX_QUOTED_TEXT));
		return FALSE;
	}
	if (array_count(addresses) == 0) {
		*error_r = t_strdup_printf("%s has no address of yours", field);
		return FALSE;
	}
	return TRUE;
}

/* Who sent it is plain to see: From is one person, and the right one. */
static bool
from_is_sender(const struct xmit_header *header, bool has_from,
	       const char *const *own_addresses)
{
	if (!has_from) {
		/* it will be added */
		return TRUE;
	}
	return array_count(&header->from) == 1 &&
		find_foreign(&header->from, own_addresses) == NULL;
}

bool xmit_from_allowed(const struct xmit_header *header,
		       const char *const *own_addresses,
		       enum xmit_from_policy policy, bool *set_sender_r,
		       const char **error_r)
{
	bool has_from = header->resent ?
		header->has_resent_from : header->has_from;
	bool has_sender = header->resent ?
		header->has_resent_sender : header->has_sender;
	bool foreign_sender = has_sender &&
		(header->sender == NULL ||
		 !is_own(header->sender, own_addresses));

	*set_sender_r = FALSE;
	switch (policy) {
	case XMIT_FROM_OWN:
		if (header->has_from &&
		    !check_own("From", &header->original_from, own_addresses,
			       error_r))
			return FALSE;
		if (header->has_resent_from &&
		    !check_own("Resent-From", &header->from, own_addresses,
			       error_r))
			return FALSE;
		*set_sender_r = foreign_sender;
		break;
	case XMIT_FROM_SENDER:
		*set_sender_r = foreign_sender ||
			!from_is_sender(header, has_from, own_addresses);
		break;
	case XMIT_FROM_ANY:
		break;
	}
	return TRUE;
}
