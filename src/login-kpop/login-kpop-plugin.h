#ifndef LOGIN_KPOP_PLUGIN_H
#define LOGIN_KPOP_PLUGIN_H

struct module;

void pop3_ext_kpop_plugin_init(struct module *module);
void pop3_ext_kpop_plugin_deinit(void);

#endif
