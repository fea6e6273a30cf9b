/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "hash.h"

#include "xmit-address.h"
#include "xmit-address-list.h"

void xmit_address_list_init(struct xmit_address_list *list, pool_t pool,
			    bool recipients)
{
	i_zero(list);
	list->pool = pool;
	p_array_init(&list->addresses, pool, 4);
	if (recipients) {
		hash_table_create(&list->known, default_pool, 0,
				  str_hash, strcmp);
	}
}

void xmit_address_list_deinit(struct xmit_address_list *list)
{
	hash_table_destroy(&list->known);
}

/* The local part is its owner's affair, domains are alike in any case. */
static bool
list_knows(struct xmit_address_list *list, struct smtp_address *address)
{
	const char *key;

	key = t_strconcat(t_str_lcase(address->domain), "@",
			  address->localpart, NULL);
	if (hash_table_lookup(list->known, key) != NULL)
		return TRUE;
	hash_table_insert(list->known, p_strdup(list->pool, key), address);
	return FALSE;
}

static void
list_add(struct xmit_address_list *list, const char *name,
	 struct smtp_address *address, unsigned int max)
{
	const struct smtp_address *const_address = address;
	bool known = FALSE;

	if (hash_table_is_created(list->known)) T_BEGIN {
		known = list_knows(list, address);
	} T_END;
	if (known)
		return;
	if (array_count(&list->addresses) < max)
		array_push_back(&list->addresses, &const_address);
	else if (hash_table_is_created(list->known)) {
		list->error = p_strdup_printf(list->pool,
			"Too many recipients (limit %u)", max);
	} else {
		list->error = p_strdup_printf(list->pool,
			"Too many addresses in %s (limit %u)", name, max);
	}
}

void xmit_address_list_parse(struct xmit_address_list *list, const char *name,
			     const void *value, size_t size,
			     const char *default_domain, unsigned int max)
{
	struct xmit_address_parser parser;
	struct smtp_address *address;
	const char *error;
	int ret = 1;

	list->fields++;
	xmit_address_parser_init(&parser, value, size, default_domain);
	while (list->error == NULL &&
	       (ret = xmit_address_parser_next(&parser, list->pool, &address,
					       &error)) > 0)
		list_add(list, name, address, max);
	if (ret < 0) {
		list->error = p_strdup_printf(list->pool,
			"Bad address in %s: %s", name, error);
	}
}

const struct smtp_address *
xmit_address_list_find_utf8(const struct xmit_address_list *list)
{
	const struct smtp_address *const *address;

	array_foreach(&list->addresses, address) {
		if (!xmit_address_is_ascii(*address))
			return *address;
	}
	return NULL;
}
