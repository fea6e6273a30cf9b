/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"

#include "pop3-args.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

const char *pop3_args_next(const char **args)
{
	const char *word = skip_blanks(*args), *p;

	for (p = word; *p != '\0' && !is_blank(*p); p++) ;
	*args = skip_blanks(p);
	return t_strdup_until(word, p);
}

const char *const *pop3_args_split(const char *args)
{
	ARRAY_TYPE(const_string) words;
	const char *word;

	t_array_init(&words, 8);
	while (*(word = pop3_args_next(&args)) != '\0')
		array_push_back(&words, &word);
	array_append_zero(&words);
	return array_front(&words);
}
