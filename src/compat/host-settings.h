#ifndef HOST_SETTINGS_H
#define HOST_SETTINGS_H

/* One way to read a plugin's settings on both Dovecot series.

   A plugin describes its settings once, with the SETTING_DEFINE_STRUCT_*()
   macros that both series share, and wraps them by HOST_SETTINGS_INFO(). In
   Dovecot 2.4 they are settings like the host's own; in 2.3 the same names
   stand inside plugin { } (or are returned by the userdb) and are parsed by
   the host's settings parser from there. */

#include "settings-parser.h"
#include "dovecot-compat.h"

struct dict;
struct mail_user;
struct smtp_submit_settings;

/* The end of a list of defines, for every Dovecot 2.4: from 2.4.2 on it has a
   flag, which older ones do not look at. The settings module may be loaded by
   another 2.4 than the one it was built for. */
#ifdef HOST_2_4
#  undef SETTING_DEFINE_LIST_END
#  define SETTING_DEFINE_LIST_END { 0, BIT(1), NULL, 0, NULL, NULL, NULL }
#endif

/* FALSE in a check function for a value that stands for %variables which are
   not known yet: the config process of 2.4 checks settings, too. */
#ifdef HOST_2_4
#  define HOST_SETTING_IS_KNOWN(value) ((value) != set_value_unknown)
#else
#  define HOST_SETTING_IS_KNOWN(value) TRUE
#endif

/* 2.4.0 doesn't ask which plugin settings belong to. */
#ifdef HOST_PLUGIN_DEPENDENCY
#  define HOST_SETTINGS_PLUGIN(_module) .plugin_dependency = _module,
#else
#  define HOST_SETTINGS_PLUGIN(_module)
#endif

#ifdef HOST_2_4
#  define HOST_SETTINGS_INFO(_name, _module, _struct, _defines, _defaults, \
			     _check) { \
	.name = _name, \
	HOST_SETTINGS_PLUGIN(_module) \
	.defines = _defines, \
	.defaults = _defaults, \
	.struct_size = sizeof(_struct), \
	.pool_offset1 = 1 + offsetof(_struct, pool), \
	.check_func = _check, \
}
#else
#  define HOST_SETTINGS_INFO(_name, _module, _struct, _defines, _defaults, \
			     _check) { \
	.module_name = _name, \
	.defines = _defines, \
	.defaults = _defaults, \
	.type_offset = SIZE_MAX, \
	.struct_size = sizeof(_struct), \
	.parent_offset = SIZE_MAX, \
	.check_func = _check, \
}
#endif

/* In a list of defines, with the comma: the dict that a plugin uses. In 2.3 the
   setting NAME_dict, an URI, and a member of that name; in 2.4 the block
   NAME { dict ... }. HOST_SETTING_DICT_NAME("NAME") is what lines of the log
   call it. */
#ifdef HOST_2_4
#  define HOST_SETTING_DEFINE_DICT(_name, _struct) \
	{ .type = SET_FILTER_NAME, .key = #_name, .required_setting = "dict" },
#  define HOST_SETTING_DICT_NAME(name) name" { dict }"
#else
#  define HOST_SETTING_DEFINE_DICT(_name, _struct) \
	SETTING_DEFINE_STRUCT_STR(#_name "_dict", _name##_dict, _struct),
#  define HOST_SETTING_DICT_NAME(name) name"_dict"
#endif

/* Called for each setting that can't be used as it is set, with its name, its
   value (NULL when that is not known either) and a sentence that begins with the
   name. key is NULL when no setting can be read, and "" when the reason is that
   Dovecot 2.4 runs without our settings module: its configuration can't have any
   then, only the userdb. */
typedef void
host_setting_report_t(const char *key, const char *value, const char *error,
		      void *context);

/* Reads the settings of this user: a struct whose first member is
   `pool_t pool'; unreferencing that pool frees it. A setting for which report()
   was called has its default. A value of %variables that expands to nothing is
   reported, unless the setting is in may_be_nothing, a NULL-terminated list or
   NULL. */
const void *
host_settings_get(struct mail_user *user,
		  const struct setting_parser_info *info,
		  const char *const *may_be_nothing,
		  host_setting_report_t *report, void *context);

/* Names in use that nobody has checked yet: in 2.3 all of plugin { } and of the
   userdb, in 2.4 those of the userdb. NULL-terminated, on the data stack. */
const char *const *host_settings_get_names(struct mail_user *user);

/* Opens the dict that HOST_SETTING_DEFINE_DICT(name, ...) describes; uri is the
   member's value. Returns 1, 0 when there is none, -1 and error. It connects
   when it is used. */
int host_dict_init(struct mail_user *user, const char *name, const char *uri,
		   struct dict **dict_r, const char **error_r);

/* The host's own submission settings as far as this process can see them:
   hostname, submission_host, submission_ssl, submission_timeout (seconds) and
   sendmail_path. The process of Dovecot 2.3 does not receive them: there they
   are the host's defaults, and the plugin's configuration has to name what
   differs. Allocated from pool. Returns -1 and error on failure. */
int host_submission_settings_get(struct mail_user *user, pool_t pool,
				 const struct smtp_submit_settings **set_r,
				 const char **error_r);

#endif
