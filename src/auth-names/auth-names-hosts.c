/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "host-auth.h"
#include "array.h"

#include "dict-compat.h"
#include "host-settings.h"
#include "login-name.h"
#include "auth-names-hosts.h"
#include "auth-names-hosts-file.h"

#define HOSTS_DICT_PREFIX DICT_PATH_SHARED"pop3-ext/sdps-hosts/"

/* One of these */
struct hosts_source {
	const char *suffix;
	struct auth_names_hosts_file *file;
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

static void hosts_source_init(struct hosts_source *source, pool_t pool,
			      const char *name)
{
	if (name[0] == '.') {
		source->suffix = p_strdup(pool, name);
		return;
	}
	source->file = auth_names_hosts_file_init(name);
	/* workers are never asked */
	if (!host_auth_is_worker())
		auth_names_hosts_file_refresh(source->file);
}

struct auth_names_hosts *auth_names_hosts_init(const char *list,
					       struct dict *dict)
{
	const char *const *words = t_strsplit_spaces(list, ", ");
	struct auth_names_hosts *hosts;
	pool_t pool;

	pool = pool_alloconly_create("SDPS host sources", 512);
	hosts = p_new(pool, struct auth_names_hosts, 1);
	hosts->pool = pool;
	hosts->dict = dict;
	p_array_init(&hosts->sources, pool, 4);
	for (; *words != NULL; words++) {
		hosts_source_init(array_append_space(&hosts->sources), pool,
				  *words);
	}
	return hosts;
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
		auth_names_hosts_file_deinit(&source->file);
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
		if (source->suffix != NULL) {
			*user_r = login_name_suffix_user(name, source->suffix);
			ret = *user_r == NULL ? 0 : 1;
		} else {
			ret = auth_names_hosts_file_find(
				source->file, name->host, user_r, error_r);
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
		t_strdup_printf(HOST_SETTING_DICT_NAME("pop3_ext_names")": %s",
				result->error);

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
