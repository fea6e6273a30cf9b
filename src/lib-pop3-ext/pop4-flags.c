/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "str.h"

#include "pop3-ext-limits.h"
#include "pop4-errors.h"
#include "pop4-flags.h"

#define FORWARDED_NAME "FORWARDED"
#define FORWARDED_KEYWORD "$Forwarded"

/* in the order in which they are shown */
static const struct flag_name {
	const char *name;
	enum mail_flags flag;
} flag_names[] = {
	{ "SEEN", MAIL_SEEN },
	{ "ANSWERED", MAIL_ANSWERED },
	{ "FLAGGED", MAIL_FLAGGED },
	{ "DRAFT", MAIL_DRAFT },
}, readonly_names[] = {
	{ "RECENT", MAIL_RECENT },
	{ "DELETED", MAIL_DELETED },
};

static const struct flag_name *
flag_name_find(const struct flag_name *names, unsigned int count,
	       const char *name)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (strcasecmp(names[i].name, name) == 0)
			return &names[i];
	}
	return NULL;
}
#define FLAG_NAME_FIND(names, name) \
	flag_name_find(names, N_ELEMENTS(names), name)

static bool keyword_has_valid_chars(const char *keyword)
{
	const char *p;

	for (p = keyword; *p != '\0'; p++) {
		if (*p <= ' ' || *p >= 0x7f ||
		    strchr("(){%*\"\\],", *p) != NULL)
			return FALSE;
	}
	return p != keyword;
}

bool pop4_flags_have_keyword(const char *keyword)
{
	return keyword_has_valid_chars(keyword) &&
		strcmp(keyword, "-") != 0 &&
		strcasecmp(keyword, FORWARDED_NAME) != 0 &&
		FLAG_NAME_FIND(flag_names, keyword) == NULL &&
		FLAG_NAME_FIND(readonly_names, keyword) == NULL;
}

static int
flags_add(pool_t pool, struct pop4_flags *flags,
	  ARRAY_TYPE(const_string) *keywords, const char *name,
	  const char **error_r)
{
	const struct flag_name *known;

	if ((known = FLAG_NAME_FIND(flag_names, name)) != NULL) {
		flags->flags |= known->flag;
		return 0;
	}
	if ((known = FLAG_NAME_FIND(readonly_names, name)) != NULL) {
		*error_r = t_strdup_printf(POP4_BAD_FLAG
					   ": %s can't be changed",
					   known->name);
		return -1;
	}
	if (strcasecmp(name, FORWARDED_NAME) == 0)
		name = FORWARDED_KEYWORD;
	if (!pop4_flags_have_keyword(name)) {
		*error_r = t_strdup_printf(POP4_BAD_FLAG": \"%s\"", name);
		return -1;
	}
	if (array_lsearch(keywords, &name, i_strcasecmp_p) == NULL) {
		name = p_strdup(pool, name);
		array_push_back(keywords, &name);
	}
	return 0;
}

int pop4_flags_parse(pool_t pool, const char *text, struct pop4_flags *flags_r,
		     const char **error_r)
{
	ARRAY_TYPE(const_string) keywords;
	const char *const *names;

	i_zero(flags_r);
	p_array_init(&keywords, pool, 4);
	if (strcmp(text, "-") != 0) {
		names = t_strsplit(text, ",");
		if (*names == NULL) {
			*error_r = POP4_BAD_FLAG": \"\"";
			return -1;
		}
		if (str_array_length(names) > POP4_MAX_FLAGS) {
			*error_r = POP4_BAD_FLAG": too many of them";
			return -1;
		}
		for (; *names != NULL; names++) {
			if (flags_add(pool, flags_r, &keywords, *names,
				      error_r) < 0)
				return -1;
		}
	}
	array_append_zero(&keywords);
	flags_r->keywords = array_front(&keywords);
	return 0;
}

static void
flags_append_names(string_t *dest, const struct flag_name *names,
		   unsigned int count, enum mail_flags flags)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if ((flags & names[i].flag) != 0) {
			str_append(dest, names[i].name);
			str_append_c(dest, ',');
		}
	}
}

void pop4_flags_append(string_t *dest, enum mail_flags flags,
		       const char *const *keywords)
{
	size_t start = str_len(dest);

	flags_append_names(dest, flag_names, N_ELEMENTS(flag_names), flags);
	for (; keywords != NULL && *keywords != NULL; keywords++) {
		if (!pop4_flags_have_keyword(*keywords))
			continue;
		str_append(dest, strcasecmp(*keywords, FORWARDED_KEYWORD) == 0 ?
			   FORWARDED_NAME : *keywords);
		str_append_c(dest, ',');
	}
	flags_append_names(dest, readonly_names, N_ELEMENTS(readonly_names),
			   flags);
	if (str_len(dest) == start)
		str_append_c(dest, '-');
	else
		str_truncate(dest, str_len(dest) - 1);
}
