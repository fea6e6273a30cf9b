/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "unichar.h"

#include "pop4-args.h"

/* Returns the octets of the character at p, which is not at the end, or 0 when
   it may not be in a word. */
static unsigned int word_char_size(const char *p)
{
	unichar_t chr;
	int size;

	size = uni_utf8_get_char(p, &chr);
	if (size <= 0 || !uni_is_valid_ucs4(chr) ||
	    chr < 0x20 || (chr >= 0x7f && chr < 0xa0))
		return 0;
	return size;
}

static int atom_parse(const char **pos, string_t *word, const char **error_r)
{
	const char *p = *pos;
	unsigned int size;

	while (*p != '\0' && *p != ' ') {
		if (*p == '"' || *p == '\\') {
			*error_r = "quote or backslash in a word "
				"that is not quoted";
			return -1;
		}
		if ((size = word_char_size(p)) == 0) {
			*error_r = "control character, or not UTF-8";
			return -1;
		}
		str_append_data(word, p, size);
		p += size;
	}
	*pos = p;
	return 0;
}

static int quoted_parse(const char **pos, string_t *word, const char **error_r)
{
	const char *p = *pos + 1;
	unsigned int size;

	for (; *p != '"'; p += size) {
		if (*p == '\\' && *++p != '"' && *p != '\\') {
			*error_r = "backslash before something else than "
				"a quote or backslash";
			return -1;
		}
		if (*p == '\0') {
			*error_r = "no quote at the end";
			return -1;
		}
		if ((size = word_char_size(p)) == 0) {
			*error_r = "control character, or not UTF-8";
			return -1;
		}
		str_append_data(word, p, size);
	}
	*pos = p + 1;
	return 0;
}

static int word_parse(const char **pos, const char **word_r,
		      const char **error_r)
{
	string_t *word = t_str_new(64);
	int ret;

	if (**pos == ' ' || **pos == '\0') {
		*error_r = "a blank too many";
		return -1;
	}
	if (**pos == '"')
		ret = quoted_parse(pos, word, error_r);
	else
		ret = atom_parse(pos, word, error_r);
	if (ret < 0)
		return -1;
	if (**pos != '\0' && **pos != ' ') {
		*error_r = "no blank after a quoted word";
		return -1;
	}
	*word_r = str_c(word);
	return 0;
}

int pop4_args_split(const char *args, const char *const **words_r,
		    const char **error_r)
{
	ARRAY_TYPE(const_string) words;
	const char *word;

	t_array_init(&words, 8);
	while (*args != '\0') {
		if (array_count(&words) > 0)
			args++; /* the blank */
		if (word_parse(&args, &word, error_r) < 0)
			return -1;
		array_push_back(&words, &word);
	}
	array_append_zero(&words);
	*words_r = array_front(&words);
	return 0;
}

bool pop4_word_is_valid(const char *text)
{
	unsigned int size;

	for (; *text != '\0'; text += size) {
		if ((size = word_char_size(text)) == 0)
			return FALSE;
	}
	return TRUE;
}

static bool word_is_plain(const char *text)
{
	/* "-" is what stands for nothing, and digits look like a number */
	if (strcmp(text, "-") == 0 || text[strspn(text, "0123456789")] == '\0')
		return FALSE;
	return strpbrk(text, " \"\\") == NULL;
}

void pop4_word_append(string_t *str, const char *text)
{
	bool quote = !word_is_plain(text);
	unsigned int size;

	if (quote)
		str_append_c(str, '"');
	for (; *text != '\0'; text += size) {
		size = word_char_size(text);
		if (size == 0) {
			str_append(str, UNICODE_REPLACEMENT_CHAR_UTF8);
			size = 1;
			continue;
		}
		if (*text == '"' || *text == '\\')
			str_append_c(str, '\\');
		str_append_data(str, text, size);
	}
	if (quote)
		str_append_c(str, '"');
}
