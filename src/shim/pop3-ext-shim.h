#ifndef POP3_EXT_SHIM_H
#define POP3_EXT_SHIM_H

struct module;

void pop3_ext_plugin_preinit(void);
void pop3_ext_plugin_init(struct module *module);
void pop3_ext_plugin_deinit(void);

#endif
