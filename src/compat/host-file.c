/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "istream.h"
#include "str.h"

#include "host-file.h"

/* a distribution's file with all its CAs has 0.2 MB */
#define HOST_FILE_MAX_SIZE (8 * 1024 * 1024)

int host_file_read(const char *path, string_t *content, const char **error_r)
{
	struct istream *input;
	const unsigned char *data;
	size_t size;
	int ret = 0;

	input = i_stream_create_file(path, IO_BLOCK_SIZE);
	while (i_stream_read_more(input, &data, &size) > 0) {
		str_append_data(content, data, size);
		i_stream_skip(input, size);
		if (str_len(content) > HOST_FILE_MAX_SIZE)
			break;
	}
	if (input->stream_errno != 0) {
		*error_r = t_strdup(i_stream_get_error(input));
		ret = -1;
	} else if (!input->eof) {
		*error_r = t_strdup_printf("%s is too large", path);
		ret = -1;
	}
	i_stream_destroy(&input);
	return ret;
}
