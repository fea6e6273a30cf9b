/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "istream.h"
#include "str.h"

#include "pam-config.h"
#include "pam-files.h"
#include "pop3-ext-limits.h"

static int
file_has_account(const char *path, unsigned int depth, const char **error_r);

static int
line_has_account(const char *line, unsigned int depth, const char **error_r)
{
	const char *included;

	switch (pam_config_line_parse(line, &included)) {
	case PAM_CONFIG_LINE_OTHER:
		return 0;
	case PAM_CONFIG_LINE_ACCOUNT:
		return 1;
	case PAM_CONFIG_LINE_INCLUDE:
		break;
	}
	if (*included != '/')
		included = t_strconcat(PAM_CONFIG_DIR"/", included, NULL);
	return file_has_account(included, depth + 1, error_r);
}

/* A line goes on behind a backslash. */
static int
stream_has_account(struct istream *input, unsigned int depth,
		   const char **error_r)
{
	string_t *whole = t_str_new(256);
	const char *line;
	int ret = 0;

	while (ret == 0 && (line = i_stream_read_next_line(input)) != NULL) {
		str_append(whole, line);
		if (str_len(whole) > 0 &&
		    str_data(whole)[str_len(whole) - 1] == '\\') {
			str_truncate(whole, str_len(whole) - 1);
			str_append_c(whole, ' ');
			if (str_len(whole) <= POP3_EXT_MAX_PAM_CONFIG_LINE)
				continue;
		}
		ret = line_has_account(str_c(whole), depth, error_r);
		str_truncate(whole, 0);
	}
	return ret;
}

/* Returns 1, 0 when there is none, or -1 and error. */
static int
file_has_account(const char *path, unsigned int depth, const char **error_r)
{
	struct istream *input;
	int ret;

	if (depth > POP3_EXT_MAX_PAM_INCLUDES) {
		*error_r = t_strdup_printf("%s: Too many files include each "
					   "other", path);
		return -1;
	}
	input = i_stream_create_file(path, POP3_EXT_MAX_PAM_CONFIG_LINE);
	i_stream_set_return_partial_line(input, TRUE);
	ret = stream_has_account(input, depth, error_r);
	if (ret == 0 && input->stream_errno == ENOENT) {
		*error_r = t_strdup_printf("There is no file %s: create it",
					   path);
		ret = -1;
	} else if (ret == 0 && input->stream_errno != 0) {
		*error_r = t_strdup_printf("%s: %s", path,
					   i_stream_get_error(input));
		ret = -1;
	}
	i_stream_unref(&input);
	return ret;
}

int pam_files_check(const char *service, const char **error_r)
{
	const char *path = t_strconcat(PAM_CONFIG_DIR"/", service, NULL);
	int ret;

	ret = file_has_account(path, 1, error_r);
	if (ret == 0) {
		*error_r = t_strdup_printf(
			"%s has no line for \"account\": add one", path);
	}
	return ret > 0 ? 0 : -1;
}
