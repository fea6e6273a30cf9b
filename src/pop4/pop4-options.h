#ifndef POP4_OPTIONS_H
#define POP4_OPTIONS_H

struct pop4_command;
struct pop4_settings;

/* Reads the command line. Strings are allocated from pool. Returns 1 when there
   is a command to run, 0 when what was asked for has been shown, -1 and a
   sentence when it is wrong. */
int pop4_options_parse(pool_t pool, int argc, char *argv[],
		       struct pop4_settings *set,
		       const struct pop4_command **command_r,
		       const char *const **args_r, const char **error_r);

#endif
