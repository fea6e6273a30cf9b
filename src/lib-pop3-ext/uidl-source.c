/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "istream.h"
#include "str.h"

#include "pop3-ext-limits.h"
#include "uidl-source.h"

static const struct uidl_source *const uidl_sources[] = {
	&uidl_source_own,
	&uidl_source_courier,
	&uidl_source_cyrus,
	&uidl_source_cyrus_courier,
	&uidl_source_cyrus_dovecot,
	&uidl_source_cyrus_uidonly,
	&uidl_source_fetch,
	&uidl_source_list,
	&uidl_source_uidlist,
	&uidl_source_uw,
	&uidl_source_x_uidl,
};

void uidl_source_record_init(struct uidl_source_record *record)
{
	i_zero(record);
	record->size = UOFF_T_MAX;
}

/* Returns 1 when there is a line or a last part of one, 0 at the end. */
static int
source_read(struct uidl_source_reader *reader, const unsigned char **data_r,
	    size_t *size_r, const unsigned char **end_r)
{
	size_t size = 0;

	for (;;) {
		*data_r = i_stream_get_data(reader->input, size_r);
		*end_r = memchr(*data_r + size, '\n', *size_r - size);
		if (*end_r != NULL || *size_r > UIDL_SOURCE_MAX_LINE)
			return 1;
		size = *size_r;
		if (i_stream_read(reader->input) <= 0) {
			*end_r = *data_r + size;
			return size > 0 ? 1 : 0;
		}
	}
}

int uidl_source_line(struct uidl_source_reader *reader, char **line_r,
		     const char **error_r)
{
	const unsigned char *data, *end;
	size_t size, len;
	int ret;

	ret = source_read(reader, &data, &size, &end);
	if (reader->input->stream_errno != 0) {
		*error_r = t_strdup_printf("can't be read: %s",
			i_stream_get_error(reader->input));
		return -1;
	}
	if (ret == 0)
		return 0;
	reader->line++;
	if (end == NULL || end - data > UIDL_SOURCE_MAX_LINE) {
		*error_r = t_strdup_printf("the line is longer than %u octets",
					   UIDL_SOURCE_MAX_LINE);
		return -1;
	}
	len = end - data;
	if (memchr(data, '\0', len) != NULL) {
		*error_r = "the line has a NUL";
		return -1;
	}
	str_truncate(reader->str, 0);
	str_append_data(reader->str, data,
			len > 0 && data[len - 1] == '\r' ? len - 1 : len);
	i_stream_skip(reader->input, len < size ? len + 1 : len);
	*line_r = str_c_modifiable(reader->str);
	return 1;
}

int uidl_source_found(struct uidl_source_reader *reader,
		      const struct uidl_source_record *record,
		      const char **error_r)
{
	size_t i, len = strlen(record->uidl);

	if (len == 0) {
		*error_r = "the UIDL is empty";
		return -1;
	}
	if (len > POP3_EXT_MAX_UIDL) {
		*error_r = t_strdup_printf("the UIDL has %zu characters, more "
					   "than %u", len, POP3_EXT_MAX_UIDL);
		return -1;
	}
	for (i = 0; i < len; i++) {
		if (record->uidl[i] < 0x21 || record->uidl[i] > 0x7e) {
			*error_r = t_strdup_printf("the UIDL has the octet "
				"0x%02x, which is none of 0x21 to 0x7e",
				(unsigned char)record->uidl[i]);
			return -1;
		}
	}
	return reader->callback(reader->context, record, error_r);
}

const struct uidl_source *uidl_source_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(uidl_sources); i++) {
		if (strcmp(uidl_sources[i]->name, name) == 0)
			return uidl_sources[i];
	}
	return NULL;
}

const struct uidl_source *uidl_source_next(const struct uidl_source *source)
{
	unsigned int i = 0;

	while (source != NULL && uidl_sources[i++] != source)
		i_assert(i < N_ELEMENTS(uidl_sources));
	return i == N_ELEMENTS(uidl_sources) ? NULL : uidl_sources[i];
}

int uidl_source_read(const struct uidl_source *source, struct istream *input,
		     uidl_source_callback_t *callback, void *context,
		     const char **error_r)
{
	struct uidl_source_reader reader = {
		.input = input,
		.callback = callback,
		.context = context,
	};
	const char *error;
	int ret;

	/* one more: a line that has just the size that is allowed */
	i_stream_set_max_buffer_size(input, UIDL_SOURCE_MAX_LINE + 2);
	reader.str = str_new(default_pool, 256);
	ret = source->read(&reader, &error);
	str_free(&reader.str);
	if (ret == 0)
		return 0;
	*error_r = reader.line == 0 ?
		t_strdup_printf("%s: %s", i_stream_get_name(input), error) :
		t_strdup_printf("%s:%u: %s", i_stream_get_name(input),
				reader.line, error);
	return -1;
}
