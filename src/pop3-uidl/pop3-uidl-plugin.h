#ifndef POP3_UIDL_PLUGIN_H
#define POP3_UIDL_PLUGIN_H

struct module;

void pop3_uidl_plugin_init(struct module *module);
void pop3_uidl_plugin_deinit(void);

#endif
