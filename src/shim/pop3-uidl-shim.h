#ifndef POP3_UIDL_SHIM_H
#define POP3_UIDL_SHIM_H

struct module;

void pop3_uidl_plugin_preinit(void);
void pop3_uidl_plugin_init(struct module *module);
void pop3_uidl_plugin_deinit(void);

#endif
