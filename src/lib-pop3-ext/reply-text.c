/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "unichar.h"

#include "pop3-ext-limits.h"
#include "reply-text.h"

#define TRUNCATED_SUFFIX "..."

/* Octets of the character at the beginning of data */
static size_t char_size(const unsigned char *data, size_t size)
{
	unichar_t chr;
	int ret;

	ret = uni_utf8_get_char_n(data, size, &chr);
	return ret <= 0 ? 1 : ret;
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

const char *
reply_text_sanitize_data(const void *_data, size_t size, size_t max_size)
{
	const unsigned char *data = _data;
	string_t *str = t_str_new(I_MIN(size, max_size) + 1);
	bool blank = FALSE;
	size_t n;

	/* what is too long needs no more than one octet too much */
	for (; size > 0 && str_len(str) <= max_size; data += n, size -= n) {
		n = char_size(data, size);
		if (is_blank(*data)) {
			blank = TRUE;
			continue;
		}
		if (blank && str_len(str) > 0)
			str_append_c(str, ' ');
		blank = FALSE;
		str_append_c(str, *data > 0x20 && *data < 0x7f ? *data : '?');
	}
	if (str_len(str) > max_size) {
		n = I_MIN(max_size, strlen(TRUNCATED_SUFFIX));
		str_truncate(str, max_size - n);
		str_append_data(str, TRUNCATED_SUFFIX, n);
	}
	return str_c(str);
}

const char *reply_text_sanitize(const char *text, size_t max_size)
{
	return reply_text_sanitize_data(text, strlen(text), max_size);
}

/* [192.0.2.1] said: no -> (192.0.2.1) said: no */
static const char *hide_brackets(const char *text)
{
	char *copy, *p;

	if (*text != '[')
		return text;
	copy = t_strdup_noconst(text);
	*copy = '(';
	p = strchr(copy, ']');
	if (p != NULL)
		*p = ')';
	return copy;
}

const char *
reply_text(const char *status, const char *code, const char *text)
{
	string_t *line = t_str_new(POP3_EXT_MAX_REPLY_LINE);
	size_t room;

	str_append(line, status);
	str_append_c(line, ' ');
	if (code != NULL)
		str_printfa(line, "[%s] ", code);

	room = POP3_EXT_MAX_REPLY_LINE - strlen("\r\n");
	i_assert(str_len(line) < room / 2);
	text = reply_text_sanitize(text, room - str_len(line));
	if (*text == '\0')
		text = *status == '+' ? "Done." : "Failed.";
	str_append(line, code == NULL ? hide_brackets(text) : text);
	return str_c(line);
}
