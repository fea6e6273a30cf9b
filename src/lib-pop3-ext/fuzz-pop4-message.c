/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "fuzzer.h"

#include "dovecot-compat.h"
#include "pop3-ext-limits.h"
#include "pop4-flags.h"
#include "pop4-header.h"
#include "pop4-msgset.h"

static void check(bool ok, const char *what)
{
	if (!ok)
		i_panic("wrong: %s", what);
}

static void check_ranges(const ARRAY_TYPE(seq_range) *ranges, uint32_t last)
{
	const struct seq_range *range;
	uint32_t prev = 0;

	check(array_count(ranges) <= POP4_MAX_RANGES, "number of ranges");
	array_foreach(ranges, range) {
		check(range->seq1 > prev && range->seq2 >= range->seq1 &&
		      range->seq2 <= last, "range");
		prev = range->seq2;
	}
}

static void check_msgset(const char *text, uint32_t last)
{
	ARRAY_TYPE(seq_range) rest;
	struct pop4_msgset set;
	const char *error = NULL;

	pop4_msgset_init(&set, pool_datastack_create());
	if (pop4_msgset_add(&set, text, last, &error) < 0) {
		check(str_begins_with(error, "bad message set") ||
		      str_begins_with(error, "no such message"), "error of a set");
		return;
	}
	check(array_count(&set.all) > 0, "empty set");
	check_ranges(&set.all, last);
	check_ranges(&set.named, last);
	t_array_init(&rest, 8);
	array_append_array(&rest, &set.named);
	seq_range_array_remove_seq_range(&rest, &set.all);
	check(array_count(&rest) == 0, "named but not in the set");
}

static void check_flags(const char *text)
{
	struct pop4_flags flags, again;
	string_t *str = t_str_new(64);
	const char *error = NULL;

	if (pop4_flags_parse(pool_datastack_create(), text, &flags,
			     &error) < 0) {
		check(str_begins_with(error, "bad flag"), "error of flags");
		return;
	}
	check((flags.flags & ENUM_NEGATE(POP4_SYSTEM_FLAGS)) == 0, "flags");
	pop4_flags_append(str, flags.flags, flags.keywords);
	check(pop4_flags_parse(pool_datastack_create(), str_c(str), &again,
			       &error) == 0, "own flags");
	check(again.flags == flags.flags, "flags differ");
	check(strcmp(t_strarray_join(again.keywords, ","),
		     t_strarray_join(flags.keywords, ",")) == 0,
	      "keywords differ");
}

static void check_header(const unsigned char *data, size_t size)
{
	struct pop4_header whole = { .size = 0 }, pieces = { .size = 0 };
	bool good, good_pieces = TRUE;
	size_t i;

	good = pop4_header_more(&whole, data, size);
	for (i = 0; i < size && good_pieces; i++)
		good_pieces = pop4_header_more(&pieces, data + i, 1);
	check(good == good_pieces, "pieces of a header");
	check(pop4_header_finish(&whole) == pop4_header_finish(&pieces),
	      "end of a header");
}

FUZZ_BEGIN_DATA(const uint8_t *data, size_t size)
	const char *text = t_strndup(data, size);

	check_msgset(text, 0);
	check_msgset(text, 100);
	check_msgset(text, UINT32_MAX - 1);
	check_flags(text);
	(void)pop4_flags_have_keyword(text);
	check_header(data, size);
FUZZ_END
