/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "hash.h"
#include "istream.h"

#include "istream-compat.h"
#include "login-name.h"
#include "auth-names-hosts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longer lines are no hosts */
#define HOSTS_LINE_MAX 1024

struct hosts_source {
	/* begins with a dot: a suffix, otherwise a file */
	const char *name;

	/* of a file */
	pool_t pool;
	HASH_TABLE(char *, char *) users;
	struct stat st;
};

struct auth_names_hosts {
	pool_t pool;
	ARRAY(struct hosts_source) sources;
};

static int
hosts_line_parse(struct hosts_source *source, pool_t pool, const char *line,
		 const char **error_r)
{
	const char *const *words = t_strsplit_spaces(line, " \t");
	const char *name;
	char *host, *user;

	if (words[0] == NULL || words[0][0] == '#')
		return 0;
	if (words[1] != NULL && words[2] != NULL) {
		*error_r = "more than a host and a user";
		return -1;
	}
	name = t_str_lcase(words[0]);
	if (hash_table_lookup(source->users, name) != NULL) {
		*error_r = t_strdup_printf("%s is there twice", name);
		return -1;
	}
	host = p_strdup(pool, name);
	user = words[1] == NULL ? host : p_strdup(pool, words[1]);
	hash_table_insert(source->users, host, user);
	return 0;
}

static int
hosts_stream_read(struct hosts_source *source, struct istream *input,
		  const char **error_r)
{
	unsigned int number = 0;
	const char *line, *error;
	int ret = 0;

	while (ret == 0 && (line = i_stream_read_next_line(input)) != NULL) {
		number++;
		ret = hosts_line_parse(source, source->pool, line, &error);
	}
	if (ret < 0) {
		*error_r = t_strdup_printf("%s:%u: %s", source->name, number,
					   error);
		return -1;
	}
	if (input->stream_errno != 0 || !input->eof) {
		*error_r = t_strdup_printf("%s:%u: %s", source->name,
			number + 1, input->stream_errno == 0 ?
			"line is too long" : i_stream_get_error(input));
		return -1;
	}
	return 0;
}

static void hosts_file_forget(struct hosts_source *source)
{
	if (source->pool != NULL) {
		hash_table_destroy(&source->users);
		pool_unref(&source->pool);
	}
	i_zero(&source->st);
}

static int hosts_file_read(struct hosts_source *source, const char **error_r)
{
	struct istream *input;
	int fd, ret;

	hosts_file_forget(source);
	fd = open(source->name, O_RDONLY);
	if (fd == -1 || fstat(fd, &source->st) < 0) {
		*error_r = t_strdup_printf("%s: %m", source->name);
		i_close_fd(&fd);
		return -1;
	}
	source->pool = pool_alloconly_create("SDPS hosts", 4096);
	hash_table_create(&source->users, source->pool, 0, str_hash, strcmp);
	input = i_stream_create_fd_autoclose(&fd, HOSTS_LINE_MAX);
	ret = hosts_stream_read(source, input, error_r);
	i_stream_unref(&input);
	if (ret < 0)
		hosts_file_forget(source);
	return ret;
}

static int
hosts_file_find(struct hosts_source *source, const char *host,
		const char **user_r, const char **error_r)
{
	struct stat st;

	if (stat(source->name, &st) < 0) {
		*error_r = t_strdup_printf("%s: %m", source->name);
		return -1;
	}
	if ((st.st_mtime != source->st.st_mtime ||
	     st.st_size != source->st.st_size ||
	     st.st_ino != source->st.st_ino ||
	     source->pool == NULL) &&
	    hosts_file_read(source, error_r) < 0)
		return -1;
	*user_r = hash_table_lookup(source->users, host);
	return *user_r == NULL ? 0 : 1;
}

int auth_names_hosts_init(const char *list, struct auth_names_hosts **hosts_r,
			  const char **error_r)
{
	const char *const *words = t_strsplit_spaces(list, ", ");
	struct auth_names_hosts *hosts;
	struct hosts_source *source;
	pool_t pool;

	pool = pool_alloconly_create("SDPS host sources", 512);
	hosts = p_new(pool, struct auth_names_hosts, 1);
	hosts->pool = pool;
	p_array_init(&hosts->sources, pool, 4);
	for (; *words != NULL; words++) {
		source = array_append_space(&hosts->sources);
		source->name = p_strdup(pool, *words);
		if (source->name[0] != '.' &&
		    hosts_file_read(source, error_r) < 0) {
			auth_names_hosts_deinit(&hosts);
			return -1;
		}
	}
	*hosts_r = hosts;
	return 0;
}

void auth_names_hosts_deinit(struct auth_names_hosts **_hosts)
{
	struct auth_names_hosts *hosts = *_hosts;
	struct hosts_source *source;

	if (hosts == NULL)
		return;
	*_hosts = NULL;
	array_foreach_modifiable(&hosts->sources, source)
		hosts_file_forget(source);
	pool_unref(&hosts->pool);
}

int auth_names_hosts_find(struct auth_names_hosts *hosts,
			  const struct login_name *name,
			  const char **user_r, const char **error_r)
{
	struct hosts_source *source;
	int ret;

	array_foreach_modifiable(&hosts->sources, source) {
		if (source->name[0] == '.') {
			*user_r = login_name_suffix_user(name, source->name);
			ret = *user_r == NULL ? 0 : 1;
		} else {
			ret = hosts_file_find(source, name->host, user_r,
					      error_r);
		}
		if (ret != 0)
			return ret;
	}
	return 0;
}
