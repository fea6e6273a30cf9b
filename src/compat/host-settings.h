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

/* FALSE in a check function for a value that stands for %variables which are
   not known yet: the config process of 2.4 checks settings, too. */
#ifdef HOST_2_4
#  define HOST_SETTING_IS_KNOWN(value) ((value) != set_value_unknown)
#else
#  define HOST_SETTING_IS_KNOWN(value) TRUE
#endif

#ifdef HOST_2_4
#  define HOST_SETTINGS_INFO(_name, _module, _struct, _defines, _defaults, \
			     _check) { \
	.name = _name, \
	.plugin_dependency = _module, \
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
   NAME { dict ... }. */
#ifdef HOST_2_4
#  define HOST_SETTING_DEFINE_DICT(_name, _struct) \
	{ .type = SET_FILTER_NAME, .key = #_name, .required_setting = "dict" },
#else
#  define HOST_SETTING_DEFINE_DICT(_name, _struct) \
	SETTING_DEFINE_STRUCT_STR(#_name "_dict", _name##_dict, _struct),
#endif

/* Reads the settings of this user into *set_r, a struct whose first member is
   `pool_t pool'; unreferencing that pool frees it. Returns -1 when a value is
   not allowed; the error names the setting. */
int host_settings_get(struct mail_user *user,
		      const struct setting_parser_info *info,
		      const void **set_r, const char **error_r);

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
