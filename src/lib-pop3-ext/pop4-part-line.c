/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* A line of LPRT (doc/spec/pop4.txt):

     part SP type SP octets SP encoding SP charset SP disposition
     SP filename SP content-id SP lines SP depth

   Where a file's name is: as RFC 2231 says, with a character set or without,
   or as most programs do it, with the encoded words of RFC 2047; in
   Content-Disposition, or where it was before that was invented. */

#include "lib.h"
#include "hex-dec.h"
#include "str.h"
#include "unichar.h"
#include "charset-utf8.h"
#include "message-header-decode.h"
#include "message-part-data.h"

#include "pop3-ext-limits.h"
#include "pop4-args.h"
#include "pop4-part-line.h"

#include <ctype.h>

#define ABSENT "-"

static const char *
param_find(const struct message_part_param *params, unsigned int count,
	   const char *name)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (strcasecmp(params[i].name, name) == 0)
			return params[i].value;
	}
	return NULL;
}

static const char *content_type_param(const struct message_part_data *data,
				      const char *name)
{
	return param_find(data->content_type_params,
			  data->content_type_params_count, name);
}

static const char *disposition_param(const struct message_part_data *data,
				     const char *name)
{
	return param_find(data->content_disposition_params,
			  data->content_disposition_params_count, name);
}

/* Octets that may be text: without NULs and broken characters */
static const char *text_clean(string_t *text)
{
	string_t *valid = t_str_new(64);
	char *data = str_c_modifiable(text);
	size_t i;

	for (i = 0; i < str_len(text); i++) {
		if (data[i] == '\0')
			data[i] = '\x7f';
	}
	return uni_utf8_get_valid_data(str_data(text), str_len(text), valid) ?
		data : str_c(valid);
}

static void percent_decode(string_t *dest, const char *src)
{
	for (; *src != '\0'; src++) {
		if (*src == '%' && i_isxdigit(src[1]) && i_isxdigit(src[2])) {
			str_append_c(dest, hex2dec((const void *)(src + 1), 2));
			src += 2;
		} else {
			str_append_c(dest, *src);
		}
	}
}

static string_t *charset_decode(const char *charset, string_t *text)
{
	struct charset_translation *translation;
	string_t *utf8;
	size_t size = str_len(text);

	if (*charset == '\0' ||
	    charset_to_utf8_begin(charset, NULL, &translation) < 0)
		return text;
	utf8 = t_str_new(size);
	(void)charset_to_utf8(translation, str_data(text), &size, utf8);
	charset_to_utf8_end(&translation);
	return utf8;
}

/* RFC 2231: charset'language'percent-encoded */
static const char *extended_value_decode(const char *value)
{
	string_t *text = t_str_new(64);
	const char *charset = "", *p, *p2;

	p = strchr(value, '\'');
	p2 = p == NULL ? NULL : strchr(p + 1, '\'');
	if (p2 != NULL) {
		charset = t_strdup_until(value, p);
		value = p2 + 1;
	}
	percent_decode(text, value);
	return text_clean(charset_decode(charset, text));
}

static const char *value_decode(const char *value)
{
	string_t *text = t_str_new(64);

	message_header_decode_utf8((const void *)value, strlen(value),
				   text, NULL);
	return text_clean(text);
}

const char *pop4_part_filename(const struct message_part *part)
{
	const struct message_part_data *data = part->data;
	const char *value;

	if ((value = disposition_param(data, "filename*")) != NULL)
		return extended_value_decode(value);
	if ((value = disposition_param(data, "filename")) != NULL)
		return value_decode(value);
	if ((value = content_type_param(data, "name*")) != NULL)
		return extended_value_decode(value);
	if ((value = content_type_param(data, "name")) != NULL)
		return value_decode(value);
	return NULL;
}

static void field_append(string_t *str, const char *text)
{
	size_t size;

	str_append_c(str, ' ');
	if (text == NULL || *text == '\0') {
		str_append(str, ABSENT);
		return;
	}
	size = strlen(text);
	if (size > POP4_MAX_PART_FIELD) {
		size = uni_utf8_data_truncate((const void *)text, size,
					      POP4_MAX_PART_FIELD);
		text = t_strndup(text, size);
	}
	pop4_word_append(str, text);
}

static void token_append(string_t *str, const char *token)
{
	field_append(str, token == NULL ? NULL : t_str_lcase(token));
}

static void
number_append(string_t *str, const struct message_part *part, bool known)
{
	if (known)
		str_printfa(str, " %u", part->body_size.lines);
	else
		str_append(str, " "ABSENT);
}

static const char *part_type(const struct message_part *part)
{
	const struct message_part_data *data = part->data;

	if (data->content_type == NULL)
		return "text/plain";
	return t_strconcat(data->content_type, "/", data->content_subtype,
			   NULL);
}

static const char *part_encoding(const struct message_part *part)
{
	if ((part->flags & MESSAGE_PART_FLAG_MULTIPART) != 0)
		return NULL;
	if (part->data->content_transfer_encoding == NULL)
		return "7bit";
	return part->data->content_transfer_encoding;
}

static const char *part_charset(const struct message_part *part)
{
	const char *charset = content_type_param(part->data, "charset");

	if (charset == NULL && (part->flags & MESSAGE_PART_FLAG_TEXT) != 0)
		return MESSAGE_PART_DEFAULT_CHARSET;
	return charset;
}

void pop4_part_line_append(string_t *str, const struct message_part *part,
			   const char *number, unsigned int depth)
{
	str_append(str, number);
	token_append(str, part_type(part));
	str_printfa(str, " %"PRIuUOFF_T, part->body_size.virtual_size);
	token_append(str, part_encoding(part));
	token_append(str, part_charset(part));
	token_append(str, part->data->content_disposition);
	field_append(str, pop4_part_filename(part));
	field_append(str, part->data->content_id);
	number_append(str, part, (part->flags & MESSAGE_PART_FLAG_TEXT) != 0);
	str_printfa(str, " %u", depth);
}
