/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "strnum.h"

#include "pop3-ext-limits.h"
#include "pop3-listing.h"
#include "reply-text.h"

static int bad_line(const char *command, const char *line, const char **error_r)
{
	*error_r = t_strdup_printf("%s has the line \"%s\"", command,
		reply_text_sanitize(line, POP3_EXT_MAX_QUOTED_TEXT));
	return -1;
}

/* Message number and the space after it. */
static int parse_number(const char *line, unsigned int *num_r,
			const char **value_r)
{
	if (str_parse_uint(line, num_r, value_r) < 0 || *num_r == 0 ||
	    **value_r != ' ')
		return -1;
	*value_r += strspn(*value_r, " ");
	return 0;
}

int pop3_listing_uidl(char *line, unsigned int *num_r, const char **uidl_r,
		      const char **error_r)
{
	size_t i, len = strlen(line);

	/* some servers have a space at the end */
	while (len > 0 && line[len - 1] == ' ')
		line[--len] = '\0';
	if (parse_number(line, num_r, uidl_r) < 0)
		return bad_line("UIDL", line, error_r);
	len = strlen(*uidl_r);
	for (i = 0; i < len; i++) {
		if ((*uidl_r)[i] < 0x21 || (*uidl_r)[i] > 0x7e)
			return bad_line("UIDL", line, error_r);
	}
	return len > 0 && len <= POP3_EXT_MAX_UIDL ? 0 :
		bad_line("UIDL", line, error_r);
}

int pop3_listing_size(const char *line, unsigned int *num_r, uoff_t *size_r,
		      const char **error_r)
{
	const char *value;

	if (parse_number(line, num_r, &value) < 0 ||
	    str_parse_uoff(value, size_r, &value) < 0 ||
	    (*value != '\0' && *value != ' '))
		return bad_line("LIST", line, error_r);
	return 0;
}
