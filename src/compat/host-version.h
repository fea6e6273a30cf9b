#ifndef HOST_VERSION_H
#define HOST_VERSION_H

/* The version of the Dovecot that this was built for. */
extern const char host_version[];

/* The running Dovecot must be the one that version names, because our code uses
   private parts of it. Returns FALSE and a sentence when it is another one. */
bool host_is_version(const char *version, const char **reason_r);

/* The same for descriptions of settings, which all of Dovecot 2.4 from 2.4.1 on
   reads in the same form. */
bool host_knows_settings_of(const char *version, const char **reason_r);

#endif
