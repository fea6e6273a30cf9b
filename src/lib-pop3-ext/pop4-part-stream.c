/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/*   raw -> step -> CRLF                                    RAW HEAD BODY
     raw -> step -> CRLF, or base64, quoted-printable       DATA
     raw -> step -> nothing, or the same -> UTF-8 -> CRLF   TEXT

   By the host's streams, the same as its IMAP BINARY takes, or one that agrees
   with it. None but step counts what it reads: base64 of white space only would
   be read to its end in one go. */

#include "lib.h"
#include "istream.h"
#include "istream-crlf.h"
#include "istream-qp.h"

#include "istream-base64-groups.h"
#include "istream-charset.h"
#include "istream-step.h"
#include "pop3-ext-limits.h"
#include "pop4-part-header.h"
#include "pop4-part-stream.h"

bool pop4_part_is_encoded(const struct pop4_part_header *header)
{
	return header->cte == MESSAGE_CTE_BASE64 ||
		header->cte == MESSAGE_CTE_QP;
}

static void stream_replace(struct istream **stream, struct istream *next)
{
	i_stream_unref(stream);
	*stream = next;
}

static void add_decoder(struct istream **stream, enum pop4_content_mode mode,
			const struct pop4_part_header *header, bool have_crlfs)
{
	bool decode = mode == POP4_CONTENT_DATA || mode == POP4_CONTENT_TEXT;

	if (!decode || !pop4_part_is_encoded(header)) {
		/* in other character sets LF may be something else */
		if (!have_crlfs && mode != POP4_CONTENT_TEXT)
			stream_replace(stream, i_stream_create_crlf(*stream));
	} else if (header->cte == MESSAGE_CTE_BASE64) {
		stream_replace(stream, i_stream_create_base64_groups(*stream));
	} else {
		stream_replace(stream, i_stream_create_qp_decoder(*stream));
	}
}

int i_stream_create_pop4_part(struct istream *raw, enum pop4_content_mode mode,
			      const struct pop4_part_header *header,
			      bool have_crlfs, struct istream **stream_r)
{
	struct istream *stream, *text;

	stream = i_stream_create_step(raw, POP4_MAX_PART_STEP);
	add_decoder(&stream, mode, header, have_crlfs);
	if (mode == POP4_CONTENT_TEXT) {
		if (i_stream_create_charset(stream, header->charset,
					    &text) < 0) {
			i_stream_unref(&stream);
			return -1;
		}
		stream_replace(&stream, text);
		stream_replace(&stream, i_stream_create_crlf(stream));
	}
	*stream_r = stream;
	return 0;
}
