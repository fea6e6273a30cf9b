/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "smtp-address.h"
#include "smtp-parser.h"
#include "test-common.h"

#include "relay-address.h"

static void test_relay_address_parse(void)
{
	static const struct {
		const char *str, *host;
		in_port_t port;
		const char *error;
	} tests[] = {
		{ "relay", "relay", 25, NULL },
		{ "relay.example.org:587", "relay.example.org", 587, NULL },
		{ "relay.example.org.", "relay.example.org.", 25, NULL },
		{ "re-lay_1.example:65535", "re-lay_1.example", 65535, NULL },
		{ "192.0.2.1", "192.0.2.1", 25, NULL },
		{ "192.0.2.1:1", "192.0.2.1", 1, NULL },
		{ "[2001:db8::1]", "2001:db8::1", 25, NULL },
		{ "[2001:db8::1]:587", "2001:db8::1", 587, NULL },
		{ "2001:db8::1", "2001:db8::1", 25, NULL },
		{ "::1", "::1", 25, NULL },

		{ "", NULL, 0, "There is no host name" },
		{ "relay:", NULL, 0, "\"relay:\" is not host" },
		{ "127.0.0.1:", NULL, 0, "\"127.0.0.1:\" is not host" },
		{ ":", NULL, 0, "\":\" is not host" },
		{ ":25", NULL, 0, "\"\" is not a host name" },
		{ "relay:0", NULL, 0, "\"relay:0\" is not host" },
		{ "relay:65536", NULL, 0, "\"relay:65536\" is not host" },
		{ "relay:99999999999999999999", NULL, 0, "" },
		{ "relay:-1", NULL, 0, "\"relay:-1\" is not host" },
		{ "relay:smtp", NULL, 0, "\"relay:smtp\" is not host" },
		{ "relay:25 ", NULL, 0, "\"relay:25\" is not host" },
		{ " relay", NULL, 0, "\"relay\" is not a host name" },
		{ "relay relay2", NULL, 0, "\"relay relay2\" is not a host" },
		{ "smtp://relay", NULL, 0, "" },
		{ "relay/x", NULL, 0, "\"relay/x\" is not a host name" },
		{ "-relay", NULL, 0, "\"-relay\" is not a host name" },
		{ "relay..x", NULL, 0, "\"relay..x\" is not a host name" },
		{ ".relay", NULL, 0, "\".relay\" is not a host name" },
		{ "rel\xc3\xa4y", NULL, 0, "\"rel?y\" is not a host name" },
		{ "192.0.2", NULL, 0, "\"192.0.2\" is not an IPv4 address" },
		{ "192.0.2.256", NULL, 0, "\"192.0.2.256\" is not an IPv4" },
		{ "25", NULL, 0, "\"25\" is not an IPv4 address" },
		{ "[2001:db8::1", NULL, 0, "\"[2001:db8::1\" is not host" },
		{ "2001:db8::1]:25", NULL, 0, "" },
		{ "[2001:db8::1]x", NULL, 0, "\"[2001:db8::1]x\" is not host" },
		{ "[2001:db8::1]:", NULL, 0, "\"[2001:db8::1]:\" is not host" },
		{ "[2001:db8::x]", NULL, 0, "\"2001:db8::x\" is not an IPv6" },
		{ "[[::1]]", NULL, 0, "" },
		{ "[relay]:25", NULL, 0, "\"relay\" is not an IPv6 address" },
		{ "[192.0.2.1]", NULL, 0, "\"192.0.2.1\" is not an IPv6" },
		{ "[]", NULL, 0, "\"\" is not an IPv6 address" },
		/* longer than a name can be */
#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		{ X50 X50 X50 X50 X50 ".x.x.x", NULL, 0, "" },
		{ X50 X50 X50 X50 X50 ".x.", X50 X50 X50 X50 X50 ".x.", 25,
		  NULL },
		{ "a:b:c", NULL, 0, "\"a:b:c\" is not an IPv6 address" },
		{ "smtp://127.0.0.1:25", NULL, 0, "\"smtp://127.0.0.1:25\" is "
		  "a URL: write HOST or HOST:PORT, without smtp://" },
		{ "smtps://relay", NULL, 0, "\"smtps://relay\" is a URL" },
	};
	const char *host, *error;
	in_port_t port;
	unsigned int i;
	int ret;

	test_begin("relay address: parse");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		host = error = NULL;
		port = 0;
		ret = relay_address_parse(pool_datastack_create(), tests[i].str,
					  25, &host, &port, &error);
		test_assert_idx((ret == 0) == (tests[i].error == NULL), i);
		test_assert_strcmp_idx(host, tests[i].host, i);
		test_assert_idx(port == tests[i].port, i);
		test_assert_idx((error == NULL) == (ret == 0), i);
		if (error != NULL && tests[i].error != NULL) {
			test_assert_strcmp_idx(t_strndup(error,
				strlen(tests[i].error)), tests[i].error, i);
		}
	}
	test_end();
}

static void test_submission_address_parse(void)
{
	static const struct {
		const char *name, *domain, *address;
	} tests[] = {
		{ "alice", "example.org", "alice@example.org" },
		{ "alice@example.net", "example.org", "alice@example.net" },
		{ "alice@example.net", "", "alice@example.net" },
		{ "alice@host@example.net", "example.org",
		  "\"alice@host\"@example.net" },
		{ "a b", "example.org", "\"a b\"@example.org" },
		{ "dom\\alice", "example.org", "\"dom\\\\alice\"@example.org" },
		{ "\"a b\"@example.net", "example.org",
		  "\"a b\"@example.net" },

		/* one name, whatever it looks like */
		{ "alice@example.net, bob@example.net", "example.org",
		  "\"alice@example.net, bob\"@example.net" },
		{ "<alice@example.net", "example.org",
		  "\"<alice\"@example.net" },

		{ "", "example.org", NULL },
		{ "alice", "", NULL },
		{ "alice", NULL, NULL },
		{ "alice", "exa mple", NULL },
		{ "alice", "example.org>", NULL },
		{ "alice@", "example.org", NULL },
		{ "alice@.", "example.org", NULL },
		{ "alice@exa mple", "example.org", NULL },
		{ "alice\r\nRCPT TO:<x>", "example.org", NULL },
		{ "alice\x01", "example.org", NULL },
		{ "alice\xff", "example.org", NULL },
	};
	struct smtp_address *address;
	const char *error;
	unsigned int i;
	int ret;

	test_begin("submission address: parse");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		error = NULL;
		ret = submission_address_parse(pool_datastack_create(),
					       tests[i].name, tests[i].domain,
					       &address, &error);
		test_assert_idx((ret == 0) == (tests[i].address != NULL), i);
		test_assert_idx((ret == 0) == (error == NULL), i);
		if (ret == 0) {
			test_assert_strcmp_idx(smtp_address_encode(address),
					       tests[i].address, i);
		} else if (error != NULL) {
			test_assert_idx(error[0] == '"', i);
			test_assert_idx(strpbrk(error, "\r\n\x01") == NULL, i);
		}
	}

	/* depends on the host */
	ret = submission_address_parse(pool_datastack_create(), "\xc3\xa4",
				       "example.org", &address, &error);
	test_assert((ret == 0) == smtp_char_is_atext(0xc3));
	ret = submission_address_parse(pool_datastack_create(), "alice",
				       "\xc3\xa4.example", &address, &error);
	test_assert((ret == 0) == smtp_char_is_atext(0xc3));
	test_end();
}

static void test_submission_setting_parse(void)
{
	static const struct {
		const char *value, *address;
	} tests[] = {
		{ "alice", "alice@example.org" },
		{ "alice@example.net", "alice@example.net" },
		{ "dom\\alice", "\"dom\\\\alice\"@example.org" },
		{ "\"a b\"@example.net", "\"a b\"@example.net" },
		{ "\"a@b, c\"@example.net", "\"a@b, c\"@example.net" },

		{ "", NULL },
		{ "@", NULL },
		{ "@example.net", NULL },
		{ "alice@", NULL },
		{ "alice@@example.net", NULL },
		{ "alice@host@example.net", NULL },
		{ "alice@example.net, bob@example.net", NULL },
		{ "alice@example.net bob@example.net", NULL },
		{ "alice@example.net;bob@example.net", NULL },
		{ "\"a b\"@example.net, bob@example.net", NULL },
		{ "alice, bob", NULL },
		{ "<alice@example.net>", NULL },
		{ "Alice <alice@example.net>", NULL },
		{ "mailto:alice@example.net", NULL },
	};
	struct smtp_address *address;
	const char *error;
	unsigned int i;
	int ret;

	test_begin("submission setting: parse");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		error = NULL;
		ret = submission_setting_parse(pool_datastack_create(),
					       tests[i].value, "example.org",
					       &address, &error);
		test_assert_idx((ret == 0) == (tests[i].address != NULL), i);
		test_assert_idx((ret == 0) == (error == NULL), i);
		if (ret == 0) {
			test_assert_strcmp_idx(smtp_address_encode(address),
					       tests[i].address, i);
		}
	}
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_relay_address_parse,
		test_submission_address_parse,
		test_submission_setting_parse,
		NULL
	};
	return test_run(test_functions);
}
