/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"

#include "pop3-ext-limits.h"
#include "reply-text.h"

static void reply_text_append_char(string_t *str, unsigned char c)
{
	if (c >= 0x21 && c <= 0x7e)
		str_append_c(str, c);
	else if (c <= ' ') {
		/* line ends, tabs, runs of blanks */
		if (str_data(str)[str_len(str) - 1] != ' ')
			str_append_c(str, ' ');
	} else
		str_append_c(str, '?');
}

const char *reply_text(const char *status, const char *code, const char *text)
{
	string_t *str = t_str_new(128);
	size_t start;

	str_append(str, status);
	if (code != NULL)
		str_printfa(str, " [%s]", code);
	str_append_c(str, ' ');
	start = str_len(str);

	while (*text != '\0' && (unsigned char)*text <= ' ')
		text++;
	if (code == NULL && *text == '[') {
		/* nobody else's response code */
		str_append_c(str, '"');
	}
	for (; *text != '\0' && str_len(str) < POP3_EXT_MAX_REPLY_LINE - 2; text++)
		reply_text_append_char(str, *text);
	while (str_len(str) > start && str_data(str)[str_len(str) - 1] == ' ')
		str_truncate(str, str_len(str) - 1);
	if (str_len(str) == start)
		str_append(str, strcmp(status, "+OK") == 0 ? "Done" : "Failed");
	return str_c(str);
}
