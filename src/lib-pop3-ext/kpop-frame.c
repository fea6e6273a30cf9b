/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "buffer.h"

#include "kpop-frame.h"
#include "pop3-ext-limits.h"
#include "reply-text.h"

#define KPOP_LENGTH_SIZE 4
#define KPOP_SENDAUTH_VERSION "KRB5_SENDAUTH_V1.0"
/* What Kerberos 4 begins with, AUTHV0.1, where Kerberos 5 has a length */
#define KPOP_KRB4_LENGTH ((uint32_t)'A' << 24 | 'U' << 16 | 'T' << 8 | 'H')
/* DER: [APPLICATION 14], constructed */
#define KPOP_AP_REQ_TAG 0x6e

enum kpop_frame_part {
	KPOP_PART_SENDAUTH,
	KPOP_PART_VERSION,
	KPOP_PART_TICKET,
	KPOP_PART_NONE
};

static const struct {
	const char *name;
	uint32_t min, max;
} kpop_parts[KPOP_PART_NONE] = {
	{ "version of the exchange", 1, POP3_EXT_MAX_KPOP_VERSION },
	{ "version of the application", 0, POP3_EXT_MAX_KPOP_VERSION },
	{ "ticket", 1, POP3_EXT_MAX_KPOP_TICKET },
};

struct kpop_frame_parser {
	enum kpop_frame_part part;
	/* of the part: octets of its length that have come, and the length */
	unsigned int length_pos;
	uint32_t length;

	buffer_t *sendauth, *version, *ticket;
};

struct kpop_frame_parser *kpop_frame_parser_init(void)
{
	struct kpop_frame_parser *parser;

	parser = i_new(struct kpop_frame_parser, 1);
	parser->sendauth = buffer_create_dynamic(default_pool, 32);
	parser->version = buffer_create_dynamic(default_pool, 16);
	parser->ticket = buffer_create_dynamic(default_pool, 64);
	return parser;
}

void kpop_frame_parser_deinit(struct kpop_frame_parser **_parser)
{
	struct kpop_frame_parser *parser = *_parser;

	if (parser == NULL)
		return;
	*_parser = NULL;
	buffer_free(&parser->sendauth);
	buffer_free(&parser->version);
	buffer_free(&parser->ticket);
	i_free(parser);
}

static buffer_t *kpop_frame_part_buffer(struct kpop_frame_parser *parser)
{
	switch (parser->part) {
	case KPOP_PART_SENDAUTH:
		return parser->sendauth;
	case KPOP_PART_VERSION:
		return parser->version;
	case KPOP_PART_TICKET:
		return parser->ticket;
	case KPOP_PART_NONE:
		break;
	}
	i_unreached();
}

/* The first length tells what kind of client it is. */
static bool
kpop_frame_length_check(const struct kpop_frame_parser *parser,
			const char **error_r)
{
	uint32_t length = parser->length;

	if (length >= kpop_parts[parser->part].min &&
	    length <= kpop_parts[parser->part].max)
		return TRUE;
	if (parser->part != KPOP_PART_SENDAUTH) {
		*error_r = t_strdup_printf("%s with a length of %u octets",
					   kpop_parts[parser->part].name,
					   length);
	} else if (length == KPOP_KRB4_LENGTH) {
		*error_r = "Kerberos 4 is not supported";
	} else {
		*error_r = "not a Kerberos client";
	}
	return FALSE;
}

/* Returns 1 when the length is there, 0 when more is needed, -1 when it is not
   acceptable. */
static int
kpop_frame_parse_length(struct kpop_frame_parser *parser,
			const unsigned char **data, size_t *size,
			const char **error_r)
{
	if (parser->length_pos == KPOP_LENGTH_SIZE)
		return 1;
	for (; *size > 0 && parser->length_pos < KPOP_LENGTH_SIZE;
	     parser->length_pos++, (*data)++, (*size)--)
		parser->length = parser->length << 8 | **data;
	if (parser->length_pos < KPOP_LENGTH_SIZE)
		return 0;
	return kpop_frame_length_check(parser, error_r) ? 1 : -1;
}

static bool
kpop_frame_parse_data(struct kpop_frame_parser *parser,
		      const unsigned char **data, size_t *size)
{
	buffer_t *dest = kpop_frame_part_buffer(parser);
	size_t take = I_MIN(*size, parser->length - dest->used);

	buffer_append(dest, *data, take);
	*data += take;
	*size -= take;
	return dest->used == parser->length;
}

static bool kpop_frame_sendauth_is_known(const buffer_t *sendauth)
{
	/* with its NUL */
	return sendauth->used == sizeof(KPOP_SENDAUTH_VERSION) &&
		memcmp(sendauth->data, KPOP_SENDAUTH_VERSION,
		       sizeof(KPOP_SENDAUTH_VERSION)) == 0;
}

static bool kpop_frame_ticket_is_ap_req(const buffer_t *ticket)
{
	return *(const unsigned char *)ticket->data == KPOP_AP_REQ_TAG;
}

static enum kpop_frame_event
kpop_frame_part_finished(struct kpop_frame_parser *parser,
			 const char **error_r)
{
	enum kpop_frame_part part = parser->part++;

	parser->length_pos = 0;
	parser->length = 0;
	switch (part) {
	case KPOP_PART_SENDAUTH:
		if (kpop_frame_sendauth_is_known(parser->sendauth))
			return KPOP_FRAME_MORE;
		*error_r = "unknown version of the exchange";
		return KPOP_FRAME_BAD_SENDAUTH;
	case KPOP_PART_VERSION:
		return KPOP_FRAME_VERSIONS;
	case KPOP_PART_TICKET:
		if (kpop_frame_ticket_is_ap_req(parser->ticket))
			return KPOP_FRAME_TICKET;
		*error_r = "no ticket where one is expected";
		return KPOP_FRAME_REFUSED;
	case KPOP_PART_NONE:
		break;
	}
	i_unreached();
}

enum kpop_frame_event
kpop_frame_parse(struct kpop_frame_parser *parser,
		 const unsigned char **data, size_t *size,
		 const char **error_r)
{
	enum kpop_frame_event event = KPOP_FRAME_MORE;
	int ret;

	i_assert(parser->part != KPOP_PART_NONE);
	while (event == KPOP_FRAME_MORE) {
		ret = kpop_frame_parse_length(parser, data, size, error_r);
		if (ret < 0)
			return KPOP_FRAME_REFUSED;
		if (ret == 0 || !kpop_frame_parse_data(parser, data, size))
			return KPOP_FRAME_MORE;
		event = kpop_frame_part_finished(parser, error_r);
	}
	return event;
}

const char *kpop_frame_get_version(const struct kpop_frame_parser *parser)
{
	const unsigned char *data = parser->version->data;
	size_t size = parser->version->used;

	/* usually with its NUL */
	if (size > 0 && data[size - 1] == '\0')
		size--;
	return reply_text_sanitize_data(data, size, POP3_EXT_MAX_KPOP_VERSION);
}

const buffer_t *kpop_frame_get_ticket(const struct kpop_frame_parser *parser)
{
	return parser->ticket;
}

void kpop_frame_append(buffer_t *dest, const void *data, size_t size)
{
	uint32_t length = size;
	unsigned char octets[KPOP_LENGTH_SIZE] = {
		length >> 24, length >> 16 & 0xff,
		length >> 8 & 0xff, length & 0xff,
	};

	i_assert(size <= POP3_EXT_MAX_KPOP_TICKET);
	buffer_append(dest, octets, sizeof(octets));
	buffer_append(dest, data, size);
}
