/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "dsasl-client.h"
#include "ioloop.h"

#include "pop4-conn.h"
#include "pop4-options.h"
#include "pop4-output.h"
#include "terminal-text.h"

#include <signal.h>
#include <stdio.h>

static int pop4_session(struct pop4_conn *conn, struct pop4_output *output,
			const struct pop4_command *command,
			const char *const *args)
{
	if (pop4_connect(conn) < 0 || pop4_secure(conn) < 0 ||
	    pop4_login(conn) < 0)
		return -1;
	if (command->run(conn, output, args) < 0)
		return -1;
	if (pop4_quit(conn) < 0) {
		if (!command->update) {
			/* it is done; the server may go as it likes */
			conn->error = NULL;
		} else {
			return pop4_outcome_unknown(conn);
		}
	}
	return pop4_output_flush(output);
}

static enum pop4_exit
pop4_run_command(const struct pop4_settings *set,
		 const struct pop4_command *command, const char *const *args)
{
	struct pop4_conn *conn = pop4_conn_init(set);
	struct pop4_output *output = pop4_output_init(conn);
	enum pop4_exit exit = POP4_EXIT_OK;

	if (pop4_session(conn, output, command, args) < 0) {
		/* what came before the error is right */
		(void)pop4_output_flush(output);
		fprintf(stderr, "pop4: %s\n", conn->error);
		exit = conn->exit;
	}
	pop4_output_deinit(&output);
	pop4_conn_deinit(&conn);
	return exit;
}

static enum pop4_exit pop4_main(int argc, char *argv[])
{
	const struct pop4_command *command;
	const char *const *args, *error;
	struct pop4_settings set;
	enum pop4_exit exit = POP4_EXIT_OK;
	pool_t pool;
	int ret;

	pool = pool_alloconly_create("pop4 settings", 512);
	ret = pop4_options_parse(pool, argc, argv, &set, &command, &args,
				 &error);
	if (ret < 0) {
		fprintf(stderr, "pop4: %s (pop4 --help says more)\n",
			terminal_text_line(error));
		exit = POP4_EXIT_USAGE;
	} else if (ret > 0) {
		exit = pop4_run_command(&set, command, args);
	}
	pool_unref(&pool);
	return exit;
}

int main(int argc, char *argv[])
{
	struct ioloop *ioloop;
	enum pop4_exit exit;

	/* a lost connection is an error like others */
	(void)signal(SIGPIPE, SIG_IGN);
	lib_init();
	ioloop = io_loop_create();
	dsasl_clients_init();
	T_BEGIN {
		exit = pop4_main(argc, argv);
	} T_END;
	dsasl_clients_deinit();
	io_loop_destroy(&ioloop);
	lib_deinit();
	return exit;
}
