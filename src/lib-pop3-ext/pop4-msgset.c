/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"

#include "pop3-ext-limits.h"
#include "pop4-errors.h"
#include "pop4-msgset.h"

#define MSG_MAX_DIGITS 10

void pop4_msgset_init(struct pop4_msgset *set, pool_t pool)
{
	i_zero(set);
	p_array_init(&set->all, pool, 8);
	p_array_init(&set->named, pool, 8);
}

/* Reads a number, or "*". *num_r is 0 for what is no message of the mailbox. */
static int
msgset_parse_num(const char **text, uint32_t last, uint32_t *num_r)
{
	const char *p = *text;
	uint64_t num = 0;

	if (*p == '*') {
		*num_r = last;
		*text = p + 1;
		return 0;
	}
	for (; *p >= '0' && *p <= '9'; p++) {
		if (p - *text == MSG_MAX_DIGITS)
			return -1;
		num = num * 10 + (*p - '0');
	}
	if (p == *text || num == 0)
		return -1;
	*num_r = num <= last ? num : 0;
	*text = p;
	return 0;
}

static int
msgset_parse_range(const char **text, uint32_t last, uint32_t *num1_r,
		   uint32_t *num2_r, bool *single_r)
{
	if (msgset_parse_num(text, last, num1_r) < 0)
		return -1;
	*num2_r = *num1_r;
	*single_r = **text != ':' || (*text)[-1] == '*';
	if (*single_r)
		return 0;
	*text += 1;
	return msgset_parse_num(text, last, num2_r);
}

int pop4_msgset_add(struct pop4_msgset *set, const char *text, uint32_t last,
		    const char **error_r)
{
	const char *p = text;
	uint32_t num1, num2;
	bool single;

	for (;; p++) {
		if (++set->ranges_count > POP4_MAX_RANGES) {
			*error_r = POP4_BAD_MESSAGE_SET": too many ranges";
			return -1;
		}
		if (msgset_parse_range(&p, last, &num1, &num2, &single) < 0 ||
		    (*p != ',' && *p != '\0')) {
			*error_r = t_strconcat(POP4_BAD_MESSAGE_SET": ",
					       text, NULL);
			return -1;
		}
		if (num1 == 0 || num2 == 0) {
			*error_r = t_strconcat(POP4_NO_SUCH_MESSAGE": ",
					       text, NULL);
			return -1;
		}
		seq_range_array_add_range(&set->all, I_MIN(num1, num2),
					  I_MAX(num1, num2));
		if (single)
			seq_range_array_add(&set->named, num1);
		if (*p == '\0')
			return 0;
	}
}
