/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "settings-parser.h"
#include "test-common.h"

#include "setting-names.h"

static const struct setting_define test_defines[] = {
	{ .key = "pop3_ext_xmit" },
	{ .key = "pop3_ext_xmit_from" },
	{ .key = "pop3_ext_xmit_relay" },
	{ .key = "pop3_ext_xmit_require_tls" },
	SETTING_DEFINE_LIST_END
};
static const struct setting_parser_info test_info = {
	.defines = test_defines,
};
static const char *const test_prefixes[] = { "pop3_ext", "pop3ext", NULL };
static const char *const test_others[] = { "pop3_ext_no_mime", NULL };

static void test_setting_names_nearest(void)
{
	static const struct {
		const char *name, *nearest;
	} tests[] = {
		{ "pop3_ext_xmit_requiretls", "pop3_ext_xmit_require_tls" },
		{ "pop3_ext_xmit_require_ssl", "pop3_ext_xmit_require_tls" },
		{ "pop3_ext_xmit_form", "pop3_ext_xmit_from" },
		{ "pop3ext_xmit_relay", "pop3_ext_xmit_relay" },
		{ "pop3_ext_xmti", "pop3_ext_xmit" },
		/* the first of equally near ones */
		{ "pop3_ext_xmit", "pop3_ext_xmit" },
		{ "pop3_ext_quota", NULL },
		{ "", NULL },
		{ "pop3_ext_xmit_relay_and_so_on", NULL },
#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		{ "pop3_ext_" X50 X50, NULL },
	};
	unsigned int i;

	test_begin("setting names: nearest");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(null_strcmp(
			setting_names_nearest(&test_info, tests[i].name),
			tests[i].nearest) == 0, i);
	}
	test_end();
}

static void test_setting_names_check(void)
{
	static const char *const used[] = {
		"quota", "pop3_ext_xmit", "pop3_ext_no_mime",
		"pop3_ext_xmit_requiretls", "pop3_ext", NULL
	};
	struct setting_names names = {
		.prefixes = test_prefixes,
		.info = &test_info,
		.others = test_others,
	};
	struct event *event = event_create(NULL);

	test_begin("setting names: each unknown one is logged once");
	test_expect_error_string_n_times("There is no setting", 2);
	setting_names_check(&names, event, used);
	test_expect_no_more_errors();
	setting_names_check(&names, event, used);
	test_assert(array_count(&names.logged) == 2);
	setting_names_deinit(&names);
	event_unref(&event);
	test_end();
}

static void test_setting_names_environment(void)
{
	static const char *const used[] = {
		"PATH", "POP3_EXT_XMIT", "POP3_EXT_XMIT_RELAYS",
		"pop3_ext_xmit_relay", NULL
	};
	static const char *const more[] = { "POP3EXT_XMIT_FROM", NULL };
	struct setting_names names = {
		.prefixes = test_prefixes,
		.info = &test_info,
		.environment = TRUE,
	};
	struct event *event = event_create(NULL);

	test_begin("setting names: in the environment they are in upper case");
	test_expect_error_string_n_times(
		"did you mean POP3_EXT_XMIT_RELAY?", 2);
	setting_names_check(&names, event, used);
	test_expect_no_more_errors();
	test_expect_error_string("There is no setting POP3EXT_XMIT_FROM, so it "
				 "does nothing: did you mean POP3_EXT_XMIT_FROM?");
	setting_names_check(&names, event, more);
	test_expect_no_more_errors();
	setting_names_deinit(&names);
	event_unref(&event);
	test_end();
}

static void test_setting_names_limit(void)
{
	struct setting_names names = {
		.prefixes = test_prefixes,
		.info = &test_info,
	};
	struct event *event = event_create(NULL);
	const char *used[2] = { NULL, NULL };
	unsigned int i;

	test_begin("setting names: neither memory nor log is filled");
	test_expect_errors(100);
	for (i = 0; i < 1000; i++) {
		used[0] = t_strdup_printf("pop3_ext_%u", i);
		setting_names_check(&names, event, used);
	}
	test_expect_no_more_errors();
	test_assert(array_count(&names.logged) == 100);
	setting_names_deinit(&names);
	event_unref(&event);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_setting_names_nearest,
		test_setting_names_check,
		test_setting_names_environment,
		test_setting_names_limit,
		NULL
	};
	return test_run(test_functions);
}
