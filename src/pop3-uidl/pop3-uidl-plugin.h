#ifndef POP3_UIDL_PLUGIN_H
#define POP3_UIDL_PLUGIN_H

struct module;

void pop3_uidl_plugin_init(struct module *module);
void pop3_uidl_plugin_deinit(void);
/* FALSE: it was built for another Dovecot. */
bool pop3_uidl_plugin_is_known_host(void);

#endif
