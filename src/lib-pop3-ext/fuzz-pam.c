/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "strescape.h"
#include "fuzzer.h"

#include "pam-config.h"
#include "pam-protocol.h"
#include "pop3-ext-limits.h"

static void check(bool ok, const char *what)
{
	if (!ok)
		i_panic("wrong: %s", what);
}

static const char *const *split(string_t *line)
{
	check(strchr(str_c(line), '\n') == str_c(line) + str_len(line) - 1,
	      "one line");
	check(str_len(line) <= POP3_EXT_MAX_PAM_LINE, "length");
	return t_strsplit_tabescaped(t_strndup(str_c(line),
					       str_len(line) - 1));
}

/* What is a question is one when it is written again. */
static void check_question(const char *const *args)
{
	struct pam_question question, again;
	string_t *line = t_str_new(64);
	const char *error;

	if (pam_question_parse(args, &question, &error) < 0)
		return;
	pam_question_append(line, &question);
	check(pam_question_parse(split(line), &again, &error) == 0,
	      "question");
	check(strcmp(question.service, again.service) == 0 &&
	      strchr(question.service, '/') == NULL, "service");
	check(strcmp(question.user, again.user) == 0 &&
	      *question.user != '\0', "user");
	check(strcmp(question.rhost, again.rhost) == 0, "rhost");
	check(question.timeout_secs == again.timeout_secs, "time-out");
}

static void check_answer(const char *const *args)
{
	enum pam_answer answer, again;
	string_t *line = t_str_new(64);
	const char *text, *text_again;

	if (pam_answer_parse(args, &answer, &text) < 0)
		return;
	pam_answer_append(line, answer, text);
	check(pam_answer_parse(split(line), &again, &text_again) == 0 &&
	      answer == again, "answer");
	check(strcmp(text, text_again) == 0, "text");
}

/* A line */
FUZZ_BEGIN_STR(const char *line)
	const char *const *args = t_strsplit_tabescaped(line);
	const char *included;
	unsigned int minor;

	check_question(args);
	check_answer(args);
	(void)pam_version_parse(args, PAM_PROTOCOL_SERVER, &minor);
	check((pam_config_line_parse(line, &included) ==
	       PAM_CONFIG_LINE_INCLUDE) == (included != NULL), "include");
	check(included == NULL || *included != '\0', "included file");
FUZZ_END
