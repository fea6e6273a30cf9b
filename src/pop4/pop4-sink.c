/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "buffer.h"
#include "istream.h"
#include "safe-mkstemp.h"
#include "str.h"
#include "write-full.h"

#include "pop3-ext-limits.h"
#include "pop4-cleanup.h"
#include "pop4-conn.h"
#include "pop4-data.h"
#include "pop4-progress.h"
#include "pop4-transfer.h"
#include "terminal-text.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct pop4_sink {
	struct pop4_conn *conn;
	/* NULL = standard output */
	const char *path;
	/* NULL = what is written stays where it is */
	char *temp_path;
	int fd;

	/* what was read, and what of it a terminal may see */
	buffer_t *data, *text;
	struct terminal_text terminal_state;
	bool terminal;

	/* announced, if it is to be exact; POP4_UNKNOWN = it isn't */
	uint64_t limit;
	uint64_t octets;
	/* octets behind the limit, which may only be a CRLF */
	unsigned int rest;
};

static int sink_fail(struct pop4_sink *sink)
{
	return pop4_fail(sink->conn, POP4_EXIT_LOCAL,
		"%s can't be written (%s)", sink->path == NULL ?
		"The standard output" : sink->path, strerror(errno));
}

static int sink_open_file(struct pop4_sink *sink)
{
	string_t *path;
	struct stat st;

	if (stat(sink->path, &st) == 0 && !S_ISREG(st.st_mode)) {
		/* a device or a pipe, which must not be replaced */
		sink->fd = open(sink->path, O_WRONLY | O_CLOEXEC);
		return sink->fd < 0 ? sink_fail(sink) : 0;
	}
	path = t_str_new(256);
	str_printfa(path, "%s.", sink->path);
	sink->fd = safe_mkstemp(path, 0600, (uid_t)-1, (gid_t)-1);
	if (sink->fd < 0)
		return sink_fail(sink);
	sink->temp_path = i_strdup(str_c(path));
	pop4_cleanup_file(sink->temp_path);
	return 0;
}

int pop4_sink_open(struct pop4_conn *conn, const char *path,
		   struct pop4_sink **sink_r)
{
	struct pop4_sink *sink = i_new(struct pop4_sink, 1);

	sink->conn = conn;
	sink->fd = STDOUT_FILENO;
	sink->data = buffer_create_dynamic(default_pool, POP4_CLIENT_MAX_INPUT);
	sink->text = buffer_create_dynamic(default_pool, 1024);
	*sink_r = sink;
	if (path != NULL && strcmp(path, "-") != 0) {
		sink->path = path;
		return sink_open_file(sink);
	}
	sink->terminal = isatty(STDOUT_FILENO) == 1;
	return 0;
}

static int sink_write(struct pop4_sink *sink, const void *data, size_t size)
{
	sink->octets += size;
	if (sink->octets > sink->conn->set->max_size) {
		return pop4_fail(sink->conn, POP4_EXIT_LOCAL, "This is larger "
			"than --max-size (%"PRIuUOFF_T" octets)",
			sink->conn->set->max_size);
	}
	if (sink->terminal) {
		buffer_set_used_size(sink->text, 0);
		terminal_text_add(&sink->terminal_state, data, size,
				  sink->text);
		data = sink->text->data;
		size = sink->text->used;
	}
	return write_full(sink->fd, data, size) < 0 ? sink_fail(sink) : 0;
}

static int sink_wrong_size(struct pop4_sink *sink)
{
	return pop4_fail(sink->conn, POP4_EXIT_LOST, "The server has "
		"announced %"PRIu64" octets and sent others", sink->limit);
}

/* Takes what was decoded; behind the limit there may be one CRLF. */
static int sink_take(struct pop4_sink *sink)
{
	const unsigned char *data = sink->data->data;
	size_t i, size = sink->data->used;
	size_t wanted = I_MIN(size, sink->limit - sink->octets);

	for (i = wanted; i < size; i++, sink->rest++) {
		if (sink->rest >= 2 || data[i] != "\r\n"[sink->rest])
			return sink_wrong_size(sink);
	}
	return sink_write(sink, data, wanted);
}

static int sink_read(struct pop4_sink *sink, struct pop4_data *decoder)
{
	struct istream *input = sink->conn->input;
	const unsigned char *data;
	size_t size;

	data = i_stream_get_data(input, &size);
	if (size == 0) {
		return pop4_wait_input(sink->conn);
	}
	buffer_set_used_size(sink->data, 0);
	size = pop4_data_decode(decoder, data, size, sink->data);
	i_stream_skip(input, size);
	return sink_take(sink);
}

int pop4_sink_receive(struct pop4_sink *sink, uint64_t octets, bool exact)
{
	struct pop4_progress progress;
	struct pop4_data decoder;
	int ret = 0;

	i_zero(&decoder);
	sink->limit = exact ? octets : POP4_UNKNOWN;
	pop4_progress_init(&progress, sink->conn->set, octets);
	while (ret == 0 && !pop4_data_ended(&decoder)) {
		ret = sink_read(sink, &decoder);
		pop4_progress_update(&progress, sink->octets);
	}
	pop4_progress_deinit(&progress);
	if (ret == 0 && exact &&
	    (sink->octets != octets || sink->rest == 1))
		ret = sink_wrong_size(sink);
	return ret;
}

uint64_t pop4_sink_octets(const struct pop4_sink *sink)
{
	return sink->octets;
}

static int sink_finish(struct pop4_sink *sink)
{
	if (sink->conn->error != NULL)
		return -1;
	if (sink->terminal) {
		buffer_set_used_size(sink->text, 0);
		terminal_text_end(&sink->terminal_state, sink->text);
		return write_full(sink->fd, sink->text->data,
				  sink->text->used) < 0 ? sink_fail(sink) : 0;
	}
	if (sink->temp_path == NULL)
		return 0;
	if (fdatasync(sink->fd) < 0 ||
	    rename(sink->temp_path, sink->path) < 0)
		return sink_fail(sink);
	pop4_cleanup_file(NULL);
	i_free(sink->temp_path);
	return 0;
}

int pop4_sink_close(struct pop4_sink **_sink)
{
	struct pop4_sink *sink = *_sink;
	int ret;

	*_sink = NULL;
	ret = sink_finish(sink);
	if (sink->temp_path != NULL) {
		i_unlink(sink->temp_path);
		pop4_cleanup_file(NULL);
		i_free(sink->temp_path);
	}
	if (sink->path != NULL && sink->fd >= 0 && close(sink->fd) < 0)
		ret = sink_fail(sink);
	buffer_free(&sink->data);
	buffer_free(&sink->text);
	i_free(sink);
	return ret;
}
