/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"

#include "pop3-ext-limits.h"
#include "pop4-args.h"
#include "pop4-folder-name.h"

int pop4_folder_name_check(const char *name, const char **error_r)
{
	size_t len = strlen(name);
	unsigned int depth = 1;
	const char *p;

	if (len == 0) {
		*error_r = "it is empty";
		return -1;
	}
	if (name[0] == '/' || name[len - 1] == '/') {
		*error_r = "it begins or ends with /";
		return -1;
	}
	for (p = name; (p = strchr(p, '/')) != NULL; p++, depth++) {
		if (p[1] == '/') {
			*error_r = "there is nothing between two /";
			return -1;
		}
	}
	if (depth > POP4_MAX_FOLDER_DEPTH) {
		*error_r = "it has too many levels";
		return -1;
	}
	if (!pop4_word_is_valid(name)) {
		*error_r = "it has control characters, or is not UTF-8";
		return -1;
	}
	return 0;
}

const char *pop4_folder_name_translate(const char *name, char sep)
{
	char *copy, *p;

	if (sep == '/')
		return name;
	copy = t_strdup_noconst(name);
	for (p = copy; *p != '\0'; p++) {
		if (*p == '/')
			*p = sep;
		else if (*p == sep)
			*p = '/';
	}
	return copy;
}

const char *pop4_folder_name_parent(const char *name)
{
	const char *p = strrchr(name, '/');

	return p == NULL ? "" : t_strdup_until(name, p);
}

const char *pop4_folder_name_last(const char *name)
{
	const char *p = strrchr(name, '/');

	return p == NULL ? name : p + 1;
}
