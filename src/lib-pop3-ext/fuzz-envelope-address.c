/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "smtp-address.h"
#include "fuzzer.h"

#include "envelope-address.h"
#include "pop3-ext-limits.h"
#include "xmit-address.h"

static void check(bool ok, const char *what)
{
	if (!ok)
		i_panic("wrong: %s", what);
}

static void check_address(pool_t pool, const char *value)
{
	struct smtp_address *address = NULL, *again = NULL;
	const char *text, *p;

	if (envelope_address_parse(pool, value, "x.example", &address) !=
	    ENVELOPE_ADDRESS_FOUND)
		return;
	/* it is a line of a reply, and what reads it is told the same */
	text = xmit_address_to_text(address);
	for (p = text; *p != '\0'; p++)
		check((unsigned char)*p >= 0x20 && *p != 0x7f, "octet");
	check(*text != '\0', "empty");
	check(envelope_address_is_of(address, address->localpart), "account");
	if (!xmit_address_is_ascii(address))
		return;
	check(envelope_address_parse(pool, text, "y.example", &again) ==
	      ENVELOPE_ADDRESS_FOUND && smtp_address_equals(address, again),
	      "text is not the address");
}

static void check_headers(pool_t pool, const char *value)
{
	const char *const *headers, *error;
	unsigned int count;

	if (envelope_headers_parse(pool, value, &headers, &error) < 0) {
		check(*error != '\0', "error");
		return;
	}
	count = str_array_length(headers);
	check(count > 0 && count <= POP3_EXT_MAX_ENVELOPE_HEADERS, "count");
	for (; *headers != NULL; headers++)
		check(strpbrk(*headers, " ,:\r\n\t") == NULL, "name");
}

FUZZ_BEGIN_DATA(const uint8_t *data, size_t size)
	const char *value = t_strndup(data, size);
	pool_t pool = pool_alloconly_create("fuzz", 1024);

	check_address(pool, value);
	check_headers(pool, value);
	pool_unref(&pool);
FUZZ_END
