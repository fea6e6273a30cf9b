#ifndef POP4_CLIENT_H
#define POP4_CLIENT_H

/* pop4 - a command-line client. One run is one session: connect, log in, one
   command, QUIT. Everything is done one after the other; whoever has to wait
   runs the ioloop for that long (pop4-conn.h). */

#include "pop-url.h"

struct pop4_conn;
struct pop4_output;

/* Exit codes; pop4(1) promises them to scripts. */
enum pop4_exit {
	POP4_EXIT_OK = 0,
	/* the server said -ERR */
	POP4_EXIT_REFUSED = 1,
	/* wrong options or arguments, a wrong URL */
	POP4_EXIT_USAGE = 2,
	/* no connection */
	POP4_EXIT_CONNECT = 3,
	/* no TLS where it has to be, or not with the right server */
	POP4_EXIT_TLS = 4,
	/* wrong user or password, or no way to log in */
	POP4_EXIT_LOGIN = 5,
	/* the server can't do that */
	POP4_EXIT_MISSING = 6,
	/* connection lost, time-out, or the server's words make no sense */
	POP4_EXIT_LOST = 7,
	/* files, the password command, the standard output */
	POP4_EXIT_LOCAL = 8,
	/* lost when it may or may not have been done */
	POP4_EXIT_UNKNOWN = 9,
	/* the server said -ERR, but later it may say +OK */
	POP4_EXIT_TEMPORARY = 10,
};

enum pop4_tls {
	/* STLS when it is offered */
	POP4_TLS_AUTO,
	/* not without */
	POP4_TLS_REQUIRE,
	/* no STLS, and passwords may go in clear */
	POP4_TLS_NEVER,
};

struct pop4_settings {
	struct pop_url url;

	enum pop4_tls tls;
	const char *ca_file;
	const char *password_file;
	const char *password_command;
	/* what these would give; NULL = they are asked */
	const char *password;
	/* who logs in by SASL for the user of the URL; NULL = the user does */
	const char *master_user;
	/* seconds */
	unsigned int timeout;
	/* asked again and again while the server is waited for: shall that be
	   all? NULL = a signal ends the program */
	bool (*is_ended)(void);
	/* octets */
	uoff_t max_size;

	/* what single commands take; NULL or UINT_MAX = not given */
	const char *folder;
	const char *output;
	const char *mode;
	const char *flags;
	unsigned int lines;

	bool verify;
	bool json;
	bool quiet;
};

struct pop4_command {
	const char *name;
	/* as usage shows them */
	const char *args;
	const char *help;
	/* how many there may be; UINT_MAX = any */
	unsigned int min_args, max_args;
	/* letters of the options that the command takes, beside the general
	   ones */
	const char *options;
	/* what it does is done when the server has answered QUIT */
	bool update;

	/* Returns -1 when conn has the error. */
	int (*run)(struct pop4_conn *conn, struct pop4_output *output,
		   const char *const *args);
};

/* Ends with one without a name. */
extern const struct pop4_command pop4_commands[];

int pop4_cmd_capa(struct pop4_conn *conn, struct pop4_output *output,
		  const char *const *args);
int pop4_cmd_folders(struct pop4_conn *conn, struct pop4_output *output,
		     const char *const *args);
int pop4_cmd_mkdir(struct pop4_conn *conn, struct pop4_output *output,
		   const char *const *args);
int pop4_cmd_rmdir(struct pop4_conn *conn, struct pop4_output *output,
		   const char *const *args);
int pop4_cmd_rename(struct pop4_conn *conn, struct pop4_output *output,
		    const char *const *args);
int pop4_cmd_messages(struct pop4_conn *conn, struct pop4_output *output,
		      const char *const *args);
int pop4_cmd_flag(struct pop4_conn *conn, struct pop4_output *output,
		  const char *const *args);
int pop4_cmd_copy(struct pop4_conn *conn, struct pop4_output *output,
		  const char *const *args);
int pop4_cmd_move(struct pop4_conn *conn, struct pop4_output *output,
		  const char *const *args);
int pop4_cmd_get(struct pop4_conn *conn, struct pop4_output *output,
		 const char *const *args);
int pop4_cmd_part(struct pop4_conn *conn, struct pop4_output *output,
		  const char *const *args);
int pop4_cmd_store(struct pop4_conn *conn, struct pop4_output *output,
		   const char *const *args);
int pop4_cmd_send(struct pop4_conn *conn, struct pop4_output *output,
		  const char *const *args);

/* Is this one flag, or several with commas between them? Whether the server
   knows them is its matter. */
bool pop4_is_flags(const char *flags);

#endif
