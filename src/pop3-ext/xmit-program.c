/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Runs the sendmail program.

   Not by the host's program-client: that one tells success from failure only,
   not by which exit status, and it feeds the program through a pipe that it
   closes before it kills it, so that a program killed in the middle would see
   the end of a shortened message. Here the program's input is a file, complete
   before the program starts. */

#include "lib.h"
#include "child-wait.h"
#include "env-util.h"
#include "ioloop.h"
#include "istream.h"
#include "net.h"
#include "str.h"

#include "xmit-program.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* of the output; the rest is read and dropped */
#define PROGRAM_OUTPUT_MAX_SIZE 1024
/* then others get their turn */
#define PROGRAM_MAX_READS 16
#define PROGRAM_EXEC_FAILED 127

struct xmit_program {
	struct event *event;
	pid_t pid;
	struct child_wait *wait;
	/* the user's, NULL if there is none */
	struct ioloop_context *ioloop_context;

	int output_fd;
	struct istream *output;
	struct io *io;
	string_t *text;

	xmit_program_callback_t *callback;
	void *context;
};

static void ATTR_NORETURN
program_exec(const char *const *args, int stdin_fd, int output_fd)
{
	if (lseek(stdin_fd, 0, SEEK_SET) == 0 &&
	    dup2(stdin_fd, STDIN_FILENO) >= 0 &&
	    dup2(output_fd, STDOUT_FILENO) >= 0 &&
	    dup2(output_fd, STDERR_FILENO) >= 0) {
		/* what we ignore the program would ignore, too */
		(void)signal(SIGPIPE, SIG_DFL);
		env_clean();
		(void)execv(args[0], (char *const *)args);
		/* the program's output now */
		(void)dprintf(STDERR_FILENO, "It can't be run: %s\n",
			      strerror(errno));
	}
	_exit(PROGRAM_EXEC_FAILED);
}

static void program_read_output(struct xmit_program *program)
{
	const unsigned char *data;
	size_t size, room;
	unsigned int reads;
	int ret = 1;

	for (reads = 0; reads < PROGRAM_MAX_READS && ret > 0; reads++) {
		ret = i_stream_read_more(program->output, &data, &size);
		room = PROGRAM_OUTPUT_MAX_SIZE - str_len(program->text);
		if (ret > 0) {
			str_append_data(program->text, data,
					I_MIN(size, room));
			i_stream_skip(program->output, size);
		}
	}
	if (ret < 0)
		io_remove(&program->io);
}

static void
program_exited(const struct child_wait_status *status,
	       struct xmit_program *program)
{
	/* Signals belong to the process, not to a user. Without this, what is
	   logged from here on would lack the user's name, and so would
	   everything that goes on from an io or timeout added here. */
	if (program->ioloop_context != NULL)
		io_loop_context_switch(program->ioloop_context);

	program->pid = -1;
	program_read_output(program);
	program->callback(status->status,
			  t_strcut(str_c(program->text), '\n'),
			  program->context);
}

#undef xmit_program_run
struct xmit_program *
xmit_program_run(struct event *event, const char *const *args, int stdin_fd,
		 xmit_program_callback_t *callback, void *context)
{
	struct xmit_program *program;
	int fd[2];
	pid_t pid;

	if (pipe(fd) < 0) {
		e_error(event, "pipe() failed: %m");
		return NULL;
	}
	fd_close_on_exec(fd[0], TRUE);
	fd_close_on_exec(fd[1], TRUE);
	/* before the fork: a program that ends at once must not end unnoticed */
	child_wait_init();
	pid = fork();
	if (pid < 0) {
		e_error(event, "fork() failed: %m");
		child_wait_deinit();
		i_close_fd(&fd[0]);
		i_close_fd(&fd[1]);
		return NULL;
	}
	if (pid == 0)
		program_exec(args, stdin_fd, fd[1]);
	i_close_fd(&fd[1]);
	net_set_nonblock(fd[0], TRUE);

	program = i_new(struct xmit_program, 1);
	program->event = event;
	event_ref(event);
	program->pid = pid;
	program->callback = callback;
	program->context = context;
	program->output_fd = fd[0];
	program->output = i_stream_create_fd(fd[0], IO_BLOCK_SIZE);
	program->text = str_new(default_pool, 128);
	program->io = io_add_istream(program->output, program_read_output,
				     program);
	program->ioloop_context = io_loop_get_current_context(current_ioloop);
	if (program->ioloop_context != NULL)
		io_loop_context_ref(program->ioloop_context);
	program->wait = child_wait_new_with_pid(pid, program_exited, program);
	e_debug(event, "started %s, pid %s", args[0], dec2str(pid));
	return program;
}

static void program_kill(struct xmit_program *program)
{
	if (kill(program->pid, SIGKILL) < 0) {
		e_error(program->event, "kill(%s) failed: %m",
			dec2str(program->pid));
	} else if (waitpid(program->pid, NULL, 0) < 0) {
		e_error(program->event, "waitpid(%s) failed: %m",
			dec2str(program->pid));
	}
}

void xmit_program_free(struct xmit_program **_program)
{
	struct xmit_program *program = *_program;

	if (program == NULL)
		return;
	*_program = NULL;

	child_wait_free(&program->wait);
	if (program->pid != -1)
		program_kill(program);
	child_wait_deinit();
	io_remove(&program->io);
	i_stream_destroy(&program->output);
	i_close_fd(&program->output_fd);
	if (program->ioloop_context != NULL)
		io_loop_context_unref(&program->ioloop_context);
	event_unref(&program->event);
	str_free(&program->text);
	i_free(program);
}
