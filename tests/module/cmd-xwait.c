/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* XWAIT - answer when something has happened outside

     XWAIT ("msecs" number / "fifo" name) [result] CRLF

   C: XWAIT fifo door
      (somebody writes "open" and LF to the named pipe ~/door)
   S: +OK open

   result is how it then ends: ok, bad or failed. "linger" is ok, and asks for
   patience when the connection is gone meanwhile. */

#include "lib.h"
#include "ioloop.h"
#include "istream.h"
#include "mail-user.h"

#include "pop3-ext-api.h"
#include "pop3-ext-test-plugin.h"

#include <fcntl.h>

struct cmd_xwait {
	struct pop3_ext_command_context *cmd;
	struct timeout *to;
	struct istream *fifo;
	struct io *io;
	const char *text;
};

static void cmd_xwait_stop(struct cmd_xwait *wait)
{
	timeout_remove(&wait->to);
	io_remove(&wait->io);
	i_stream_destroy(&wait->fifo);
}

static void cmd_xwait_abort(struct pop3_ext_command_context *cmd)
{
	cmd_xwait_stop(cmd->context);
	e_info(cmd->event, "xwait: aborted");
}

static void cmd_xwait_happened(struct cmd_xwait *wait, const char *text)
{
	wait->text = p_strdup(wait->cmd->pool, text);
	cmd_xwait_stop(wait);
	pop3_ext_api.command_resume(wait->cmd);
}

static void cmd_xwait_timeout(struct cmd_xwait *wait)
{
	cmd_xwait_happened(wait, "time");
}

static void cmd_xwait_fifo(struct cmd_xwait *wait)
{
	const char *line = i_stream_read_next_line(wait->fifo);

	if (line != NULL)
		cmd_xwait_happened(wait, line);
}

static int cmd_xwait_open_fifo(struct cmd_xwait *wait, const char *name)
{
	const char *home;
	int fd;

	if (strchr(name, '/') != NULL ||
	    mail_user_get_home(wait->cmd->client->user, &home) <= 0)
		return -1;
	/* Open for writing, too: no end of file when a writer leaves */
	fd = open(t_strdup_printf("%s/%s", home, name), O_RDWR | O_NONBLOCK);
	if (fd == -1)
		return -1;
	wait->fifo = i_stream_create_fd_autoclose(&fd, 1024);
	wait->io = io_add_istream(wait->fifo, cmd_xwait_fifo, wait);
	return 0;
}

static enum pop3_ext_result cmd_xwait_more(struct pop3_ext_command_context *cmd)
{
	struct cmd_xwait *wait = cmd->context;
	const char *result = cmd->args[2];

	if (null_strcmp(result, "bad") == 0) {
		return pop3_ext_api.reply_err(cmd, POP3_EXT_BAD, NULL, wait->text);
	} else if (null_strcmp(result, "failed") == 0) {
		return pop3_ext_api.reply_err(cmd, POP3_EXT_FAILED, "SYS/TEMP",
					  wait->text);
	}
	return pop3_ext_api.reply_ok(cmd, wait->text);
}

static enum pop3_ext_result cmd_xwait_run(struct pop3_ext_command_context *cmd)
{
	struct cmd_xwait *wait;
	unsigned int msecs;

	wait = p_new(cmd->pool, struct cmd_xwait, 1);
	wait->cmd = cmd;
	cmd->context = wait;
	cmd->more = cmd_xwait_more;
	cmd->abort = cmd_xwait_abort;
	cmd->lingering = null_strcmp(cmd->args[2], "linger") == 0;

	if (strcmp(cmd->args[0], "msecs") == 0 &&
	    str_to_uint(cmd->args[1], &msecs) == 0) {
		wait->to = timeout_add(msecs, cmd_xwait_timeout, wait);
	} else if (strcmp(cmd->args[0], "fifo") != 0 ||
		   cmd_xwait_open_fifo(wait, cmd->args[1]) < 0) {
		return pop3_ext_api.reply_err(cmd, POP3_EXT_BAD, NULL,
					  "Nothing to wait for");
	}
	e_info(cmd->event, "xwait: waits for %s", cmd->args[1]);
	pop3_ext_api.command_wait(cmd);
	return POP3_EXT_MORE;
}

const struct pop3_ext_command cmd_xwait = {
	.name = "XWAIT",
	.args = "msecs|fifo what [result]",
	.min_args = 2,
	.max_args = 3,
	.run = cmd_xwait_run,
};
