/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "buffer.h"
#include "ostream.h"

#include "pop3-ext-limits.h"
#include "pop4-conn.h"
#include "pop4-data.h"
#include "pop4-progress.h"
#include "pop4-transfer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct pop4_source {
	struct pop4_conn *conn;
	/* NULL = standard input */
	const char *path;
	int fd;
	/* POP4_UNKNOWN for a pipe */
	uint64_t size;
	buffer_t *out;
};

static int source_fail(struct pop4_source *source)
{
	return pop4_fail(source->conn, POP4_EXIT_LOCAL,
		"%s can't be read (%s)", source->path == NULL ?
		"The standard input" : source->path, strerror(errno));
}

int pop4_source_open(struct pop4_conn *conn, const char *path,
		     struct pop4_source **source_r)
{
	struct pop4_source *source = i_new(struct pop4_source, 1);
	struct stat st;

	source->conn = conn;
	source->out = buffer_create_dynamic(default_pool,
					    POP4_CLIENT_MAX_INPUT + 1024);
	source->fd = STDIN_FILENO;
	*source_r = source;
	if (path != NULL && strcmp(path, "-") != 0) {
		source->path = path;
		source->fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (source->fd < 0 || fstat(source->fd, &st) < 0)
		return source_fail(source);
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return source_fail(source);
	}
	source->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size :
		POP4_UNKNOWN;
	return 0;
}

static int source_flush(struct pop4_source *source)
{
	o_stream_nsend(source->conn->output, source->out->data,
		       source->out->used);
	buffer_set_used_size(source->out, 0);
	return pop4_wait_output(source->conn);
}

/* Returns 1 when there is more, 0 at the end. */
static int source_send_some(struct pop4_source *source,
			    struct pop4_data *encoder, uint64_t *octets)
{
	unsigned char buf[POP4_CLIENT_MAX_INPUT];
	ssize_t ret;

	do {
		ret = read(source->fd, buf, sizeof(buf));
	} while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return source_fail(source);
	if (ret == 0)
		return 0;
	*octets += ret;
	pop4_data_encode(encoder, buf, ret, source->out);
	return source_flush(source) < 0 ? -1 : 1;
}

int pop4_source_send(struct pop4_source *source,
		     struct pop4_status_line *status_r)
{
	struct pop4_conn *conn = source->conn;
	struct pop4_progress progress;
	struct pop4_data encoder;
	uint64_t octets = 0;
	int ret;

	i_zero(&encoder);
	pop4_progress_init(&progress, conn->set, source->size);
	while ((ret = source_send_some(source, &encoder, &octets)) > 0)
		pop4_progress_update(&progress, octets);
	pop4_progress_deinit(&progress);
	if (ret < 0)
		return -1;
	pop4_data_encode_end(&encoder, source->out);
	/* from here on the server may have all of it */
	if (source_flush(source) < 0 || pop4_read_status(conn, status_r) < 0)
		return pop4_outcome_unknown(conn);
	return status_r->status == POP4_STATUS_OK ? 0 :
		pop4_refused(conn, status_r);
}

void pop4_source_close(struct pop4_source **_source)
{
	struct pop4_source *source = *_source;

	*_source = NULL;
	if (source->path != NULL)
		i_close_fd(&source->fd);
	buffer_free(&source->out);
	i_free(source);
}
