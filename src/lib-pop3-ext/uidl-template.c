/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Most UIDLs of a mailbox differ only by the UID in them. Where it stands is
   found from the text itself, so that nothing has to be known of formats. */

#include "lib.h"
#include "byteorder.h"
#include "str.h"

#include "uidl-slot.h"

#define HEX_DIGITS 8

void uidl_template_write(const struct uidl_template *tmpl,
			 unsigned char dest[UIDL_SLOT_SIZE])
{
	memset(dest, 0, UIDL_SLOT_SIZE);
	dest[0] = UIDL_SLOT_TEMPLATE;
	dest[1] = tmpl->num;
	dest[2] = tmpl->len;
	cpu32_to_le_unaligned(tmpl->prev, dest + 4);
	dest[8] = tmpl->hex ? 1 : 0;
	dest[9] = tmpl->pos;
	memcpy(dest + 10, tmpl->text, tmpl->len);
}

bool uidl_template_read(const unsigned char src[UIDL_SLOT_SIZE],
			struct uidl_template *tmpl_r)
{
	if (src[0] != UIDL_SLOT_TEMPLATE || src[1] == 0 ||
	    src[1] > UIDL_MAX_TEMPLATES || src[8] > 1 ||
	    src[2] > UIDL_TEMPLATE_TEXT_SIZE || src[3] != 0 || src[9] > src[2])
		return FALSE;
	i_zero(tmpl_r);
	tmpl_r->num = src[1];
	tmpl_r->len = src[2];
	tmpl_r->prev = le32_to_cpu_unaligned(src + 4);
	tmpl_r->hex = src[8] == 1;
	tmpl_r->pos = src[9];
	memcpy(tmpl_r->text, src + 10, tmpl_r->len);
	return TRUE;
}

/* Digits of the number, without a NUL; returns how many. */
static unsigned int
number_write(uint32_t number, bool hex, char dest[MAX_INT_STRLEN])
{
	static const char hexdigits[] = "0123456789abcdef";
	char rev[MAX_INT_STRLEN];
	unsigned int i, len = 0;

	if (hex) {
		for (i = 0; i < HEX_DIGITS; i++) {
			dest[HEX_DIGITS - 1 - i] = hexdigits[number & 0xf];
			number >>= 4;
		}
		return HEX_DIGITS;
	}
	do {
		rev[len++] = '0' + number % 10;
		number /= 10;
	} while (number > 0);
	for (i = 0; i < len; i++)
		dest[i] = rev[len - 1 - i];
	return len;
}

void uidl_template_expand(const struct uidl_template *tmpl, uint32_t number,
			  string_t *dest)
{
	char digits[MAX_INT_STRLEN];
	unsigned int len = number_write(number, tmpl->hex, digits);

	str_append_data(dest, tmpl->text, tmpl->pos);
	str_append_data(dest, digits, len);
	str_append_data(dest, tmpl->text + tmpl->pos, tmpl->len - tmpl->pos);
}

bool uidl_template_makes(const struct uidl_template *tmpl, uint32_t number,
			 const char *text)
{
	char digits[MAX_INT_STRLEN];
	unsigned int len = number_write(number, tmpl->hex, digits);
	unsigned int rest = tmpl->len - tmpl->pos;

	return strlen(text) == tmpl->len + len &&
		memcmp(text, tmpl->text, tmpl->pos) == 0 &&
		memcmp(text + tmpl->pos, digits, len) == 0 &&
		memcmp(text + tmpl->pos + len, tmpl->text + tmpl->pos,
		       rest) == 0;
}

static bool
template_find_style(const char *text, uint32_t number, bool hex,
		    struct uidl_template *tmpl_r)
{
	char digits[MAX_INT_STRLEN + 1];
	unsigned int len = number_write(number, hex, digits);
	size_t rest = strlen(text);
	const char *p;

	digits[len] = '\0';
	p = strstr(text, digits);
	if (p == NULL || rest - len > UIDL_TEMPLATE_TEXT_SIZE)
		return FALSE;
	i_zero(tmpl_r);
	tmpl_r->hex = hex;
	tmpl_r->pos = p - text;
	tmpl_r->len = rest - len;
	memcpy(tmpl_r->text, text, tmpl_r->pos);
	memcpy(tmpl_r->text + tmpl_r->pos, p + len, tmpl_r->len - tmpl_r->pos);
	return TRUE;
}

bool uidl_template_find(const char *text, uint32_t number,
			struct uidl_template *tmpl_r)
{
	return template_find_style(text, number, TRUE, tmpl_r) ||
		template_find_style(text, number, FALSE, tmpl_r);
}
