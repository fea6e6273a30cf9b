/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* PAM's modules hang, crash, start helpers and leave them behind. So each
   question has a group of processes of its own:

     service --fork--> guard --fork--> judge ---> helpers of modules
       ^                                 |
       +----------- one line ------------+

   The guard leads the group and waits for the judge. When the service dies the
   kernel tells it, and it kills the group; otherwise the service does so, as
   soon as there is a line, the judge has ended, or the time is over. Nobody
   waits for the end of the pipe, because a helper may hold it open. */

#include "lib.h"
#include "child-wait.h"
#include "fd-util.h"
#include "ioloop.h"
#include "str.h"
#include "strescape.h"
#include "write-full.h"

#include "pam-child.h"
#include "pam-files.h"
#include "pam-judge.h"
#include "pam-peer.h"
#include "pop3-ext-limits.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The judge's end of the pipe; the processes of the group have no other
   descriptor above the standard ones. */
#define REPLY_FD 3

/* Where a process may have any number of descriptors */
#define FD_MAX 65536
#ifdef CLOSE_RANGE_CLOEXEC /* from unistd.h */
#  define CLOSE_RANGE(first) close_range(first, UINT_MAX, 0)
#else
#  define CLOSE_RANGE(first) (-1)
#endif

struct pam_child {
	/* of the guard, and its group's */
	pid_t pid;
	struct child_wait *wait;

	int fd;
	struct io *io;
	struct timeout *to;
	unsigned int timeout_secs;
	string_t *reply;

	pam_child_callback_t *callback;
	void *context;
};

/*
 * In the processes of the group
 */

/* Closes all descriptors from this one on. */
static void close_from(int first)
{
	long fd, max;

	if (CLOSE_RANGE(first) == 0)
		return;
	max = sysconf(_SC_OPEN_MAX);
	if (max < 0 || max > FD_MAX)
		max = FD_MAX;
	for (fd = first; fd < max; fd++)
		(void)close(fd);
}

/* Helpers must hold nothing that somebody waits for: neither a connection nor
   the log. */
static void group_set_fds(int fd)
{
	int null_fd, i;

	if (dup2(fd, REPLY_FD) < 0)
		_exit(1);
	null_fd = open("/dev/null", O_RDWR);
	if (null_fd < 0)
		_exit(1);
	for (i = 0; i < REPLY_FD; i++) {
		if (dup2(null_fd, i) < 0)
			_exit(1);
	}
	close_from(REPLY_FD + 1);
}

/* Modules find signals as programs expect them. */
static void group_set_signals(void)
{
	sigset_t none;
	int i;

	for (i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void group_reply(enum pam_answer answer, const char *text)
{
	string_t *line = t_str_new(128);

	pam_answer_append(line, answer, text);
	(void)write_full(REPLY_FD, str_data(line), str_len(line));
}

static void ATTR_NORETURN
judge_run(const struct pam_question *question, const struct pam_peer *peer,
	  pid_t guard)
{
	enum pam_answer answer = PAM_ANSWER_UNKNOWN;
	const char *text;

	(void)signal(SIGTERM, SIG_DFL);
	/* also when a module has left the group */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != guard)
		_exit(1);
	if (pam_peer_may_ask(peer, question->user, &text) &&
	    pam_files_check(question->service, &text) == 0)
		answer = pam_judge(question, &text);
	group_reply(answer, text);
	_exit(0);
}

static void guard_end_group(int signum ATTR_UNUSED)
{
	(void)kill(0, SIGKILL);
}

static void ATTR_NORETURN
guard_run(const struct pam_question *question, const struct pam_peer *peer,
	  int fd, pid_t parent)
{
	pid_t pid, guard = getpid();
	int status = 0;

	(void)setpgid(0, 0);
	group_set_signals();
	(void)signal(SIGTERM, guard_end_group);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(1);
	group_set_fds(fd);

	pid = fork();
	if (pid == 0)
		judge_run(question, peer, guard);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) ;
	if (pid < 0)
		group_reply(PAM_ANSWER_UNKNOWN, "fork() failed");
	else if (WIFSIGNALED(status)) {
		group_reply(PAM_ANSWER_UNKNOWN, t_strdup_printf(
			"A module of "PAM_CONFIG_DIR"/%s has crashed "
			"(signal %d)", question->service, WTERMSIG(status)));
	} else if (status != 0) {
		group_reply(PAM_ANSWER_UNKNOWN, t_strdup_printf(
			"A module of "PAM_CONFIG_DIR"/%s has ended the "
			"process (status %d)", question->service,
			WEXITSTATUS(status)));
	}
	_exit(0);
}

/*
 * In the service
 */

static void pam_child_exited(const struct child_wait_status *status,
			     struct pam_child *child);

/* The guard is waited for by the ioloop: a process that the kernel holds may
   not end at once. */
static void pam_child_end(struct pam_child *child)
{
	if (kill(-child->pid, SIGKILL) < 0 && errno != ESRCH)
		i_error("kill(-%s) failed: %m", dec2str(child->pid));
	timeout_remove(&child->to);
	io_remove(&child->io);
	i_close_fd(&child->fd);
	child->callback = NULL;
}

static void pam_child_free(struct pam_child *child)
{
	child_wait_free(&child->wait);
	str_free(&child->reply);
	i_free(child);
}

static void
pam_child_finish(struct pam_child *child, enum pam_answer answer,
		 const char *text)
{
	pam_child_callback_t *callback = child->callback;
	void *context = child->context;

	text = t_strdup(text);
	pam_child_end(child);
	callback(answer, text, context);
}

static void pam_child_finish_line(struct pam_child *child, const char *line)
{
	enum pam_answer answer;
	const char *text;

	if (pam_answer_parse(t_strsplit_tabescaped(line), &answer, &text) < 0) {
		answer = PAM_ANSWER_UNKNOWN;
		text = "A module has written to the service's pipe";
	}
	pam_child_finish(child, answer, text);
}

/* Returns FALSE when there is no more for now. */
static bool pam_child_read(struct pam_child *child)
{
	char buf[POP3_EXT_MAX_PAM_LINE];
	ssize_t ret;

	ret = read(child->fd, buf, sizeof(buf));
	if (ret < 0 && (errno == EAGAIN || errno == EINTR))
		return FALSE;
	if (ret <= 0) {
		/* its end is soon known */
		io_remove(&child->io);
		return FALSE;
	}
	str_append_data(child->reply, buf, ret);
	return TRUE;
}

static void pam_child_input(struct pam_child *child)
{
	const char *p;

	while (pam_child_read(child)) {
		p = strchr(str_c(child->reply), '\n');
		if (p != NULL || str_len(child->reply) > POP3_EXT_MAX_PAM_LINE) {
			pam_child_finish_line(child, p == NULL ? "" :
				t_strdup_until(str_c(child->reply), p));
			return;
		}
	}
}

static void pam_child_exited(const struct child_wait_status *status ATTR_UNUSED,
			     struct pam_child *child)
{
	if (child->callback != NULL && child->io != NULL)
		pam_child_input(child);
	if (child->callback != NULL) {
		pam_child_finish(child, PAM_ANSWER_UNKNOWN,
				 "The process that asks PAM was killed");
	}
	pam_child_free(child);
}

static void pam_child_timeout(struct pam_child *child)
{
	pam_child_finish(child, PAM_ANSWER_UNKNOWN, t_strdup_printf(
		"PAM did not answer within %u seconds: a module hangs",
		child->timeout_secs));
}

#undef pam_child_start
int pam_child_start(const struct pam_question *question,
		    const struct pam_peer *peer,
		    pam_child_callback_t *callback, void *context,
		    struct pam_child **child_r, const char **error_r)
{
	struct pam_child *child;
	pid_t pid, parent = getpid();
	int fd[2];

	if (pipe(fd) < 0) {
		*error_r = t_strdup_printf("pipe() failed: %m");
		return -1;
	}
	pid = fork();
	if (pid == 0)
		guard_run(question, peer, fd[1], parent);
	i_close_fd(&fd[1]);
	if (pid < 0) {
		*error_r = t_strdup_printf("fork() failed: %m");
		i_close_fd(&fd[0]);
		return -1;
	}
	/* the guard does it, too: who comes first */
	(void)setpgid(pid, pid);
	fd_set_nonblock(fd[0], TRUE);

	child = i_new(struct pam_child, 1);
	child->pid = pid;
	child->fd = fd[0];
	child->callback = callback;
	child->context = context;
	child->timeout_secs = question->timeout_secs;
	child->reply = str_new(default_pool, 128);
	child->io = io_add(child->fd, IO_READ, pam_child_input, child);
	child->to = timeout_add(child->timeout_secs * 1000,
				pam_child_timeout, child);
	child->wait = child_wait_new_with_pid(pid, pam_child_exited, child);
	*child_r = child;
	return 0;
}

void pam_child_abort(struct pam_child **_child)
{
	struct pam_child *child = *_child;

	if (child == NULL)
		return;
	*_child = NULL;
	pam_child_end(child);
}
