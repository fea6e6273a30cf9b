#ifndef POP3_EXT_PLUGIN_H
#define POP3_EXT_PLUGIN_H

struct module;

extern const char pop3_ext_plugin_binary_dependency[];

void pop3_ext_plugin_init(struct module *module);
void pop3_ext_plugin_deinit(void);

#endif
