/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The messages of the mechanism, tokens, names of principals, settings */

#include "lib.h"
#include "str.h"
#include "test-common.h"

#include "kpop-auth.h"
#include "kpop-principal.h"
#include "kpop-settings.h"
#include "pop3-ext-limits.h"

static const unsigned char pad[KPOP_PAD_SIZE] = "a pad of 32 octets, and no less";

static void test_kpop_request_ticket(void)
{
	static const size_t sizes[] = {
		1, POP3_EXT_MAX_KPOP_PART - 1, POP3_EXT_MAX_KPOP_PART,
		POP3_EXT_MAX_KPOP_PART + 1, POP3_EXT_MAX_KPOP_TICKET
	};
	struct kpop_request request;
	buffer_t *ticket, *got, *part;
	size_t pos, parts;
	unsigned int i;

	test_begin("kpop request: parts of a ticket");
	for (i = 0; i < N_ELEMENTS(sizes); i++) {
		ticket = t_buffer_create(sizes[i]);
		memset(buffer_append_space_unsafe(ticket, sizes[i]), 'x',
		       sizes[i]);
		got = t_buffer_create(sizes[i]);
		pos = parts = 0;
		do {
			part = t_buffer_create(1024);
			kpop_request_append_ticket(part, ticket, &pos, pad);
			test_assert_idx(kpop_request_parse(
				part->data, part->used, &request) == 0, i);
			buffer_append(got, request.ticket, request.ticket_size);
			parts++;
		} while (request.type == KPOP_REQUEST_TICKET_PART);
		test_assert_idx(request.type == KPOP_REQUEST_TICKET_END, i);
		test_assert_idx(memcmp(request.pad, pad, sizeof(pad)) == 0, i);
		test_assert_idx(parts == (sizes[i] + POP3_EXT_MAX_KPOP_PART - 1) /
				POP3_EXT_MAX_KPOP_PART, i);
		test_assert_idx(buffer_cmp(ticket, got), i);
	}
	test_end();
}

static void test_kpop_request_login(void)
{
	struct kpop_request request;
	buffer_t *buf = t_buffer_create(64);

	test_begin("kpop request: log in");
	kpop_request_append_login(buf, "token", "user name");
	test_assert(kpop_request_parse(buf->data, buf->used, &request) == 0);
	test_assert(request.type == KPOP_REQUEST_LOGIN);
	test_assert_strcmp(request.token, "token");
	test_assert_strcmp(request.user, "user name");
	test_end();
}

static void test_kpop_request_bad(void)
{
	static const struct {
		const char *data;
		size_t size;
	} tests[] = {
		{ "", 0 },
		{ "T", 1 },
		{ "T" "0123456789012345678901234567890", 32 },
		{ "T" "01234567890123456789012345678901", 33 },
		{ "t", 1 },
		{ "L", 1 },
		{ "Ltoken", 6 },
		{ "Ltoken\0", 7 },
		{ "Ltoken\0\0", 8 },
		{ "Ltoken\0user", 11 },
		{ "Ltoken\0user\0x", 13 },
		{ "X12", 3 },
		{ "\0" "12", 3 },
	};
	struct kpop_request request;
	unsigned char *large;
	unsigned int i;

	test_begin("kpop request: bad ones");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(kpop_request_parse(
			(const unsigned char *)tests[i].data, tests[i].size,
			&request) < 0, i);
	}
	large = t_malloc0(POP3_EXT_MAX_KPOP_PART + 2);
	large[0] = KPOP_REQUEST_TICKET_PART;
	test_assert(kpop_request_parse(large, POP3_EXT_MAX_KPOP_PART + 1,
				       &request) == 0);
	test_assert(kpop_request_parse(large, POP3_EXT_MAX_KPOP_PART + 2,
				       &request) < 0);
	test_end();
}

static void test_kpop_answer(void)
{
	static const struct kpop_answer tests[] = {
		{ .type = KPOP_ANSWER_NEXT_PART },
		{ .type = KPOP_ANSWER_ACCEPTED, .token = "token" },
		{ .type = KPOP_ANSWER_ACCEPTED, .token = "token",
		  .data = (const unsigned char *)"a\0b", .size = 3 },
		{ .type = KPOP_ANSWER_REFUSED },
		{ .type = KPOP_ANSWER_REFUSED,
		  .data = (const unsigned char *)"\0", .size = 1 },
	};
	static const char *const bad[] = { "", "nx", "atoken", "x" };
	struct kpop_answer answer;
	buffer_t *buf;
	unsigned int i;

	test_begin("kpop answer");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		buf = t_buffer_create(64);
		kpop_answer_append(buf, &tests[i]);
		test_assert_idx(kpop_answer_parse(buf->data, buf->used,
						  &answer) == 0, i);
		test_assert_idx(answer.type == tests[i].type, i);
		test_assert_strcmp_idx(answer.token, tests[i].token, i);
		test_assert_idx(answer.size == tests[i].size &&
				(answer.size == 0 ||
				 memcmp(answer.data, tests[i].data,
					answer.size) == 0), i);
	}
	for (i = 0; i < N_ELEMENTS(bad); i++) {
		test_assert_idx(kpop_answer_parse(
			(const unsigned char *)bad[i], strlen(bad[i]),
			&answer) < 0, i);
	}
	test_end();
}

static void test_kpop_token(void)
{
	buffer_t *key = t_buffer_create(8), *key2 = t_buffer_create(8);
	const char *token, *principal = NULL;
	char *changed;
	size_t i;

	test_begin("kpop token");
	buffer_append(key, "key1", 4);
	buffer_append(key2, "key2", 4);
	token = kpop_token_create(key, "session", "a:b@R", 1000);
	test_assert(kpop_token_check(key, "session", token, 1000,
				     &principal) == KPOP_TOKEN_OK);
	test_assert_strcmp(principal, "a:b@R");
	test_assert(kpop_token_check(key, "session", token, 1001,
				     &principal) == KPOP_TOKEN_STALE);
	test_assert(kpop_token_check(key2, "session", token, 1,
				     &principal) == KPOP_TOKEN_STALE);
	test_assert(kpop_token_check(key, "session2", token, 1,
				     &principal) == KPOP_TOKEN_FORGED);
	test_assert(kpop_token_check(key, "session", "", 1,
				     &principal) == KPOP_TOKEN_FORGED);
	test_assert(kpop_token_check(key, "session", ":", 1,
				     &principal) == KPOP_TOKEN_FORGED);
	for (i = 0; i < strlen(token); i++) {
		changed = t_strdup_noconst(token);
		changed[i] ^= 1;
		test_assert_idx(kpop_token_check(key, "session", changed, 1,
						 &principal) != KPOP_TOKEN_OK,
				i);
	}
	test_end();
}

static void test_kpop_token_mask(void)
{
	buffer_t *key = t_buffer_create(8);
	const char *token, *masked, *principal;

	test_begin("kpop token: the pad hides the MAC");
	buffer_append(key, "key1", 4);
	token = kpop_token_create(key, "session", "a@R", 1000);
	masked = kpop_token_mask(token, pad);
	test_assert(strlen(masked) == strlen(token));
	test_assert(kpop_token_check(key, "session", masked, 1,
				     &principal) == KPOP_TOKEN_FORGED);
	test_assert_strcmp(kpop_token_mask(masked, pad), token);
	test_assert(kpop_token_mask("", pad) == NULL);
	test_assert(kpop_token_mask("abc:def", pad) == NULL);
	test_assert(kpop_token_mask(t_strndup(token, KPOP_PAD_SIZE * 2),
				    pad) == NULL);
	test_end();
}

static void test_kpop_principal(void)
{
	static const struct {
		const char *principal, *service, *realm;
	} tests[] = {
		{ "alice@EXAMPLE.TEST", "alice", "EXAMPLE.TEST" },
		{ "pop/mx.example.test@R", "pop", "R" },
		{ "pop/a/b@R", "pop", "R" },
		{ "po\\/p/a@R", "po\\/p", "R" },
		{ "a\\@X@R", "a\\@X", "R" },
		{ "a@EVIL\\@R", "a", "EVIL\\@R" },
		{ "a\\\\@R", "a\\\\", "R" },
		{ "alice", "alice", "" },
		{ "alice@", "alice", "" },
		{ "a\\", "a\\", "" },
		{ "", "", "" },
	};
	unsigned int i;

	test_begin("kpop principal");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(
			kpop_principal_get_service(tests[i].principal),
			tests[i].service, i);
		test_assert_strcmp_idx(
			kpop_principal_get_realm(tests[i].principal),
			tests[i].realm, i);
	}
	test_assert(kpop_list_has("pop", "pop"));
	test_assert(kpop_list_has("host, pop", "pop"));
	test_assert(!kpop_list_has("host,pop3", "pop"));
	test_assert(!kpop_list_has("", "pop") && !kpop_list_has("pop", ""));
	test_end();
}

static void test_kpop_settings(void)
{
	const struct kpop_settings *defaults = kpop_setting_parser_info.defaults;
	struct kpop_settings set = *defaults;
	const char *error;

	test_begin("kpop settings");
#define CHECK() kpop_setting_parser_info.check_func( \
	&set, pool_datastack_create(), &error)
	test_assert(CHECK());
	set.pop3_ext_kpop_timeout = 0;
	test_assert(!CHECK());
	set.pop3_ext_kpop_timeout = 121;
	test_assert(!CHECK());
	test_assert_strcmp(error, "pop3_ext_kpop_timeout must be between "
			   "1 and 120 seconds");
	set.pop3_ext_kpop_timeout = 120;
	set.pop3_ext_kpop_services = " ,";
	test_assert(!CHECK());
	test_assert_strcmp(error, "pop3_ext_kpop_services must not be empty");
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_kpop_request_ticket,
		test_kpop_request_login,
		test_kpop_request_bad,
		test_kpop_answer,
		test_kpop_token,
		test_kpop_token_mask,
		test_kpop_principal,
		test_kpop_settings,
		NULL
	};
	return test_run(test_functions);
}
