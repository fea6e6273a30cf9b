/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "net.h"
#include "str.h"
#include "str-sanitize.h"
#include "strescape.h"

#include "pam-protocol.h"
#include "pop3-ext-limits.h"

static const char *const answer_words[] = {
	[PAM_ANSWER_ALLOWED] = "ALLOWED",
	[PAM_ANSWER_DENIED] = "DENIED",
	[PAM_ANSWER_UNKNOWN] = "UNKNOWN",
};

bool pam_service_name_is_valid(const char *name)
{
	const char *p;

	for (p = name; *p != '\0'; p++) {
		if ((*p < 'a' || *p > 'z') && (*p < '0' || *p > '9') &&
		    strchr("._-", *p) == NULL)
			return FALSE;
	}
	return p > name && *name != '.' &&
		(size_t)(p - name) <= POP3_EXT_MAX_PAM_SERVICE;
}

bool pam_version_parse(const char *const *args, const char *name,
		       unsigned int *minor_r)
{
	unsigned int major;

	return str_array_length(args) == 4 &&
		strcmp(args[0], "VERSION") == 0 &&
		strcmp(args[1], name) == 0 &&
		str_to_uint(args[2], &major) == 0 &&
		major == PAM_PROTOCOL_MAJOR &&
		str_to_uint(args[3], minor_r) == 0;
}

void pam_question_append(string_t *dest, const struct pam_question *question)
{
	str_append(dest, "ASK\t");
	str_append_tabescaped(dest, question->service);
	str_append_c(dest, '\t');
	str_append_tabescaped(dest, question->user);
	str_append_c(dest, '\t');
	str_append_tabescaped(dest, question->rhost);
	str_printfa(dest, "\t%u\n", question->timeout_secs);
}

/* PAM modules write it into their logs, and look for it in files. */
static bool user_is_valid(const char *user)
{
	const char *p;

	for (p = user; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return FALSE;
	}
	return p > user && (size_t)(p - user) <= POP3_EXT_MAX_LOGIN_NAME;
}

/* As sessions write it: parsers of addresses take much more. */
static bool rhost_is_valid(const char *rhost)
{
	struct ip_addr ip;

	return *rhost == '\0' || (net_addr2ip(rhost, &ip) == 0 &&
				  strcmp(net_ip2addr(&ip), rhost) == 0);
}

int pam_question_parse(const char *const *args,
		       struct pam_question *question_r, const char **error_r)
{
	i_zero(question_r);
	if (str_array_length(args) != 5 || strcmp(args[0], "ASK") != 0) {
		*error_r = "not a question";
		return -1;
	}
	question_r->service = args[1];
	question_r->user = args[2];
	question_r->rhost = args[3];
	if (!pam_service_name_is_valid(question_r->service))
		*error_r = "not the name of a PAM service";
	else if (!user_is_valid(question_r->user))
		*error_r = "not the name of a user";
	else if (!rhost_is_valid(question_r->rhost))
		*error_r = "not an address";
	else if (str_to_uint(args[4], &question_r->timeout_secs) < 0 ||
		 question_r->timeout_secs < 1 ||
		 question_r->timeout_secs > POP3_EXT_MAX_PAM_SECS)
		*error_r = "not a time-out";
	else
		return 0;
	return -1;
}

void pam_answer_append(string_t *dest, enum pam_answer answer,
		       const char *text)
{
	str_append(dest, answer_words[answer]);
	str_append_c(dest, '\t');
	str_append_tabescaped(dest,
			      str_sanitize(text, POP3_EXT_MAX_PAM_TEXT));
	str_append_c(dest, '\n');
}

int pam_answer_parse(const char *const *args, enum pam_answer *answer_r,
		     const char **text_r)
{
	unsigned int i;

	if (str_array_length(args) != 2)
		return -1;
	for (i = 0; i < N_ELEMENTS(answer_words); i++) {
		if (strcmp(args[0], answer_words[i]) == 0) {
			*answer_r = i;
			*text_r = str_sanitize(args[1], POP3_EXT_MAX_PAM_TEXT);
			return 0;
		}
	}
	return -1;
}
