/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"

#include "pam-files.h"
#include "pam-judge.h"

#include <stdlib.h>
#include <security/pam_appl.h>

/* What modules have to say is acknowledged, and nobody reads it; there is nobody
   either who could answer what they ask. libpam frees the responses. */
static int
pam_judge_conversation(int count, const struct pam_message **messages,
		       struct pam_response **responses,
		       void *context ATTR_UNUSED)
{
	int i;

	for (i = 0; i < count; i++) {
		if (messages[i]->msg_style != PAM_TEXT_INFO &&
		    messages[i]->msg_style != PAM_ERROR_MSG)
			return PAM_CONV_ERR;
	}
	*responses = calloc(I_MAX(count, 1), sizeof(**responses));
	return *responses == NULL ? PAM_BUF_ERR : PAM_SUCCESS;
}

static int
pam_judge_ask(const struct pam_question *question, const char **text_r)
{
	static const struct pam_conv conversation = {
		.conv = pam_judge_conversation,
	};
	pam_handle_t *pam = NULL;
	int ret;

	ret = pam_start(question->service, question->user, &conversation,
			&pam);
	if (ret == PAM_SUCCESS && *question->rhost != '\0')
		ret = pam_set_item(pam, PAM_RHOST, question->rhost);
	if (ret == PAM_SUCCESS)
		ret = pam_set_item(pam, PAM_TTY, "dovecot");
	if (ret == PAM_SUCCESS)
		ret = pam_acct_mgmt(pam, PAM_SILENT);
	*text_r = t_strdup(pam_strerror(pam, ret));
	if (pam != NULL)
		(void)pam_end(pam, ret);
	return ret;
}

enum pam_answer
pam_judge(const struct pam_question *question, const char **text_r)
{
	switch (pam_judge_ask(question, text_r)) {
	case PAM_SUCCESS:
		*text_r = "";
		return PAM_ANSWER_ALLOWED;
	case PAM_PERM_DENIED:
	case PAM_AUTH_ERR:
	case PAM_ACCT_EXPIRED:
	case PAM_NEW_AUTHTOK_REQD:
	case PAM_USER_UNKNOWN:
		return PAM_ANSWER_DENIED;
	default:
		*text_r = t_strdup_printf("%s: see "PAM_CONFIG_DIR"/%s, its "
			"modules, and what PAM has logged", *text_r,
			question->service);
		return PAM_ANSWER_UNKNOWN;
	}
}
