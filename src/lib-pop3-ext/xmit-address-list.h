#ifndef XMIT_ADDRESS_LIST_H
#define XMIT_ADDRESS_LIST_H

#include "hash-decl.h"
#include "smtp-address.h"

/* The addresses of some fields of a header. An error is kept until it is known
   whether these fields count. */
struct xmit_address_list {
	pool_t pool;
	ARRAY_TYPE(smtp_address_const) addresses;
	/* a sentence for the client; after it nothing more is read */
	const char *error;
	/* how many fields there were */
	unsigned int fields;

	/* of recipients: those that are there */
	HASH_TABLE(char *, struct smtp_address *) known;
};

/* recipients: each address is listed only once. */
void xmit_address_list_init(struct xmit_address_list *list, pool_t pool,
			    bool recipients);
void xmit_address_list_deinit(struct xmit_address_list *list);

/* Add the addresses of a field with this name and value, up to max addresses
   in all. */
void xmit_address_list_parse(struct xmit_address_list *list, const char *name,
			     const void *value, size_t size,
			     const char *default_domain, unsigned int max);

/* The first address that is not ASCII, or NULL */
const struct smtp_address *
xmit_address_list_find_utf8(const struct xmit_address_list *list);

#endif
