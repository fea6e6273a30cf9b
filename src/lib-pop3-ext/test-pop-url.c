/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "test-common.h"

#include "pop-url.h"
#include "pop3-ext-limits.h"

static void test_pop_url_good(void)
{
	static const struct {
		const char *url, *user, *host;
		in_port_t port;
		enum pop_url_auth auth;
		const char *mechanism;
		bool tls;
	} tests[] = {
		/* the examples of RFC 2384 */
		{ "pop://rg@mailsrv.qualcomm.com", "rg",
		  "mailsrv.qualcomm.com", 110, POP_URL_AUTH_ANY, NULL, FALSE },
		{ "pop://rg;AUTH=+APOP@mail.eudora.com:8110", "rg",
		  "mail.eudora.com", 8110, POP_URL_AUTH_APOP, NULL, FALSE },
		{ "pop://baz;AUTH=SCRAM-MD5@foo.bar", "baz", "foo.bar", 110,
		  POP_URL_AUTH_SASL, "SCRAM-MD5", FALSE },

		{ "pop://foo.bar", NULL, "foo.bar", 110, 0, NULL, FALSE },
		{ "pop://foo.bar/", NULL, "foo.bar", 110, 0, NULL, FALSE },
		{ "pop://foo.bar:", NULL, "foo.bar", 110, 0, NULL, FALSE },
		{ "POP://foo.bar:1", NULL, "foo.bar", 1, 0, NULL, FALSE },
		{ "pops://foo.bar", NULL, "foo.bar", 995, 0, NULL, TRUE },
		{ "PopS://a@foo.bar:65535", "a", "foo.bar", 65535, 0, NULL,
		  TRUE },
		{ "pop://a;AUTH=*@foo.bar", "a", "foo.bar", 110,
		  POP_URL_AUTH_ANY, NULL, FALSE },
		{ "pop://;AUTH=*@foo.bar", NULL, "foo.bar", 110,
		  POP_URL_AUTH_ANY, NULL, FALSE },
		{ "pop://;auth=+apop@foo.bar", NULL, "foo.bar", 110,
		  POP_URL_AUTH_APOP, NULL, FALSE },
		{ "pop://a;auth=scram-sha-256@foo.bar", "a", "foo.bar", 110,
		  POP_URL_AUTH_SASL, "SCRAM-SHA-256", FALSE },
		{ "pop://a;AUTH=%50LAIN@foo.bar", "a", "foo.bar", 110,
		  POP_URL_AUTH_SASL, "PLAIN", FALSE },
		{ "pop://a%40b.example%3B%3a%2f%20%25@foo.bar",
		  "a@b.example;:/ %", "foo.bar", 110, 0, NULL, FALSE },
		{ "pop://j%C3%B6rg@foo.bar", "j\xc3\xb6rg", "foo.bar", 110, 0,
		  NULL, FALSE },
		{ "pop://a&b=c~$-_.+!*'(),@foo.bar", "a&b=c~$-_.+!*'(),",
		  "foo.bar", 110, 0, NULL, FALSE },
		{ "pop://192.0.2.1:8110", NULL, "192.0.2.1", 8110, 0, NULL,
		  FALSE },
		{ "pop://a@[2001:db8::1]", "a", "2001:db8::1", 110, 0, NULL,
		  FALSE },
		{ "pops://a;AUTH=*@[::1]:9995", "a", "::1", 9995, 0, NULL,
		  TRUE },
	};
	struct pop_url url;
	const char *error;
	unsigned int i;
	int ret;

	test_begin("pop url: good");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		error = NULL;
		test_assert_idx(pop_url_is(tests[i].url), i);
		ret = pop_url_parse(pool_datastack_create(), tests[i].url,
				    &url, &error);
		test_assert_idx(ret == 0, i);
		test_assert_strcmp_idx(error, NULL, i);
		if (ret < 0)
			continue;
		test_assert_strcmp_idx(url.user, tests[i].user, i);
		test_assert_strcmp_idx(url.host, tests[i].host, i);
		test_assert_idx(url.port == tests[i].port, i);
		test_assert_idx(url.auth == tests[i].auth, i);
		test_assert_strcmp_idx(url.mechanism, tests[i].mechanism, i);
		test_assert_idx(url.tls == tests[i].tls, i);
	}
	test_end();
}

static void test_pop_url_bad(void)
{
	static const struct {
		const char *url, *error;
	} tests[] = {
		{ "", "A URL of a POP server begins with" },
		{ "foo.bar", "A URL of a POP server begins with" },
		{ "imap://foo.bar", "A URL of a POP server begins with" },
		{ "pop3://foo.bar", "A URL of a POP server begins with" },
		{ "pop", "A URL of a POP server begins with" },
		{ "pop:", "\"pop:\" has no valid host and port" },
		{ "pop:foo.bar", "\"pop:foo.bar\" has no valid host" },
		{ "pop:/foo.bar", "\"pop:/foo.bar\" has no valid host" },
		{ "pop://", "\"pop://\" has no valid host and port" },
		{ "pop:///", "There is no host in \"pop:///\"" },
		{ "pop://a@", "There is no host in \"pop://a@\"" },
		{ "pop://@foo.bar", "There is no user before the @" },
		{ "pop://a:b@foo.bar", "A password has no place in a URL" },
		{ "pop://a;AUTH=*:b@foo.bar", "A password has no place" },
		{ "pop://a:@foo.bar", "A password has no place in a URL" },
		{ "pop://a;b@foo.bar", "After the user of a URL only ;AUTH=" },
		{ "pop://a;AUTH@foo.bar", "After the user of a URL only" },
		{ "pop://a;AUTH=@foo.bar", "\"\" is not the name of a login" },
		{ "pop://a;AUTH=%2A@foo.bar", "\"%2A\" is not the name" },
		{ "pop://a;AUTH=%2BAPOP@foo.bar", "\"%2BAPOP\" is not the" },
		{ "pop://a;AUTH=+KPOP@foo.bar",
		  "There is no login method \"+KPOP\"" },
		{ "pop://a;AUTH=+@foo.bar", "There is no login method \"+\"" },
		{ "pop://a;AUTH=PLAIN;AUTH=*@foo.bar", "\"PLAIN;AUTH=*\" is" },
		{ "pop://a;AUTH=ABCDEFGHIJKLMNOPQRSTU@foo.bar",
		  "\"ABCDEFGHIJKLMNOPQRSTU\" is not the name" },
		{ "pop://a%00@foo.bar", "The user of the URL is not encoded" },
		{ "pop://a%@foo.bar", "" },
		{ "pop://a%4@foo.bar", "" },
		{ "pop://a%zz@foo.bar", "" },
		{ "pop://a%z\x1b@foo.bar", "" },
		{ "pop://a%0d%0aDELE 1@foo.bar", "" },
		{ "pop://a%0d%0aDELE%201@foo.bar", "\"a DELE 1\" is not a" },
		{ "pop://a%7f@foo.bar", "\"a?\" is not a user name" },
		{ "pop://a%ff@foo.bar", "\"a?\" is not a user name" },
		{ "pop://a b@foo.bar", "" },
		{ "pop://a@b@foo.bar", "" },
		{ "pop://foo bar", "" },
		{ "pop://foo.bar:0", "" },
		{ "pop://foo.bar:65536", "" },
		{ "pop://foo.bar:-1", "" },
		{ "pop://foo.bar:pop", "" },
		{ "pop://foo.bar:110:1", "" },
		{ "pop://[::1", "" },
		{ "pop://[::x]", "" },
		{ "pop://[]", "" },
		{ "pop://::1", "" },
		{ "pop://foo.bar/1", "After the host and port of a URL" },
		{ "pop://foo.bar?x", "After the host and port of a URL" },
		{ "pop://foo.bar#x", "After the host and port of a URL" },
		{ "pop://foo.bar//", "After the host and port of a URL" },
	};
	string_t *big = t_str_new(POP_URL_MAX_SIZE + 16);
	struct pop_url url;
	const char *error;
	unsigned int i;

	test_begin("pop url: bad");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		error = NULL;
		test_assert_idx(pop_url_parse(pool_datastack_create(),
					      tests[i].url, &url, &error) < 0,
				i);
		if (error == NULL)
			continue;
		test_assert_strcmp_idx(t_strndup(error, strlen(tests[i].error)),
				       tests[i].error, i);
		test_assert_idx(strpbrk(error, "\r\n\x7f\x1b") == NULL, i);
	}

	str_append(big, "pop://");
	while (str_len(big) <= POP_URL_MAX_SIZE)
		str_append_c(big, 'a');
	test_assert(pop_url_parse(pool_datastack_create(), str_c(big), &url,
				  &error) < 0);
	test_assert_strcmp(error, "The URL is too long");
	test_end();
}

static void test_pop_url_is(void)
{
	test_begin("pop url: what looks like one");
	test_assert(pop_url_is("pop3://x"));
	test_assert(pop_url_is("pop://"));
	test_assert(!pop_url_is("pop"));
	test_assert(!pop_url_is("pop:/x"));
	test_assert(!pop_url_is("folders"));
	test_assert(!pop_url_is("http://pop/"));
	test_assert(!pop_url_is(""));
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_pop_url_good,
		test_pop_url_bad,
		test_pop_url_is,
		NULL
	};
	return test_run(test_functions);
}
