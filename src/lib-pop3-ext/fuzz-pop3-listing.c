/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "fuzzer.h"

#include "pop3-ext-limits.h"
#include "pop3-listing.h"

static void check(bool ok, const char *what)
{
	if (!ok)
		i_panic("wrong: %s", what);
}

static void check_text(const char *text, size_t max)
{
	size_t i, len = strlen(text);

	check(len > 0 && len <= max, "length");
	for (i = 0; i < len; i++)
		check((unsigned char)text[i] >= 0x20 && text[i] != 0x7f, "octet");
}

FUZZ_BEGIN_STR(const char *str)
	const char *uidl, *error = NULL;
	unsigned int num;
	uoff_t size;

	if (pop3_listing_uidl(t_strdup_noconst(str), &num, &uidl, &error) < 0)
		check_text(error, 4 * POP3_EXT_MAX_QUOTED_TEXT);
	else {
		check_text(uidl, POP3_EXT_MAX_UIDL);
		check(strchr(uidl, ' ') == NULL, "space");
		check(num > 0, "number");
	}
	if (pop3_listing_size(str, &num, &size, &error) < 0)
		check_text(error, 4 * POP3_EXT_MAX_QUOTED_TEXT);
	else
		check(num > 0, "number");
FUZZ_END
