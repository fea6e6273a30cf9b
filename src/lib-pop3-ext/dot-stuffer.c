/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The host's dot ostream is for text: it ends lines with CRLF, and so changes
   binary data. */

#include "lib.h"
#include "ostream.h"

#include "dot-stuffer.h"

/* Pieces given to the stream at once: with dots in nearly every line still
   more than a kilobyte. */
#define IOV_MAX_COUNT 32

struct stuffed_pieces {
	struct ostream *output;
	struct const_iovec iov[IOV_MAX_COUNT];
	unsigned int count;
};

static void pieces_send(struct stuffed_pieces *pieces)
{
	if (pieces->count > 0)
		o_stream_nsendv(pieces->output, pieces->iov, pieces->count);
	pieces->count = 0;
}

static void
pieces_add(struct stuffed_pieces *pieces, const void *data, size_t size)
{
	if (size == 0)
		return;
	if (pieces->count == IOV_MAX_COUNT)
		pieces_send(pieces);
	pieces->iov[pieces->count].iov_base = data;
	pieces->iov[pieces->count].iov_len = size;
	pieces->count++;
}

/* Does a line begin at pos of the data? */
static bool is_line_start(const struct dot_stuffer *stuffer,
			  const unsigned char *data, size_t pos)
{
	switch (pos) {
	case 0:
		return stuffer->line_start;
	case 1:
		return stuffer->cr && data[0] == '\n';
	default:
		return data[pos - 2] == '\r' && data[pos - 1] == '\n';
	}
}

void dot_stuffer_init(struct dot_stuffer *stuffer)
{
	i_zero(stuffer);
	stuffer->line_start = TRUE;
}

void dot_stuffer_send(struct dot_stuffer *stuffer, struct ostream *output,
		      const void *_data, size_t size)
{
	const unsigned char *data = _data, *p, *sent = data;
	const unsigned char *end = data + size;
	struct stuffed_pieces pieces;

	if (size == 0)
		return;
	pieces.output = output;
	pieces.count = 0;
	for (p = data; p < end && (p = memchr(p, '.', end - p)) != NULL; p++) {
		if (!is_line_start(stuffer, data, p - data))
			continue;
		pieces_add(&pieces, sent, p - sent);
		pieces_add(&pieces, ".", 1);
		sent = p;
	}
	pieces_add(&pieces, sent, end - sent);
	pieces_send(&pieces);

	stuffer->size += size;
	stuffer->line_start = is_line_start(stuffer, data, size);
	stuffer->cr = end[-1] == '\r';
}

void dot_stuffer_finish(struct dot_stuffer *stuffer, struct ostream *output)
{
	o_stream_nsend_str(output, stuffer->line_start ? ".\r\n" : "\r\n.\r\n");
}
