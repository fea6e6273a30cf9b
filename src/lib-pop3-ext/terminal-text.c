/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "unichar.h"

#include "terminal-text.h"

static bool is_control(unichar_t chr)
{
	return chr < 0x20 || (chr >= 0x7f && chr <= 0x9f) ||
		/* turns the order of what follows around */
		(chr >= 0x202a && chr <= 0x202e) ||
		(chr >= 0x2066 && chr <= 0x2069);
}

static void add_char(const unsigned char *data, size_t size, buffer_t *out)
{
	unichar_t chr;

	if (*data == '\r')
		return;
	if (*data == '\n' || *data == '\t' ||
	    (uni_utf8_get_char_n(data, size, &chr) == (int)size &&
	     uni_is_valid_ucs4(chr) && !is_control(chr)))
		buffer_append(out, data, size);
	else
		buffer_append_c(out, '?');
}

/* The host's function takes a NUL for the end of the data. */
static bool is_partial(const unsigned char *data, size_t size)
{
	return size < sizeof(((struct terminal_text *)NULL)->partial) &&
		memchr(data, '\0', size) == NULL;
}

/* Takes characters from data. Returns how many octets; the rest is the
   beginning of a character. */
static size_t add_chars(const unsigned char *data, size_t size, buffer_t *out)
{
	size_t pos = 0;
	unichar_t chr;
	int ret;

	while (pos < size) {
		ret = uni_utf8_get_char_n(data + pos, size - pos, &chr);
		if (ret == 0 && is_partial(data + pos, size - pos))
			break;
		if (ret <= 0)
			ret = 1;
		add_char(data + pos, ret, out);
		pos += ret;
	}
	return pos;
}

void terminal_text_add(struct terminal_text *text, const void *_data,
		       size_t size, buffer_t *out)
{
	const unsigned char *data = _data;
	size_t used;

	while (text->partial_size > 0 && size > 0) {
		text->partial[text->partial_size++] = *data++;
		size--;
		used = add_chars(text->partial, text->partial_size, out);
		text->partial_size -= used;
		memmove(text->partial, text->partial + used,
			text->partial_size);
		i_assert(text->partial_size < sizeof(text->partial));
	}
	used = add_chars(data, size, out);
	if (used < size) {
		text->partial_size = size - used;
		i_assert(text->partial_size < sizeof(text->partial));
		memcpy(text->partial, data + used, text->partial_size);
	}
}

void terminal_text_end(struct terminal_text *text, buffer_t *out)
{
	for (; text->partial_size > 0; text->partial_size--)
		buffer_append_c(out, '?');
}

const char *terminal_text_line(const char *text)
{
	struct terminal_text state = { .partial_size = 0 };
	string_t *out = t_str_new(strlen(text) + 1);

	terminal_text_add(&state, text, strlen(text), out);
	terminal_text_end(&state, out);
	return t_str_replace(t_str_replace(str_c(out), '\n', ' '), '\t', ' ');
}
