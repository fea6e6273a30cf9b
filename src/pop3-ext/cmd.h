#ifndef CMD_H
#define CMD_H

/* The descriptors of all commands, one from each cmd-*.c file. They are listed
   in pop3-ext-commands.c. */

struct pop3_ext_command;

extern const struct pop3_ext_command cmd_capa;
extern const struct pop3_ext_command cmd_cfld;
extern const struct pop3_ext_command cmd_cflg;
extern const struct pop3_ext_command cmd_copy;
extern const struct pop3_ext_command cmd_dele;
extern const struct pop3_ext_command cmd_dfld;
extern const struct pop3_ext_command cmd_env;
extern const struct pop3_ext_command cmd_lfld;
extern const struct pop3_ext_command cmd_lflg;
extern const struct pop3_ext_command cmd_lmsg;
extern const struct pop3_ext_command cmd_lprt;
extern const struct pop3_ext_command cmd_move;
extern const struct pop3_ext_command cmd_movf;
extern const struct pop3_ext_command cmd_quit;
extern const struct pop3_ext_command cmd_renf;
extern const struct pop3_ext_command cmd_rflg;
extern const struct pop3_ext_command cmd_rprt;
extern const struct pop3_ext_command cmd_sfld;
extern const struct pop3_ext_command cmd_sflg;
extern const struct pop3_ext_command cmd_stor;
extern const struct pop3_ext_command cmd_xtnd_xmit;

#endif
