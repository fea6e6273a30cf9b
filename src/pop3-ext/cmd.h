#ifndef CMD_H
#define CMD_H

/* The descriptors of all commands, one from each cmd-*.c file. They are listed
   in pop3-ext-commands.c. */

struct pop3_ext_command;

extern const struct pop3_ext_command cmd_capa;
extern const struct pop3_ext_command cmd_env;
extern const struct pop3_ext_command cmd_xtnd_xmit;

#endif
