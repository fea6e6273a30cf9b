/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "buffer.h"
#include "hex-binary.h"
#include "istream.h"
#include "str.h"

#include "test-uidl-source-common.h"

#include <stdio.h>

static void
dump_digest(string_t *str, const char *name,
	    const unsigned char digest[UIDL_DIGEST_SIZE])
{
	static const unsigned char none[UIDL_DIGEST_SIZE];

	if (memcmp(digest, none, UIDL_DIGEST_SIZE) != 0) {
		str_printfa(str, " %s=", name);
		binary_to_hex_append(str, digest, 4);
	}
}

static int
dump_record(void *context, const struct uidl_source_record *record,
	    const char **error_r ATTR_UNUSED)
{
	string_t *str = context;

	str_append(str, record->uidl);
	if (record->file_name != NULL)
		str_printfa(str, " file=%s", record->file_name);
	dump_digest(str, "guid", record->guid);
	dump_digest(str, "content", record->content);
	if (record->message_id != NULL)
		str_printfa(str, " id=%s", record->message_id);
	if (record->uid != 0)
		str_printfa(str, " uid=%u/%u", record->uid,
			    record->uid_validity);
	if (record->size != UOFF_T_MAX)
		str_printfa(str, " size=%"PRIuUOFF_T, record->size);
	if (record->order != 0)
		str_printfa(str, " order=%u", record->order);
	if (record->user != NULL)
		str_printfa(str, " user=%s", record->user);
	if (record->mailbox != NULL)
		str_printfa(str, " mailbox=%s", record->mailbox);
	str_append_c(str, '\n');
	return 0;
}

const char *test_uidl_source_data(const struct uidl_source *source,
				  const void *data, size_t size)
{
	string_t *str = t_str_new(256);
	struct istream *input;
	const char *error;
	FILE *file = tmpfile();

	if (file == NULL || fwrite(data, 1, size, file) < size ||
	    fflush(file) != 0 || fseek(file, 0, SEEK_SET) < 0)
		i_fatal("tmpfile() failed: %m");
	input = i_stream_create_fd(fileno(file), 1024);
	i_stream_set_name(input, "file");
	if (uidl_source_read(source, input, dump_record, str, &error) < 0)
		str_printfa(str, "%s\n", error);
	i_stream_unref(&input);
	(void)fclose(file);
	return str_c(str);
}

const char *test_uidl_source(const struct uidl_source *source,
			     const char *text)
{
	return test_uidl_source_data(source, text, strlen(text));
}
