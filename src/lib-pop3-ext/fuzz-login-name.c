/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "unichar.h"
#include "fuzzer.h"

#include "login-name.h"
#include "pop3-ext-limits.h"

static void check(bool ok, const char *what)
{
	if (!ok)
		i_panic("wrong: %s", what);
}

static void check_value(const char *text, size_t max_len)
{
	const char *p;

	for (p = text; *p != '\0'; p++)
		check((unsigned char)*p >= ' ' && *p != 0x7f && *p != '%',
		      "octet of a field");
	check(p > text && (size_t)(p - text) <= max_len, "length of a field");
	check(uni_utf8_str_is_valid(text), "UTF-8");
}

/* The user is always a part of what was typed, so nobody is made up. */
static void check_name(const char *typed, const struct login_name *name)
{
	check(*name->user != '\0' && strstr(typed, name->user) != NULL, "user");
	if (name->folder != NULL) {
		check_value(name->folder, POP3_EXT_MAX_LOGIN_FOLDER);
		check(strstr(typed, name->folder) != NULL, "folder");
	}
	if (name->host != NULL) {
		check_value(name->host, POP3_EXT_MAX_DOMAIN);
		check(strcasecmp(name->user + strlen(name->user) -
				 strlen(name->host), name->host) == 0, "host");
		(void)login_name_suffix_user(name, ".example");
	}
	if (name->account != NULL) {
		check_value(name->account, POP3_EXT_MAX_LOGIN_ACCOUNT);
		check(name->host != NULL && strlen(name->user) ==
		      strlen(name->account) + 1 + strlen(name->host),
		      "account");
	}
}

/* The first octet: which forms */
FUZZ_BEGIN_DATA(const uint8_t *data, size_t size)
	struct login_name name;
	const char *typed, *error;
	enum login_name_form forms;

	if (size > 0) {
		typed = t_strndup(data + 1, size - 1);
		if (login_name_parse(pool_datastack_create(), data[0], typed,
				     &name))
			check_name(typed, &name);
		else {
			check(strcmp(name.user, typed) == 0 &&
			      name.host == NULL &&
			      !login_name_is_narrowed(&name), "plain name");
		}
		(void)login_name_forms_parse(typed, &forms, &error);
		(void)login_name_suffix_is_valid(typed);
	}
FUZZ_END
