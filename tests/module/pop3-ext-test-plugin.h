#ifndef POP3_EXT_TEST_PLUGIN_H
#define POP3_EXT_TEST_PLUGIN_H

struct module;
struct mail_storage_hooks;

/* The commands. Their files say what they do. */
extern const struct pop3_ext_command cmd_xbody;
extern const struct pop3_ext_command cmd_xfail;
extern const struct pop3_ext_command cmd_xpieces;
extern const struct pop3_ext_command cmd_xtnd_test;
extern const struct pop3_ext_command cmd_xwait;

/* fail-commit.c */
extern struct mail_storage_hooks fail_commit_hooks;

extern const char pop3_ext_test_plugin_binary_dependency[];
extern const char *pop3_ext_test_plugin_dependencies[];

void pop3_ext_test_plugin_init(struct module *module);
void pop3_ext_test_plugin_deinit(void);

#endif
