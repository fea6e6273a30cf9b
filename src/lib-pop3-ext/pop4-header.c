/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"

#include "pop3-ext-limits.h"
#include "pop4-header.h"

static enum pop4_header_state header_line_start(bool first, unsigned char c)
{
	if (c == ':')
		return POP4_HEADER_STATE_BAD;
	if (c > ' ' && c < 0x7f)
		return POP4_HEADER_STATE_NAME;
	if (first)
		return POP4_HEADER_STATE_BAD;
	switch (c) {
	case ' ':
	case '\t':
		return POP4_HEADER_STATE_VALUE;
	case '\r':
		return POP4_HEADER_STATE_CR;
	case '\n':
		return POP4_HEADER_STATE_BODY;
	default:
		return POP4_HEADER_STATE_BAD;
	}
}

static enum pop4_header_state
header_next(enum pop4_header_state state, unsigned char c)
{
	switch (state) {
	case POP4_HEADER_STATE_FIRST:
	case POP4_HEADER_STATE_LINE:
		return header_line_start(state == POP4_HEADER_STATE_FIRST, c);
	case POP4_HEADER_STATE_NAME:
		if (c > ' ' && c < 0x7f && c != ':')
			return state;
		/* fall through */
	case POP4_HEADER_STATE_NAME_END:
		if (c == ':')
			return POP4_HEADER_STATE_VALUE;
		return c == ' ' || c == '\t' ? POP4_HEADER_STATE_NAME_END :
			POP4_HEADER_STATE_BAD;
	case POP4_HEADER_STATE_VALUE:
		return c == '\n' ? POP4_HEADER_STATE_LINE : state;
	case POP4_HEADER_STATE_CR:
		return c == '\n' ? POP4_HEADER_STATE_BODY :
			POP4_HEADER_STATE_BAD;
	case POP4_HEADER_STATE_BODY:
	case POP4_HEADER_STATE_BAD:
		break;
	}
	return state;
}

bool pop4_header_more(struct pop4_header *header, const unsigned char *data,
		      size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (header->state >= POP4_HEADER_STATE_BODY)
			break;
		header->state = header_next(header->state, data[i]);
	}
	header->size += i;
	if (header->size > POP3_EXT_MAX_HEADER_SIZE)
		header->state = POP4_HEADER_STATE_BAD;
	return header->state != POP4_HEADER_STATE_BAD;
}

bool pop4_header_finish(const struct pop4_header *header)
{
	return header->state == POP4_HEADER_STATE_LINE ||
		header->state == POP4_HEADER_STATE_BODY;
}
