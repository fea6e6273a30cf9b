/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"

#include "pop3-args.h"
#include "pop3-ext-limits.h"
#include "reply-text.h"

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

bool pop3_args_match(const char *line, const char *name, const char **args_r)
{
	const char *word;

	while (*(word = pop3_args_next(&name)) != '\0') {
		if (strcasecmp(pop3_args_next(&line), word) != 0)
			return FALSE;
	}
	*args_r = line;
	return TRUE;
}

int pop3_args_get_number(const char *word, uoff_t max, uoff_t *number_r)
{
	uoff_t number = 0;
	unsigned int digit;

	if (*word == '\0')
		return -1;
	for (; *word != '\0'; word++) {
		if (*word < '0' || *word > '9')
			return -1;
		digit = *word - '0';
		if (number > max / 10 || digit > max - number * 10)
			return -1;
		number = number * 10 + digit;
	}
	*number_r = number;
	return 0;
}

int pop3_args_get_msgnum(const char *word, unsigned int count,
			 unsigned int *msgnum_r, const char **error_r)
{
	uoff_t number;
	const char *p;

	for (p = word; *p >= '0' && *p <= '9'; p++) ;
	if (*p != '\0' || p == word) {
		*error_r = t_strdup_printf("Not a message number: %s",
			reply_text_sanitize(word, POP3_EXT_MAX_QUOTED_TEXT));
		return -1;
	}
	if (pop3_args_get_number(word, count, &number) < 0 || number == 0) {
		*error_r = t_strdup_printf("There's no message %s.",
			reply_text_sanitize(word, POP3_EXT_MAX_QUOTED_TEXT));
		return -1;
	}
	*msgnum_r = number;
	return 0;
}
