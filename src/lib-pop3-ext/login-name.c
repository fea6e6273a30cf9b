/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "unichar.h"

#include "login-name.h"
#include "pop3-ext-limits.h"

#include <ctype.h>

static const char recent_prefix[] = "recent:";
static const char no_mime_suffix[] = "-no-mime";

static const struct {
	enum login_name_form form;
	const char *text, *chars;
} login_name_forms[] = {
	{ LOGIN_NAME_ACCOUNT_AT_HOST, "account@host", "@" },
	{ LOGIN_NAME_ACCOUNT_PLUS_HOST, "account+host", "+" },
	{ LOGIN_NAME_ACCOUNT_PERCENT_HOST, "account%host", "%" },
	{ LOGIN_NAME_HOST, "host", "." },
	{ LOGIN_NAME_RECENT, "recent:user", ":" },
	{ LOGIN_NAME_FOLDER_HASH, "user#folder", "#" },
	{ LOGIN_NAME_FOLDER_BRACES, "user{folder}", "{}" },
	{ LOGIN_NAME_NO_MIME, "user-no-mime", "-" },
};

const char *login_name_forms_all(void)
{
	string_t *str = t_str_new(128);
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(login_name_forms); i++) {
		if (i > 0)
			str_append(str, ", ");
		str_append(str, login_name_forms[i].text);
	}
	return str_c(str);
}

const char *login_name_forms_chars(enum login_name_form forms)
{
	string_t *str = t_str_new(16);
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(login_name_forms); i++) {
		if ((forms & login_name_forms[i].form) != 0)
			str_append(str, login_name_forms[i].chars);
	}
	return str_c(str);
}

static int
login_name_form_parse(const char *text, enum login_name_form *form_r)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(login_name_forms); i++) {
		if (strcmp(text, login_name_forms[i].text) == 0) {
			*form_r = login_name_forms[i].form;
			return 0;
		}
	}
	return -1;
}

int login_name_forms_parse(const char *list, enum login_name_form *forms_r,
			   const char **error_r)
{
	const char *const *words = t_strsplit_spaces(list, ", ");
	enum login_name_form form;

	*forms_r = 0;
	for (; *words != NULL; words++) {
		if (login_name_form_parse(*words, &form) < 0) {
			*error_r = t_strdup_printf(
				"%s is no form of login names; there are: %s",
				*words, login_name_forms_all());
			return -1;
		}
		*forms_r |= form;
	}
	return 0;
}

/* Fit for a userdb field, and for a log line */
static bool is_safe(const char *text, size_t max_len, const char *forbidden)
{
	const char *p;

	for (p = text; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f ||
		    strchr(forbidden, *p) != NULL)
			return FALSE;
	}
	return p > text && (size_t)(p - text) <= max_len &&
		uni_utf8_str_is_valid(text);
}

static bool is_account(const char *text)
{
	return is_safe(text, POP3_EXT_MAX_LOGIN_ACCOUNT, "@% \"<>");
}

static bool is_folder(const char *text)
{
	return is_safe(text, POP3_EXT_MAX_LOGIN_FOLDER, "%");
}

bool login_name_host_is_valid(const char *text)
{
	const char *p;

	for (p = text; *p != '\0'; p++) {
		if (!i_isalnum(*p) && *p != '-' && *p != '.')
			return FALSE;
		if (*p == '.' && (p == text || p[1] == '.' || p[1] == '\0'))
			return FALSE;
	}
	return p > text && p - text <= POP3_EXT_MAX_DOMAIN;
}

/* Cuts the folder off *user. FALSE: there is none. */
static bool
login_name_cut_folder(pool_t pool, enum login_name_form forms,
		      const char **user, struct login_name *name)
{
	const char *folder, *p = *user;

	while (*p != '\0' &&
	       !(*p == '#' && (forms & LOGIN_NAME_FOLDER_HASH) != 0) &&
	       !(*p == '{' && (forms & LOGIN_NAME_FOLDER_BRACES) != 0))
		p++;
	if (*p == '\0' || p == *user)
		return FALSE;
	folder = p + 1;
	if (*p == '{') {
		size_t len = strlen(folder);

		if (len == 0 || folder[len - 1] != '}')
			return FALSE;
		folder = t_strndup(folder, len - 1);
	}
	if (!is_folder(folder))
		return FALSE;
	name->folder = p_strdup(pool, folder);
	*user = t_strdup_until(*user, p);
	return TRUE;
}

static bool
login_name_cut_no_mime(enum login_name_form forms, const char **user)
{
	size_t len = strlen(*user), suffix_len = sizeof(no_mime_suffix) - 1;

	if ((forms & LOGIN_NAME_NO_MIME) == 0 || len <= suffix_len ||
	    strcasecmp(*user + len - suffix_len, no_mime_suffix) != 0)
		return FALSE;
	*user = t_strndup(*user, len - suffix_len);
	return TRUE;
}

static bool
login_name_cut_recent(enum login_name_form forms, const char **user)
{
	size_t len = sizeof(recent_prefix) - 1;

	if ((forms & LOGIN_NAME_RECENT) == 0 ||
	    strncasecmp(*user, recent_prefix, len) != 0 || (*user)[len] == '\0')
		return FALSE;
	*user += len;
	return TRUE;
}

/* The last separator counts: hosts hold none. */
static bool
login_name_find_host(pool_t pool, enum login_name_form forms, const char *user,
		     struct login_name *name)
{
	const char *account = NULL, *host = user, *p;

	for (p = user; *p != '\0'; p++) {
		if ((*p == '@' && (forms & LOGIN_NAME_ACCOUNT_AT_HOST) != 0) ||
		    (*p == '+' && (forms & LOGIN_NAME_ACCOUNT_PLUS_HOST) != 0) ||
		    (*p == '%' && (forms & LOGIN_NAME_ACCOUNT_PERCENT_HOST) != 0)) {
			account = t_strdup_until(user, p);
			host = p + 1;
		}
	}
	if (!login_name_host_is_valid(host))
		return FALSE;
	if (account == NULL) {
		if ((forms & LOGIN_NAME_HOST) == 0)
			return FALSE;
	} else if (!is_account(account))
		return FALSE;
	name->account = p_strdup(pool, account);
	name->host = str_lcase(p_strdup(pool, host));
	return TRUE;
}

bool login_name_parse(pool_t pool, enum login_name_form forms,
		      const char *typed, struct login_name *name_r)
{
	const char *user = typed;
	bool found;

	i_zero(name_r);
	name_r->user = p_strdup(pool, typed);
	if (strlen(typed) > POP3_EXT_MAX_LOGIN_NAME)
		return FALSE;

	found = login_name_cut_folder(pool, forms, &user, name_r);
	name_r->no_mime = login_name_cut_no_mime(forms, &user);
	name_r->recent = login_name_cut_recent(forms, &user);
	found = found || name_r->no_mime || name_r->recent;
	if (found)
		name_r->user = p_strdup(pool, user);
	if (login_name_find_host(pool, forms, user, name_r))
		found = TRUE;
	return found;
}

bool login_name_is_valid(const struct login_name *name)
{
	if (name->host == NULL && name->account != NULL)
		return FALSE;
	return (name->host == NULL || login_name_host_is_valid(name->host)) &&
		(name->account == NULL || is_account(name->account)) &&
		(name->folder == NULL || is_folder(name->folder));
}

bool login_name_is_narrowed(const struct login_name *name)
{
	return name->folder != NULL || name->recent || name->no_mime;
}

bool login_name_suffix_is_valid(const char *suffix)
{
	return strcmp(suffix, ".") == 0 ||
		(suffix[0] == '.' && login_name_host_is_valid(suffix + 1));
}

const char *
login_name_suffix_user(const struct login_name *name, const char *suffix)
{
	size_t len = strlen(name->host), suffix_len = strlen(suffix);
	const char *user;

	if (strcmp(suffix, ".") == 0) {
		return name->account != NULL && strchr(name->host, '.') == NULL ?
			name->host : NULL;
	}
	if (len <= suffix_len ||
	    strcasecmp(name->host + len - suffix_len, suffix) != 0)
		return NULL;
	user = t_strndup(name->host, len - suffix_len);
	return strchr(user, '.') == NULL ? user : NULL;
}
