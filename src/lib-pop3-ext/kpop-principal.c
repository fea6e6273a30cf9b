/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"

#include "kpop-principal.h"

/* The first of the characters that has no backslash before it, or the end */
static const char *find_unescaped(const char *p, const char *chars)
{
	for (; *p != '\0' && strchr(chars, *p) == NULL; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
	}
	return p;
}

const char *kpop_principal_get_realm(const char *principal)
{
	const char *p = find_unescaped(principal, "@");

	return *p == '\0' ? p : p + 1;
}

const char *kpop_principal_get_service(const char *principal)
{
	return t_strdup_until(principal, find_unescaped(principal, "/@"));
}

bool kpop_list_has(const char *list, const char *word)
{
	return str_array_find(t_strsplit_spaces(list, ", "), word);
}
