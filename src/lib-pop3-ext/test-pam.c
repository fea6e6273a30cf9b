/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* What sessions and the service pop3-ext-pam say to each other, and lines of
   PAM's configuration */

#include "lib.h"
#include "str.h"
#include "strescape.h"
#include "test-common.h"

#include "pam-config.h"
#include "pam-protocol.h"
#include "pop3-ext-limits.h"

static const char *repeat(char c, size_t count)
{
	string_t *str = t_str_new(count + 1);

	while (count-- > 0)
		str_append_c(str, c);
	return str_c(str);
}

/* The words of a line that was appended with its LF */
static const char *const *split(string_t *line)
{
	size_t len = str_len(line);

	test_assert(len > 0 && str_c(line)[len - 1] == '\n');
	test_assert(strchr(str_c(line), '\n') == str_c(line) + len - 1);
	return t_strsplit_tabescaped(t_strndup(str_c(line), len - 1));
}

static void test_pam_service_name(void)
{
	static const struct {
		const char *name;
		bool valid;
	} tests[] = {
		{ "dovecot-xmit", TRUE },
		{ "a", TRUE },
		{ "x_2.y", TRUE },
		{ "other", TRUE },
		{ "", FALSE },
		{ ".", FALSE },
		{ "..", FALSE },
		{ ".hidden", FALSE },
		{ "a/b", FALSE },
		{ "/etc/pam.d/a", FALSE },
		{ "Dovecot", FALSE },
		{ "a b", FALSE },
		{ "a\nb", FALSE },
		{ "\xc3\xa4", FALSE },
	};
	unsigned int i;

	test_begin("pam: name of a service");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(pam_service_name_is_valid(tests[i].name) ==
				tests[i].valid, i);
	}
	test_assert(pam_service_name_is_valid(
		repeat('a', POP3_EXT_MAX_PAM_SERVICE)));
	test_assert(!pam_service_name_is_valid(
		repeat('a', POP3_EXT_MAX_PAM_SERVICE + 1)));
	test_end();
}

static void test_pam_version(void)
{
	static const struct {
		const char *line;
		bool ok;
	} tests[] = {
		{ "VERSION\tpop3-ext-pam-server\t1\t0", TRUE },
		{ "VERSION\tpop3-ext-pam-server\t1\t7", TRUE },
		{ "VERSION\tpop3-ext-pam-server\t2\t0", FALSE },
		{ "VERSION\tpop3-ext-pam-client\t1\t0", FALSE },
		{ "VERSION\tpop3-ext-pam-server\t1", FALSE },
		{ "VERSION\tpop3-ext-pam-server\t1\t0\t", FALSE },
		{ "VERSION\tpop3-ext-pam-server\t1\tx", FALSE },
		{ "VERSION\tpop3-ext-pam-server\t-1\t0", FALSE },
		{ "version\tpop3-ext-pam-server\t1\t0", FALSE },
		{ "", FALSE },
	};
	unsigned int i, minor;

	test_begin("pam: version");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(pam_version_parse(
			t_strsplit_tabescaped(tests[i].line),
			PAM_PROTOCOL_SERVER, &minor) == tests[i].ok, i);
	}
	test_end();
}

static void test_pam_question(void)
{
	static const struct pam_question questions[] = {
		{ "dovecot-xmit", "alice", "192.0.2.7", 5 },
		{ "x", "alice@example.org", "2001:db8::1", 1 },
		{ "x", "a b\\c", "", POP3_EXT_MAX_PAM_SECS },
	};
	const struct pam_question *question;
	struct pam_question got;
	const char *error;
	string_t *line;
	unsigned int i;

	test_begin("pam: question");
	for (i = 0; i < N_ELEMENTS(questions); i++) {
		question = &questions[i];
		line = t_str_new(64);
		pam_question_append(line, question);
		test_assert_idx(pam_question_parse(split(line), &got,
						   &error) == 0, i);
		test_assert_strcmp_idx(got.service, question->service, i);
		test_assert_strcmp_idx(got.user, question->user, i);
		test_assert_strcmp_idx(got.rhost, question->rhost, i);
		test_assert_idx(got.timeout_secs == question->timeout_secs, i);
	}
	test_end();
}

/* The longest question fits into what is read, however it is escaped. */
static void test_pam_question_longest(void)
{
	struct pam_question got, question = {
		.service = repeat('a', POP3_EXT_MAX_PAM_SERVICE),
		.user = repeat('\\', POP3_EXT_MAX_LOGIN_NAME),
		.rhost = "2001:db8:1111:2222:3333:4444:5555:6666",
		.timeout_secs = POP3_EXT_MAX_PAM_SECS,
	};
	string_t *line = t_str_new(4096);
	const char *error;

	test_begin("pam: longest question");
	pam_question_append(line, &question);
	test_assert(str_len(line) <= POP3_EXT_MAX_PAM_LINE);
	test_assert(pam_question_parse(split(line), &got, &error) == 0);
	test_assert_strcmp(got.user, question.user);
	question.user = repeat('a', POP3_EXT_MAX_LOGIN_NAME + 1);
	str_truncate(line, 0);
	pam_question_append(line, &question);
	test_assert(pam_question_parse(split(line), &got, &error) < 0);
	test_end();
}

static void test_pam_question_bad(void)
{
	static const char *const lines[] = {
		"",
		"ASK",
		"ask\tx\talice\t\t5",
		"ASK\tx\talice\t5",
		"ASK\tx\talice\t\t5\t",
		"ASK\t\talice\t\t5",
		"ASK\t../x\talice\t\t5",
		"ASK\tx\t\t\t5",
		"ASK\tx\tal\001nice\t\t5",
		"ASK\tx\tal\001tice\t\t5",
		"ASK\tx\tal\033[2Jice\t\t5",
		"ASK\tx\tal\177ice\t\t5",
		"ASK\tx\talice\texample.org\t5",
		"ASK\tx\talice\t192.0.2.7 \t5",
		"ASK\tx\talice\t\t0",
		"ASK\tx\talice\t\t31",
		"ASK\tx\talice\t\t-1",
		"ASK\tx\talice\t\t4294967297",
		"ASK\tx\talice\t\t",
		"ASK\tx\talice\t\t5s",
	};
	struct pam_question question;
	const char *error;
	unsigned int i;

	test_begin("pam: not a question");
	for (i = 0; i < N_ELEMENTS(lines); i++) {
		error = NULL;
		test_assert_idx(pam_question_parse(
			t_strsplit_tabescaped(lines[i]), &question,
			&error) < 0, i);
		test_assert_idx(error != NULL, i);
	}
	test_end();
}

static void test_pam_answer(void)
{
	static const struct {
		enum pam_answer answer;
		const char *text, *got;
	} tests[] = {
		{ PAM_ANSWER_ALLOWED, "", "" },
		{ PAM_ANSWER_DENIED, "Permission denied", "Permission denied" },
		{ PAM_ANSWER_UNKNOWN, "a\tb\nc\\d\033", "a?b?c\\d?" },
	};
	enum pam_answer answer;
	const char *text;
	string_t *line;
	unsigned int i;

	test_begin("pam: answer");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		line = t_str_new(64);
		pam_answer_append(line, tests[i].answer, tests[i].text);
		test_assert_idx(pam_answer_parse(split(line), &answer,
						 &text) == 0, i);
		test_assert_idx(answer == tests[i].answer, i);
		test_assert_strcmp_idx(text, tests[i].got, i);
	}
	line = t_str_new(64);
	pam_answer_append(line, PAM_ANSWER_DENIED, repeat('x', 100000));
	test_assert(str_len(line) < POP3_EXT_MAX_PAM_LINE);
	test_assert(pam_answer_parse(split(line), &answer, &text) == 0);
	test_end();
}

static void test_pam_answer_bad(void)
{
	static const char *const lines[] = {
		"", "ALLOWED", "ALLOWED\t\t", "allowed\t", "ALLOWED \t",
		"MAYBE\tx", "\t", "ALLOWEDX\t", "ASK\tx\talice\t\t5",
	};
	enum pam_answer answer;
	const char *text;
	unsigned int i;

	test_begin("pam: not an answer");
	for (i = 0; i < N_ELEMENTS(lines); i++) {
		test_assert_idx(pam_answer_parse(
			t_strsplit_tabescaped(lines[i]), &answer, &text) < 0, i);
	}
	test_end();
}

static void test_pam_config_line(void)
{
	static const struct {
		const char *line;
		enum pam_config_line kind;
		const char *included;
	} tests[] = {
		{ "account required pam_permit.so",
		  PAM_CONFIG_LINE_ACCOUNT, NULL },
		{ "\taccount\trequired\tpam_permit.so  # all",
		  PAM_CONFIG_LINE_ACCOUNT, NULL },
		{ "-ACCOUNT required pam_permit.so",
		  PAM_CONFIG_LINE_ACCOUNT, NULL },
		{ "account [success=1 default=ignore] pam_unix.so",
		  PAM_CONFIG_LINE_ACCOUNT, NULL },
		{ "account include common-account",
		  PAM_CONFIG_LINE_INCLUDE, "common-account" },
		{ "account SUBSTACK /etc/pam.d/x y",
		  PAM_CONFIG_LINE_INCLUDE, "/etc/pam.d/x" },
		{ "@include common-account",
		  PAM_CONFIG_LINE_INCLUDE, "common-account" },
		{ "@include", PAM_CONFIG_LINE_OTHER, NULL },
		{ "account include", PAM_CONFIG_LINE_OTHER, NULL },
		{ "account required", PAM_CONFIG_LINE_OTHER, NULL },
		{ "account", PAM_CONFIG_LINE_OTHER, NULL },
		{ "#account required pam_permit.so",
		  PAM_CONFIG_LINE_OTHER, NULL },
		{ "auth required pam_permit.so", PAM_CONFIG_LINE_OTHER, NULL },
		{ "auth include common-account", PAM_CONFIG_LINE_OTHER, NULL },
		{ "accounting required pam_permit.so",
		  PAM_CONFIG_LINE_OTHER, NULL },
		{ "--account required pam_permit.so",
		  PAM_CONFIG_LINE_OTHER, NULL },
		{ "x account required pam_permit.so",
		  PAM_CONFIG_LINE_OTHER, NULL },
		{ "", PAM_CONFIG_LINE_OTHER, NULL },
		{ " \t", PAM_CONFIG_LINE_OTHER, NULL },
	};
	const char *included;
	unsigned int i;

	test_begin("pam: line of the configuration");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(pam_config_line_parse(tests[i].line,
						      &included) ==
				tests[i].kind, i);
		test_assert_strcmp_idx(included, tests[i].included, i);
	}
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_pam_service_name,
		test_pam_version,
		test_pam_question,
		test_pam_question_longest,
		test_pam_question_bad,
		test_pam_answer,
		test_pam_answer_bad,
		test_pam_config_line,
		NULL
	};
	return test_run(test_functions);
}
