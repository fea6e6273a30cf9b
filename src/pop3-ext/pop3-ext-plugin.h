#ifndef POP3_EXT_PLUGIN_H
#define POP3_EXT_PLUGIN_H

struct module;

/* What ../shim asks for */
extern const char *const pop3_ext_version;
void pop3_ext_init(struct module *module);
void pop3_ext_deinit(void);

#endif
