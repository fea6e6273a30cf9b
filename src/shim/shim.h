#ifndef SHIM_H
#define SHIM_H

struct module;

/* One of our mail plugins as Dovecot's module loader sees it: a small module
   that every process can load, and that opens the plugin's code where it
   belongs. Dovecot's mail_plugins setting is often global, and a module that
   fails to load stops IMAP logins, deliveries and doveadm. */
struct shim {
	/* of the plugin, as in mail_plugins */
	const char *name;
	/* the processes that need the code, ended by NULL */
	const char *const *processes;
	/* an address inside the shim's own object */
	const void *self;

	/* the code, or NULL: not needed in this process, or there is an error */
	void *handle;
	void (*init)(struct module *module);
	void (*deinit)(void);
	/* why the code can't be used, with the next step; else empty. Not on the
	   heap: a module that Dovecot drops after its preinit has no end. */
	char error[512];
};

/* Opens DIR/pop3-ext/NAME.so, where DIR is the folder that the shim was loaded
   from. To be called by NAME_plugin_preinit(): doveadm loads its own plugins
   between that and NAME_plugin_init(), and they need the code. May be called
   again: Dovecot does when it could not load all of a user's plugins. */
void shim_open(struct shim *shim);
/* The code's own init and deinit; no-ops without the code. */
void shim_init(struct shim *shim, struct module *module);
void shim_deinit(struct shim *shim);

#endif
