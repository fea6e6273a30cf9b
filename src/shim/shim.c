/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Nothing in this folder may use a symbol or a struct member that is not in
   every process and every release of Dovecot. */

#include "lib.h"
#include "master-service.h"
#include "strfuncs.h"

#include "host-version.h"
#include "shim.h"

#include <dlfcn.h>

#define SHIM_FOLDER "pop3-ext"

static bool shim_is_needed(const struct shim *shim)
{
	return str_array_find(shim->processes,
			      master_service_get_name(master_service));
}

static const char *shim_get_code_path(const struct shim *shim)
{
	const char *folder = "";
	const char *slash;
	Dl_info info;

	if (dladdr(shim->self, &info) != 0 && info.dli_fname != NULL &&
	    (slash = strrchr(info.dli_fname, '/')) != NULL)
		folder = t_strdup_until(info.dli_fname, slash + 1);
	return t_strconcat(folder, SHIM_FOLDER"/", shim->name, ".so", NULL);
}

static int
shim_get_symbol(struct shim *shim, const char *path, const char *suffix,
		void **symbol_r, const char **error_r)
{
	const char *name = t_strconcat(shim->name, suffix, NULL);

	*symbol_r = dlsym(shim->handle, name);
	if (*symbol_r != NULL)
		return 0;
	*error_r = t_strdup_printf("%s has no %s", path, name);
	return -1;
}

static int shim_get_code(struct shim *shim, const char **error_r)
{
	const char *path = shim_get_code_path(shim);
	void *version, *init, *deinit;

	/* What a new release of Dovecot lacks would stop the code from being
	   opened, but the version says more to the admin. */
	if (!host_is_version(host_version, error_r))
		return -1;
	/* RTLD_GLOBAL: one plugin's code uses another's */
	shim->handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
	if (shim->handle == NULL) {
		*error_r = t_strdup(dlerror());
		return -1;
	}
	if (shim_get_symbol(shim, path, "_version", &version, error_r) < 0 ||
	    shim_get_symbol(shim, path, "_init", &init, error_r) < 0 ||
	    shim_get_symbol(shim, path, "_deinit", &deinit, error_r) < 0)
		return -1;
	if (!host_is_version(*(const char *const *)version, error_r)) {
		*error_r = t_strdup_printf("%s was %s", path, *error_r);
		return -1;
	}
	shim->init = (void (*)(struct module *))init;
	shim->deinit = (void (*)(void))deinit;
	return 0;
}

void shim_open(struct shim *shim)
{
	const char *error;

	if (shim->handle != NULL || !shim_is_needed(shim))
		return;
	shim->error[0] = '\0';
	T_BEGIN {
		if (shim_get_code(shim, &error) < 0) {
			(void)i_snprintf(shim->error, sizeof(shim->error),
				"%s. Install the dovecot-pop3-ext that was "
				"built for this Dovecot", error);
			if (shim->handle != NULL)
				(void)dlclose(shim->handle);
			shim->handle = NULL;
		}
	} T_END;
}

void shim_init(struct shim *shim, struct module *module)
{
	if (shim->handle != NULL)
		shim->init(module);
}

void shim_deinit(struct shim *shim)
{
	/* The code stays open to the end of the process: another plugin's
	   deinit may still call it. */
	if (shim->handle != NULL)
		shim->deinit();
}
