/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "istream.h"
#include "fuzzer.h"

#include "pop3-ext-limits.h"
#include "uidl-source.h"

/* The first octet chooses the source, the others are its file. */

static void check(bool ok, const char *what)
{
	if (!ok)
		i_panic("wrong: %s", what);
}

static int
found(void *context, const struct uidl_source_record *record,
      const char **error_r)
{
	unsigned int *count = context;
	size_t i, len = strlen(record->uidl);

	check(len > 0 && len <= POP3_EXT_MAX_UIDL, "length of the UIDL");
	for (i = 0; i < len; i++) {
		check(record->uidl[i] > 0x20 && record->uidl[i] < 0x7f,
		      "octet of the UIDL");
	}
	check(record->file_name == NULL ||
	      (*record->file_name != '\0' &&
	       strpbrk(record->file_name, "/:") == NULL), "name of the file");
	check(record->message_id == NULL || *record->message_id != '\0',
	      "Message-ID");
	check(record->uid == 0 || record->uid_validity != 0, "UID");
	if (++*count < 1000)
		return 0;
	*error_r = "enough";
	return -1;
}

FUZZ_BEGIN_DATA(const uint8_t *data, size_t size)
	const struct uidl_source *source = NULL;
	struct istream *input;
	const char *error = NULL;
	unsigned int i, count = 0;

	for (i = 0; size > 0 && i <= data[0]; i++)
		source = uidl_source_next(source);
	if (source != NULL) {
		input = i_stream_create_from_data(data + 1, size - 1);
		i_stream_set_name(input, "x");
		if (uidl_source_read(source, input, found, &count, &error) < 0)
			check(error != NULL && error[0] == 'x', "error");
		else
			check(error == NULL, "error of a success");
		i_stream_unref(&input);
	}
FUZZ_END
