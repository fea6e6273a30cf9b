/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Whatever a list holds: only UIDLs that POP3 can show come out of it, and what
   was understood is written and read again as it was. */

#include "lib.h"
#include "istream.h"
#include "str.h"
#include "fuzzer.h"

#include "pop3-ext-limits.h"
#include "uidl-source.h"

struct fuzz_copy {
	string_t *str;
	unsigned int count;
};

static int
fuzz_record(void *context, const struct uidl_source_record *record,
	    const char **error_r ATTR_UNUSED)
{
	struct fuzz_copy *copy = context;
	const char *p;

	for (p = record->uidl; *p != '\0'; p++) {
		if (*p < 0x21 || *p > 0x7e)
			i_panic("octet of a UIDL");
	}
	if ((p == record->uidl && !record->forgotten) || p - record->uidl > POP3_EXT_MAX_UIDL)
		i_panic("length of a UIDL");
	if (record->order == 1) {
		if (copy->count > 0)
			uidl_own_write_end(copy->str, copy->count);
		uidl_own_write_head(copy->str, record->user, record->mailbox);
	}
	copy->count = record->order;
	uidl_own_write_record(copy->str, record);
	return 0;
}

static int fuzz_copy(const void *data, size_t size, string_t *dest)
{
	struct istream *input = i_stream_create_from_data(data, size);
	struct fuzz_copy copy = { .str = dest };
	const char *error = NULL;
	int ret;

	i_stream_set_name(input, "list");
	ret = uidl_source_read(&uidl_source_own, input, fuzz_record, &copy,
			       &error);
	if (copy.count > 0)
		uidl_own_write_end(dest, copy.count);
	if ((ret < 0) != (error != NULL))
		i_panic("error");
	i_stream_unref(&input);
	return ret;
}

FUZZ_BEGIN_DATA(const unsigned char *data, size_t size)
	string_t *once = str_new(default_pool, 256);
	string_t *again = str_new(default_pool, 256);

	if (fuzz_copy(data, size, once) == 0 && str_len(once) > 0) {
		if (fuzz_copy(str_data(once), str_len(once), again) < 0)
			i_panic("what was written is refused");
		if (strcmp(str_c(once), str_c(again)) != 0)
			i_panic("what was written changes");
	}
	str_free(&once);
	str_free(&again);
FUZZ_END
