/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Fields of a line are separated by single blanks. A field is an atom, or
   quoted like "a \"b\" \\"; "-" alone stands for what is not there. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "unichar.h"

#include "pop3-ext-limits.h"
#include "pop4-args.h"
#include "pop4-reply.h"
#include "reply-text.h"

#include <ctype.h>

/* Neither control characters of ASCII nor those that follow it in Unicode, nor
   broken UTF-8 */
static bool is_safe(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	for (; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f ||
		    (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f))
			return FALSE;
	}
	return uni_utf8_str_is_valid(text);
}

static int next_quoted(const char **line, const char **field_r)
{
	string_t *str = t_str_new(64);
	const char *p;

	for (p = *line + 1; *p != '"'; p++) {
		if (*p == '\\')
			p++;
		if (*p == '\0')
			return -1;
		str_append_c(str, *p);
	}
	*field_r = str_c(str);
	*line = p + 1;
	return 0;
}

/* The next field, and *line moves behind the blank after it. "-" gives NULL. */
static int next_field(const char **line, const char **field_r)
{
	size_t len;

	if (**line == '"') {
		if (next_quoted(line, field_r) < 0)
			return -1;
	} else {
		len = strcspn(*line, " \"");
		if (len == 0)
			return -1;
		*field_r = t_strndup(*line, len);
		*line += len;
		if (strcmp(*field_r, "-") == 0)
			*field_r = NULL;
	}
	if (**line == ' ')
		(*line)++;
	else if (**line != '\0')
		return -1;
	return 0;
}

static int next_text(const char **line, const char **text_r)
{
	return next_field(line, text_r) < 0 || *text_r == NULL ? -1 : 0;
}

static int next_number(const char **line, uint64_t *number_r)
{
	const char *field;

	if (next_field(line, &field) < 0)
		return -1;
	if (field == NULL) {
		*number_r = POP4_UNKNOWN;
		return 0;
	}
	return str_to_uint64(field, number_r) < 0 ||
		*number_r == POP4_UNKNOWN ? -1 : 0;
}

static int next_msg(const char **line, uint32_t *msg_r)
{
	const char *field;

	return next_text(line, &field) < 0 ||
		str_to_uint32(field, msg_r) < 0 || *msg_r == 0 ? -1 : 0;
}

static int next_words(const char **line, const char *const **words_r)
{
	static const char *const none[] = { NULL };
	const char *field;

	*words_r = none;
	if (next_field(line, &field) < 0)
		return -1;
	if (field == NULL)
		return 0;
	*words_r = t_strsplit(field, ",");
	return str_array_length(*words_r) > POP4_CLIENT_MAX_WORDS ||
		str_array_find(*words_r, "") ? -1 : 0;
}

int pop4_parse_folder(const char *line, struct pop4_folder_line *folder_r)
{
	i_zero(folder_r);
	return !is_safe(line) ||
		next_text(&line, &folder_r->name) < 0 ||
		*folder_r->name == '\0' ||
		next_number(&line, &folder_r->messages) < 0 ||
		next_number(&line, &folder_r->unseen) < 0 ||
		next_number(&line, &folder_r->octets) < 0 ||
		next_words(&line, &folder_r->attributes) < 0 ? -1 : 0;
}

static void message_init(struct pop4_message_line *msg)
{
	i_zero(msg);
	msg->octets = POP4_UNKNOWN;
}

int pop4_parse_message(const char *line, struct pop4_message_line *msg_r)
{
	message_init(msg_r);
	return !is_safe(line) || next_msg(&line, &msg_r->number) < 0 ||
		next_number(&line, &msg_r->octets) < 0 ||
		next_field(&line, &msg_r->uid) < 0 ||
		next_words(&line, &msg_r->flags) < 0 ? -1 : 0;
}

int pop4_parse_flags(const char *line, struct pop4_message_line *msg_r)
{
	message_init(msg_r);
	return !is_safe(line) || next_msg(&line, &msg_r->number) < 0 ||
		next_words(&line, &msg_r->flags) < 0 ? -1 : 0;
}

int pop4_parse_list(const char *line, struct pop4_message_line *msg_r)
{
	message_init(msg_r);
	return !is_safe(line) || next_msg(&line, &msg_r->number) < 0 ||
		next_number(&line, &msg_r->octets) < 0 ? -1 : 0;
}

/* RFC 1939: the rest of the line, 1 to 70 characters, which may be quotes. Old
   servers have longer ones. */
int pop4_parse_uidl(const char *line, struct pop4_message_line *msg_r)
{
	message_init(msg_r);
	if (!is_safe(line) || next_msg(&line, &msg_r->number) < 0 ||
	    *line == '\0')
		return -1;
	msg_r->uid = t_strcut(line, ' ');
	return *msg_r->uid == '\0' ? -1 : 0;
}

static bool is_part_number(const char *part)
{
	const char *p = part;

	while (i_isdigit(*p)) {
		p += strspn(p, "0123456789");
		if (*p == '\0')
			return TRUE;
		if (*p++ != '.')
			return FALSE;
	}
	return FALSE;
}

int pop4_parse_part(const char *line, struct pop4_part_line *part_r)
{
	i_zero(part_r);
	return !is_safe(line) ||
		next_text(&line, &part_r->part) < 0 ||
		!is_part_number(part_r->part) ||
		next_text(&line, &part_r->type) < 0 ||
		next_number(&line, &part_r->octets) < 0 ||
		next_field(&line, &part_r->encoding) < 0 ||
		next_field(&line, &part_r->charset) < 0 ||
		next_field(&line, &part_r->disposition) < 0 ||
		next_field(&line, &part_r->filename) < 0 ||
		next_field(&line, &part_r->content_id) < 0 ||
		next_number(&line, &part_r->lines) < 0 ||
		next_number(&line, &part_r->depth) < 0 ? -1 : 0;
}

int pop4_parse_capa(const char *line, struct pop4_capa *capa_r)
{
	const char *const *words;

	i_zero(capa_r);
	if (!is_safe(line))
		return -1;
	words = t_strsplit_spaces(line, " ");
	if (*words == NULL ||
	    str_array_length(words) > POP4_CLIENT_MAX_WORDS)
		return -1;
	capa_r->name = words[0];
	capa_r->args = words + 1;
	return 0;
}

/*
 * Status lines
 */

static bool
begins_with_word(const char **line, const char *word)
{
	size_t len = strlen(word);

	if (strncasecmp(*line, word, len) != 0 ||
	    ((*line)[len] != '\0' && (*line)[len] != ' '))
		return FALSE;
	*line += len;
	while (**line == ' ')
		(*line)++;
	return TRUE;
}

static bool is_code(const char *code)
{
	const char *p;

	for (p = code; i_isalnum(*p) || *p == '-' || *p == '/' || *p == '.'; p++)
		;
	return p > code && *p == '\0';
}

int pop4_parse_status(const char *line, struct pop4_status_line *status_r)
{
	const char *end, *code;

	i_zero(status_r);
	if (begins_with_word(&line, "+OK"))
		status_r->status = POP4_STATUS_OK;
	else if (begins_with_word(&line, "-ERR"))
		status_r->status = POP4_STATUS_ERR;
	else if (begins_with_word(&line, "+")) {
		status_r->status = POP4_STATUS_CONTINUE;
		status_r->text = line;
		return 0;
	} else {
		return -1;
	}
	end = *line == '[' ? strchr(line, ']') : NULL;
	if (end != NULL) {
		code = t_str_ucase(t_strdup_until(line + 1, end));
		if (is_code(code)) {
			status_r->code = code;
			line = end + 1;
		}
	}
	status_r->text = reply_text_sanitize(line, POP3_EXT_MAX_REPLY_LINE);
	return 0;
}

uint64_t pop4_status_number(const struct pop4_status_line *status)
{
	const char *end;
	uint64_t number;

	if (str_parse_uint64(status->text, &number, &end) < 0 ||
	    (*end != ' ' && *end != '\0'))
		return POP4_UNKNOWN;
	return number;
}

const char *pop4_greeting_stamp(const char *greeting)
{
	const char *start = strrchr(greeting, '<'), *end;

	end = start == NULL ? NULL : strchr(start, '>');
	if (end == NULL || memchr(start, '@', end - start) == NULL)
		return NULL;
	return t_strdup_until(start, end + 1);
}

/*
 * Arguments
 */

int pop4_quote(const char *name, const char **arg_r, const char **error_r)
{
	string_t *str;

	if (!pop4_word_is_valid(name)) {
		*error_r = t_strdup_printf("\"%s\" can't be the name of a "
			"folder: it is not UTF-8, or has control characters",
			reply_text_sanitize(name, POP3_EXT_MAX_QUOTED_TEXT));
		return -1;
	}
	str = t_str_new(strlen(name) + 16);
	pop4_word_append(str, name);
	*arg_r = str_c(str);
	return 0;
}
