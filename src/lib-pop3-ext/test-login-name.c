/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "test-common.h"

#include "login-name.h"
#include "pop3-ext-limits.h"

#define ALL ((enum login_name_form)0xff)
#define SDPS LOGIN_NAME_SDPS_FORMS

static void test_login_name_forms(void)
{
	static const struct {
		const char *list;
		unsigned int forms;
	} tests[] = {
		{ "", 0 },
		{ "recent:user", LOGIN_NAME_RECENT },
		{ " account@host,host  user#folder", LOGIN_NAME_ACCOUNT_AT_HOST |
		  LOGIN_NAME_HOST | LOGIN_NAME_FOLDER_HASH },
		{ "user-no-mime user{folder} account+host account%host",
		  LOGIN_NAME_NO_MIME | LOGIN_NAME_FOLDER_BRACES |
		  LOGIN_NAME_ACCOUNT_PLUS_HOST |
		  LOGIN_NAME_ACCOUNT_PERCENT_HOST },
	};
	enum login_name_form forms;
	const char *error;
	unsigned int i;

	test_begin("login name: forms");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(login_name_forms_parse(tests[i].list, &forms,
						       &error) == 0, i);
		test_assert_idx(forms == tests[i].forms, i);
	}
	test_assert(login_name_forms_parse(login_name_forms_all(), &forms,
					   &error) == 0 && forms == ALL);
	test_assert(login_name_forms_parse("host folder:user", &forms,
					   &error) < 0);
	test_assert(strstr(error, "folder:user") != NULL &&
		    strstr(error, "user#folder") != NULL);
	test_assert_strcmp(login_name_forms_chars(
		LOGIN_NAME_RECENT | LOGIN_NAME_FOLDER_BRACES), ":{}");
	test_assert_strcmp(login_name_forms_chars(0), "");
	test_end();
}

static void test_login_name_parse(void)
{
	static const struct {
		enum login_name_form forms;
		const char *typed;
		/* user NULL: a plain name */
		const char *user, *account, *host, *folder;
		bool recent, no_mime;
	} tests[] = {
#define PLAIN(_forms, _typed) { .forms = _forms, .typed = _typed }
#define NAME(_forms, _typed, _user, ...) \
	{ .forms = _forms, .typed = _typed, .user = _user, __VA_ARGS__ }
		NAME(ALL, "recent:alice", "alice", .host = "alice",
		     .recent = TRUE),
		NAME(LOGIN_NAME_RECENT, "Recent:a@b", "a@b", .recent = TRUE),
		PLAIN(LOGIN_NAME_RECENT, "recent:"),
		PLAIN(LOGIN_NAME_RECENT, "xrecent:a"),
		NAME(LOGIN_NAME_RECENT, "recent:recent:a", "recent:a",
		     .recent = TRUE),
		PLAIN(ALL & ~LOGIN_NAME_RECENT, "recent:alice"),

		NAME(LOGIN_NAME_NO_MIME, "a-no-mime", "a", .no_mime = TRUE),
		NAME(LOGIN_NAME_NO_MIME, "a-NO-Mime", "a", .no_mime = TRUE),
		PLAIN(LOGIN_NAME_NO_MIME, "-no-mime"),
		PLAIN(LOGIN_NAME_NO_MIME, "a-no-mimes"),
		NAME(LOGIN_NAME_NO_MIME, "a-no-mime-no-mime", "a-no-mime",
		     .no_mime = TRUE),
		PLAIN(ALL & ~LOGIN_NAME_NO_MIME & ~LOGIN_NAME_HOST, "a-no-mime"),

		NAME(LOGIN_NAME_FOLDER_HASH, "a#Work", "a", .folder = "Work"),
		NAME(LOGIN_NAME_FOLDER_HASH, "a#b#c", "a", .folder = "b#c"),
		NAME(LOGIN_NAME_FOLDER_HASH, "a#W\xc3\xb6/b c{", "a",
		     .folder = "W\xc3\xb6/b c{"),
		PLAIN(LOGIN_NAME_FOLDER_HASH, "a#"),
		PLAIN(LOGIN_NAME_FOLDER_HASH, "#a"),
		PLAIN(LOGIN_NAME_FOLDER_HASH, "a#50%"),
		PLAIN(LOGIN_NAME_FOLDER_HASH, "a#x\x01y"),
		PLAIN(LOGIN_NAME_FOLDER_HASH, "a#x\x7fy"),
		PLAIN(LOGIN_NAME_FOLDER_HASH, "a#\xff"),
		PLAIN(LOGIN_NAME_FOLDER_HASH, "a{Work}"),
		NAME(LOGIN_NAME_FOLDER_BRACES, "a{Work}", "a",
		     .folder = "Work"),
		NAME(LOGIN_NAME_FOLDER_BRACES, "a#b{c}", "a#b", .folder = "c"),
		NAME(LOGIN_NAME_FOLDER_BRACES, "a{}}", "a", .folder = "}"),
		PLAIN(LOGIN_NAME_FOLDER_BRACES, "a{}"),
		PLAIN(LOGIN_NAME_FOLDER_BRACES, "a{"),
		PLAIN(LOGIN_NAME_FOLDER_BRACES, "a{Work}x"),
		PLAIN(LOGIN_NAME_FOLDER_BRACES, "{Work}"),
		PLAIN(LOGIN_NAME_FOLDER_BRACES, "a#Work"),

		NAME(SDPS, "fred@XYZ.demon.example", "fred@XYZ.demon.example",
		     .account = "fred", .host = "xyz.demon.example"),
		NAME(SDPS, "Fred+xyz", "Fred+xyz", .account = "Fred",
		     .host = "xyz"),
		NAME(SDPS, "fred%xyz", "fred%xyz", .account = "fred",
		     .host = "xyz"),
		NAME(SDPS, "a+b@xyz", "a+b@xyz", .account = "a+b",
		     .host = "xyz"),
		NAME(SDPS, "xyz", "xyz", .host = "xyz"),
		PLAIN(SDPS, "a@b@xyz"),
		PLAIN(SDPS, "a%b@xyz"),
		PLAIN(SDPS, "@xyz"),
		PLAIN(SDPS, "fred@"),
		PLAIN(SDPS, "fred@x_y"),
		PLAIN(SDPS, "fred@x..y"),
		PLAIN(SDPS, "fred@.x"),
		PLAIN(SDPS, "fred@x."),
		PLAIN(SDPS, "fr ed@x"),
		PLAIN(SDPS & ~LOGIN_NAME_HOST, "xyz"),
		PLAIN(LOGIN_NAME_ACCOUNT_PLUS_HOST, "fred@xyz"),
		PLAIN(LOGIN_NAME_ACCOUNT_PLUS_HOST, "a%b+xyz"),
		PLAIN(LOGIN_NAME_ACCOUNT_AT_HOST, "u+detail"),
		NAME(LOGIN_NAME_ACCOUNT_AT_HOST, "u+d@xyz", "u+d@xyz",
		     .account = "u+d", .host = "xyz"),

		NAME(ALL, "recent:fred@xyz-no-mime#Old{1}", "fred@xyz",
		     .account = "fred", .host = "xyz", .folder = "Old{1}",
		     .recent = TRUE, .no_mime = TRUE),
		NAME(ALL, "recent:fred{Old}", "fred", .host = "fred",
		     .folder = "Old", .recent = TRUE),
		NAME(ALL, "a#b-no-mime", "a", .host = "a",
		     .folder = "b-no-mime"),
		NAME(ALL, "recent:#x", "recent:", .folder = "x"),
		PLAIN(0, "recent:fred@xyz-no-mime#Old"),
		PLAIN(ALL, ""),
	};
	struct login_name name;
	unsigned int i;
	bool found;

	test_begin("login name: parse");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		found = login_name_parse(pool_datastack_create(),
					 tests[i].forms, tests[i].typed, &name);
		test_assert_idx(found == (tests[i].user != NULL), i);
		test_assert_strcmp_idx(name.user, found ? tests[i].user :
				       tests[i].typed, i);
		test_assert_strcmp_idx(name.account, tests[i].account, i);
		test_assert_strcmp_idx(name.host, tests[i].host, i);
		test_assert_strcmp_idx(name.folder, tests[i].folder, i);
		test_assert_idx(name.recent == tests[i].recent, i);
		test_assert_idx(name.no_mime == tests[i].no_mime, i);
		test_assert_idx(login_name_is_narrowed(&name) ==
				(name.recent || name.no_mime ||
				 name.folder != NULL), i);
	}
	test_end();
}

static const char *repeat(char c, unsigned int count)
{
	char *text = t_malloc_no0(count + 1);

	memset(text, c, count);
	text[count] = '\0';
	return text;
}

static void test_login_name_limits(void)
{
	static const struct {
		const char *head, *tail;
		unsigned int max;
	} tests[] = {
		{ "a#", "", POP3_EXT_MAX_LOGIN_FOLDER },
		{ "a{", "}", POP3_EXT_MAX_LOGIN_FOLDER },
		{ "", "@x.y", POP3_EXT_MAX_LOGIN_ACCOUNT },
		{ "a@", "", POP3_EXT_MAX_DOMAIN },
		{ "recent:", "_", POP3_EXT_MAX_LOGIN_NAME - 8 },
	};
	struct login_name name;
	unsigned int i, more;

	test_begin("login name: limits");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		for (more = 0; more < 2; more++) {
			const char *typed = t_strconcat(tests[i].head,
				repeat('b', tests[i].max + more),
				tests[i].tail, NULL);

			test_assert_idx(login_name_parse(
				pool_datastack_create(), ALL, typed, &name) ==
				(more == 0), i);
		}
	}
	test_end();
}

static void test_login_name_suffix(void)
{
	static const struct {
		const char *host, *account, *suffix, *user;
	} tests[] = {
		{ "xyz.demon.example", NULL, ".demon.example", "xyz" },
		{ "xyz.demon.example", "a", ".DEMON.example", "xyz" },
		{ "mail.xyz.demon.example", "a", ".demon.example", NULL },
		{ "demon.example", "a", ".demon.example", NULL },
		{ ".demon.example", "a", ".demon.example", NULL },
		{ "xyzdemon.example", "a", ".demon.example", NULL },
		{ "xyz", "a", ".demon.example", NULL },
		{ "xyz", "a", ".", "xyz" },
		{ "xyz", NULL, ".", NULL },
		{ "x.yz", "a", ".", NULL },
	};
	unsigned int i;

	test_begin("login name: suffix");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		struct login_name name = {
			.host = tests[i].host, .account = tests[i].account,
		};
		test_assert_strcmp_idx(login_name_suffix_user(
			&name, tests[i].suffix), tests[i].user, i);
	}
	test_assert(login_name_suffix_is_valid(".demon.example"));
	test_assert(login_name_suffix_is_valid("."));
	test_assert(!login_name_suffix_is_valid("demon.example"));
	test_assert(!login_name_suffix_is_valid("..demon"));
	test_assert(!login_name_suffix_is_valid(".demon."));
	test_assert(!login_name_suffix_is_valid(""));
	test_end();
}

static void test_login_name_is_valid(void)
{
	static const struct {
		const char *account, *host, *folder;
		bool valid;
	} tests[] = {
		{ NULL, NULL, NULL, TRUE },
		{ "fred", "xyz.demon.example", "Old/Mail 1", TRUE },
		{ NULL, "xyz", NULL, TRUE },
		{ NULL, NULL, "Work", TRUE },
		{ "fred", NULL, NULL, FALSE },
		{ "fr%d", "xyz", NULL, FALSE },
		{ "fr@d", "xyz", NULL, FALSE },
		{ "", "xyz", NULL, FALSE },
		{ "fred", "x_z", NULL, FALSE },
		{ "fred", "", NULL, FALSE },
		{ NULL, NULL, "", FALSE },
		{ NULL, NULL, "50%", FALSE },
		{ NULL, NULL, "a\tb", FALSE },
		{ NULL, NULL, "\xff", FALSE },
	};
	unsigned int i;

	test_begin("login name: is valid");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		struct login_name name = {
			.account = tests[i].account, .host = tests[i].host,
			.folder = tests[i].folder,
		};
		test_assert_idx(login_name_is_valid(&name) == tests[i].valid,
				i);
	}
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_login_name_forms,
		test_login_name_parse,
		test_login_name_is_valid,
		test_login_name_limits,
		test_login_name_suffix,
		NULL
	};
	return test_run(test_functions);
}
