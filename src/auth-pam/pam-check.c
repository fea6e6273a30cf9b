/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "env-util.h"
#include "write-full.h"

#include "pam-check.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <security/pam_appl.h>

/* What the child has to say: the code and a text */
#define PAM_REPLY_MAX 512
/* The child's end; it has no other descriptor above the standard ones. */
#define PAM_REPLY_FD 3

/* Where a process may have any number of descriptors */
#define FD_MAX 65536
#ifdef CLOSE_RANGE_CLOEXEC /* from unistd.h */
#  define CLOSE_RANGE(first) close_range(first, UINT_MAX, 0)
#else
#  define CLOSE_RANGE(first) (-1)
#endif

/* There is nobody who could answer. */
static int
pam_check_conversation(int count ATTR_UNUSED,
		       const struct pam_message **messages ATTR_UNUSED,
		       struct pam_response **responses ATTR_UNUSED,
		       void *context ATTR_UNUSED)
{
	return PAM_CONV_ERR;
}

static int
pam_check_ask(const struct pam_check_input *input, const char **text_r)
{
	static const struct pam_conv conversation = {
		.conv = pam_check_conversation,
	};
	pam_handle_t *pam = NULL;
	int ret;

	ret = pam_start(input->service, input->user, &conversation, &pam);
	if (ret == PAM_SUCCESS && input->rhost != NULL)
		ret = pam_set_item(pam, PAM_RHOST, input->rhost);
	if (ret == PAM_SUCCESS)
		ret = pam_set_item(pam, PAM_TTY, "dovecot");
	if (ret == PAM_SUCCESS)
		ret = pam_acct_mgmt(pam, PAM_SILENT);
	*text_r = t_strdup(pam_strerror(pam, ret));
	if (pam != NULL)
		(void)pam_end(pam, ret);
	return ret;
}

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

/* Modules use what the process has: signals as programs expect them, and none
   of the parent's connections. */
static void ATTR_NORETURN
pam_check_child(const struct pam_check_input *input, int fd, pid_t parent)
{
	sigset_t none;
	const char *text, *reply;
	int i, ret;

	(void)setpgid(0, 0);
	/* nobody ends it when the worker is killed */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	for (i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(fd, PAM_REPLY_FD) < 0)
		_exit(1);
	close_from(PAM_REPLY_FD + 1);
	ret = pam_check_ask(input, &text);
	reply = t_strdup_printf("%d %s", ret, text);
	(void)write_full(PAM_REPLY_FD, reply,
			 I_MIN(strlen(reply), PAM_REPLY_MAX));
	_exit(0);
}

/* By a clock that nobody sets */
static long long now_msecs(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		i_fatal("clock_gettime() failed: %m");
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Reads until the child closes its end. Returns FALSE after the time-out. */
static bool
pam_check_read(int fd, unsigned int timeout_secs, char *reply, size_t size)
{
	long long deadline = now_msecs() + timeout_secs * 1000LL;
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	size_t pos = 0;
	long long left;
	ssize_t ret;

	for (;;) {
		left = deadline - now_msecs();
		if (left <= 0)
			return FALSE;
		ret = poll(&pfd, 1, left);
		if (ret <= 0)
			continue;
		ret = read(fd, reply + pos, size - 1 - pos);
		if (ret <= 0)
			break;
		pos += ret;
	}
	reply[pos] = '\0';
	return TRUE;
}

static enum pam_check_result
pam_check_reply(const char *reply, const char **error_r)
{
	const char *text = strchr(reply, ' ');
	int code;

	if (text == NULL || str_to_int(t_strdup_until(reply, text), &code) < 0) {
		*error_r = "the process that asks PAM has crashed";
		return PAM_CHECK_FAILED;
	}
	switch (code) {
	case PAM_SUCCESS:
		return PAM_CHECK_ALLOWED;
	case PAM_PERM_DENIED:
	case PAM_AUTH_ERR:
	case PAM_ACCT_EXPIRED:
	case PAM_NEW_AUTHTOK_REQD:
	case PAM_USER_UNKNOWN:
		*error_r = t_strdup(text + 1);
		return PAM_CHECK_DENIED;
	default:
		*error_r = t_strdup(text + 1);
		return PAM_CHECK_FAILED;
	}
}

enum pam_check_result
pam_check(const struct pam_check_input *input, const char **error_r)
{
	char reply[PAM_REPLY_MAX + 1];
	int fd[2], status;
	bool finished;
	pid_t pid, parent = getpid();

	if (pipe(fd) < 0) {
		*error_r = t_strdup_printf("pipe() failed: %m");
		return PAM_CHECK_FAILED;
	}
	pid = fork();
	if (pid == 0)
		pam_check_child(input, fd[1], parent);
	i_close_fd(&fd[1]);
	if (pid < 0) {
		*error_r = t_strdup_printf("fork() failed: %m");
		i_close_fd(&fd[0]);
		return PAM_CHECK_FAILED;
	}
	finished = pam_check_read(fd[0], input->timeout_secs, reply,
				  sizeof(reply));
	i_close_fd(&fd[0]);
	/* and whatever a module has started */
	if (kill(-pid, SIGKILL) < 0)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) ;
	if (!finished) {
		*error_r = t_strdup_printf("no answer within %u seconds",
					   input->timeout_secs);
		return PAM_CHECK_FAILED;
	}
	return pam_check_reply(reply, error_r);
}

bool pam_check_is_built(void)
{
	return TRUE;
}
