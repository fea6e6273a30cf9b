#ifndef POP3_UIDL_PLUGIN_H
#define POP3_UIDL_PLUGIN_H

struct module;

/* What ../shim asks for */
extern const char *const pop3_uidl_version;
void pop3_uidl_init(struct module *module);
void pop3_uidl_deinit(void);

#endif
