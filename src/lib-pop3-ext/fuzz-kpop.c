/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "fuzzer.h"

#include "kpop-auth.h"
#include "kpop-frame.h"
#include "kpop-principal.h"
#include "pop3-ext-limits.h"

static void check(bool ok, const char *what)
{
	if (!ok)
		i_panic("wrong: %s", what);
}

/* Returns how much was taken; the events are noted. */
static size_t
frames(const unsigned char *data, size_t size, size_t piece, string_t *events)
{
	struct kpop_frame_parser *parser = kpop_frame_parser_init();
	enum kpop_frame_event event = KPOP_FRAME_MORE;
	const char *error = NULL;
	size_t n, left, taken = 0;

	while (taken < size && (event == KPOP_FRAME_MORE ||
				event == KPOP_FRAME_VERSIONS)) {
		n = left = I_MIN(piece, size - taken);
		event = kpop_frame_parse(parser, &data, &left, &error);
		taken += n - left;
		if (event != KPOP_FRAME_MORE)
			str_printfa(events, "%d ", (int)event);
	}
	check(kpop_frame_get_ticket(parser)->used <= POP3_EXT_MAX_KPOP_TICKET,
	      "size of the ticket");
	check(strlen(kpop_frame_get_version(parser)) <=
	      POP3_EXT_MAX_KPOP_VERSION, "size of the version");
	check((event < KPOP_FRAME_BAD_SENDAUTH) == (error == NULL), "error");
	kpop_frame_parser_deinit(&parser);
	return taken;
}

/* The pieces in which the octets come make no difference. */
static void check_frames(const unsigned char *data, size_t size)
{
	string_t *whole = t_str_new(16), *single = t_str_new(16);

	check(frames(data, size, size, whole) == frames(data, size, 1, single),
	      "octets taken");
	check(str_equals(whole, single), "events");
}

/* What is parsed and written again is the same. */
static void check_request(const unsigned char *data, size_t size)
{
	struct kpop_request request;
	buffer_t *buf = t_buffer_create(64);

	if (kpop_request_parse(data, size, &request) < 0)
		return;
	if (request.type == KPOP_REQUEST_LOGIN) {
		kpop_request_append_login(buf, request.token, request.user);
	} else {
		buffer_append_c(buf, request.type);
		if (request.pad != NULL)
			buffer_append(buf, request.pad, KPOP_PAD_SIZE);
		buffer_append(buf, request.ticket, request.ticket_size);
	}
	check(buf->used == size && memcmp(buf->data, data, size) == 0,
	      "request");
}

static void check_answer(const unsigned char *data, size_t size)
{
	struct kpop_answer answer;
	buffer_t *buf = t_buffer_create(64);

	if (kpop_answer_parse(data, size, &answer) < 0)
		return;
	kpop_answer_append(buf, &answer);
	check(buf->used == size && memcmp(buf->data, data, size) == 0,
	      "answer");
}

static void check_text(const char *text)
{
	buffer_t *key = t_buffer_create(4);
	static const unsigned char pad[KPOP_PAD_SIZE] = "pad";
	const char *principal, *realm = kpop_principal_get_realm(text);
	const char *service = kpop_principal_get_service(text);
	const char *token, *masked;

	buffer_append(key, "key", 3);
	check(*realm == '\0' || realm[-1] == '@', "realm");
	check(strncmp(text, service, strlen(service)) == 0, "service");
	check(kpop_token_check(key, "", text, 0, &principal) != KPOP_TOKEN_OK,
	      "token");
	token = kpop_token_create(key, text, text, 1);
	check(kpop_token_check(key, text, token, 1,
			       &principal) == KPOP_TOKEN_OK &&
	      strcmp(principal, text) == 0, "token of our own");
	masked = kpop_token_mask(text, pad);
	check(masked == NULL || strcasecmp(kpop_token_mask(masked, pad),
					   text) == 0, "masked twice");
}

FUZZ_BEGIN_DATA(const uint8_t *data, size_t size)
	check_frames(data, size);
	check_request(data, size);
	check_answer(data, size);
	check_text(t_strndup(data, size));
FUZZ_END
