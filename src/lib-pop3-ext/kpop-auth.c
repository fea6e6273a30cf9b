/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "buffer.h"

#include "kpop-auth.h"
#include "pop3-ext-limits.h"

void kpop_request_append_ticket(buffer_t *dest, const buffer_t *ticket,
				size_t *pos, const unsigned char *pad)
{
	size_t left = ticket->used - *pos;
	size_t part = I_MIN(left, POP3_EXT_MAX_KPOP_PART);

	if (part < left) {
		buffer_append_c(dest, KPOP_REQUEST_TICKET_PART);
	} else {
		buffer_append_c(dest, KPOP_REQUEST_TICKET_END);
		buffer_append(dest, pad, KPOP_PAD_SIZE);
	}
	buffer_append(dest, CONST_PTR_OFFSET(ticket->data, *pos), part);
	*pos += part;
}

static void append_string(buffer_t *dest, const char *str)
{
	buffer_append(dest, str, strlen(str) + 1);
}

void kpop_request_append_login(buffer_t *dest, const char *token,
			       const char *user)
{
	buffer_append_c(dest, KPOP_REQUEST_LOGIN);
	append_string(dest, token);
	append_string(dest, user);
}

/* Takes a string with its NUL; NULL when there is none. */
static const char *
parse_string(const unsigned char **data, size_t *size)
{
	const unsigned char *end = memchr(*data, '\0', *size);
	const char *str;

	if (end == NULL)
		return NULL;
	str = t_strdup_until(*data, end);
	*size -= end + 1 - *data;
	*data = end + 1;
	return str;
}

static int
kpop_request_parse_login(const unsigned char *data, size_t size,
			 struct kpop_request *request_r)
{
	request_r->token = parse_string(&data, &size);
	if (request_r->token == NULL)
		return -1;
	request_r->user = parse_string(&data, &size);
	return request_r->user == NULL || *request_r->user == '\0' ||
		size > 0 ? -1 : 0;
}

static int
kpop_request_parse_part(const unsigned char *data, size_t size,
			struct kpop_request *request_r)
{
	if (size == 0 || size > POP3_EXT_MAX_KPOP_PART)
		return -1;
	request_r->ticket = data;
	request_r->ticket_size = size;
	return 0;
}

static int
kpop_request_parse_end(const unsigned char *data, size_t size,
		       struct kpop_request *request_r)
{
	if (size < KPOP_PAD_SIZE)
		return -1;
	request_r->pad = data;
	return kpop_request_parse_part(data + KPOP_PAD_SIZE,
				       size - KPOP_PAD_SIZE, request_r);
}

int kpop_request_parse(const unsigned char *data, size_t size,
		       struct kpop_request *request_r)
{
	i_zero(request_r);
	if (size == 0)
		return -1;
	request_r->type = data[0];
	switch (request_r->type) {
	case KPOP_REQUEST_TICKET_PART:
		return kpop_request_parse_part(data + 1, size - 1, request_r);
	case KPOP_REQUEST_TICKET_END:
		return kpop_request_parse_end(data + 1, size - 1, request_r);
	case KPOP_REQUEST_LOGIN:
		return kpop_request_parse_login(data + 1, size - 1, request_r);
	}
	return -1;
}

void kpop_answer_append(buffer_t *dest, const struct kpop_answer *answer)
{
	buffer_append_c(dest, answer->type);
	if (answer->type == KPOP_ANSWER_ACCEPTED)
		append_string(dest, answer->token);
	buffer_append(dest, answer->data, answer->size);
}

int kpop_answer_parse(const unsigned char *data, size_t size,
		      struct kpop_answer *answer_r)
{
	i_zero(answer_r);
	if (size == 0)
		return -1;
	answer_r->type = data[0];
	answer_r->data = data + 1;
	answer_r->size = size - 1;
	switch (answer_r->type) {
	case KPOP_ANSWER_NEXT_PART:
		return answer_r->size == 0 ? 0 : -1;
	case KPOP_ANSWER_ACCEPTED:
		answer_r->token = parse_string(&answer_r->data,
					       &answer_r->size);
		if (answer_r->token == NULL)
			return -1;
		/* fall through */
	case KPOP_ANSWER_REFUSED:
		return answer_r->size <= POP3_EXT_MAX_KPOP_TICKET ? 0 : -1;
	}
	return -1;
}
