/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "host-auth.h"
#include "array.h"
#include "dict.h"
#include "hash.h"
#include "istream.h"

#include "istream-compat.h"
#include "login-name.h"
#include "sdps-hosts.h"
#include "auth-names-hosts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longer lines are no hosts */
#define HOSTS_LINE_MAX 1024
#define HOSTS_DICT_PREFIX DICT_PATH_SHARED"pop3-ext/sdps-hosts/"

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
	struct dict *dict;
};

struct hosts_dict_lookup {
	auth_names_hosts_callback_t *callback;
	void *context;
};

static int
hosts_line_add(struct hosts_source *source, const char *line,
	       const char **error_r)
{
	const char *host, *user;
	int ret;

	ret = sdps_hosts_parse_line(line, &host, &user, error_r);
	if (ret <= 0)
		return ret;
	if (hash_table_lookup(source->users, host) != NULL) {
		*error_r = t_strdup_printf("%s is there twice", host);
		return -1;
	}
	hash_table_insert(source->users, p_strdup(source->pool, host),
			  p_strdup(source->pool, user));
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
		ret = hosts_line_add(source, line, &error);
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

int auth_names_hosts_init(const char *list, struct dict *dict,
			  struct auth_names_hosts **hosts_r,
			  const char **error_r)
{
	const char *const *words = t_strsplit_spaces(list, ", ");
	struct auth_names_hosts *hosts;
	struct hosts_source *source;
	pool_t pool;

	pool = pool_alloconly_create("SDPS host sources", 512);
	hosts = p_new(pool, struct auth_names_hosts, 1);
	hosts->pool = pool;
	hosts->dict = dict;
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

void auth_names_hosts_close(struct auth_names_hosts *hosts)
{
	if (hosts->dict != NULL)
		host_auth_dict_close(&hosts->dict);
}

void auth_names_hosts_deinit(struct auth_names_hosts **_hosts)
{
	struct auth_names_hosts *hosts = *_hosts;
	struct hosts_source *source;

	if (hosts == NULL)
		return;
	*_hosts = NULL;
	auth_names_hosts_close(hosts);
	array_foreach_modifiable(&hosts->sources, source)
		hosts_file_forget(source);
	pool_unref(&hosts->pool);
}

static int
hosts_sources_find(struct auth_names_hosts *hosts,
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

static void hosts_dict_found(const struct dict_lookup_result *result,
			     struct hosts_dict_lookup *lookup)
{
	const char *value = result->ret > 0 ? result->value : NULL;
	const char *error = result->ret >= 0 ? NULL :
		t_strdup_printf("dict: %s", result->error);

	/* an empty one is nobody's name */
	lookup->callback(value != NULL && *value == '\0' ? 0 : result->ret,
			 value, error, lookup->context);
	i_free(lookup);
}

void auth_names_hosts_find(struct auth_names_hosts *hosts,
			   const struct login_name *name,
			   auth_names_hosts_callback_t *callback,
			   void *context)
{
	static const struct dict_op_settings op_set = { .username = NULL };
	struct hosts_dict_lookup *lookup;
	const char *user = NULL, *error = NULL;
	int ret;

	ret = hosts_sources_find(hosts, name, &user, &error);
	if (ret != 0 || hosts->dict == NULL) {
		callback(ret, user, error, context);
		return;
	}
	lookup = i_new(struct hosts_dict_lookup, 1);
	lookup->callback = callback;
	lookup->context = context;
	dict_lookup_async(hosts->dict, &op_set,
			  t_strconcat(HOSTS_DICT_PREFIX, name->host, NULL),
			  hosts_dict_found, lookup);
}
