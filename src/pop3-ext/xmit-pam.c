/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* One question to the service pop3-ext-pam (src/pam-service), over a connection
   of its own. Whatever goes wrong, the answer is UNKNOWN, and one Error line
   says what to do. */

#include "lib.h"
#include "connection.h"
#include "eacces-error.h"
#include "ioloop.h"
#include "ostream.h"
#include "str.h"
#include "mail-user.h"

#include "pop3-ext-limits.h"
#include "pop3-ext-settings.h"
#include "xmit-pam.h"

/* The service needs so much longer to start, and to say that PAM was too
   slow. */
#define SERVICE_EXTRA_MSECS 2000
/* When its backlog is full */
#define CONNECT_RETRY_MSECS 100

struct xmit_pam {
	struct connection conn;
	struct connection_list *list;

	struct mail_user *user;
	const struct pop3_ext_settings *set;
	struct event *event;
	char *path;

	/* while something is asked */
	xmit_pam_callback_t *callback;
	void *context;
	struct timeout *to_slow, *to_step;

	/* what was found out, with PAM's reason, and when; 0: nothing */
	enum pam_answer answer;
	char *reason;
	time_t answered;

	bool connected;
};

/* The caller may be inside a callback of the connection: the rest is for the
   ioloop. */
static void xmit_pam_finish_later(struct xmit_pam *pam);

static void xmit_pam_fail(struct xmit_pam *pam, const char *reason)
{
	if (pam->to_step != NULL)
		return;
	pam->answer = PAM_ANSWER_UNKNOWN;
	pam->answered = 0;
	e_error(pam->event, "XTND XMIT: Not allowed, because PAM could not "
		"be asked (pop3_ext_xmit_pam = %s): %s",
		pam->set->pop3_ext_xmit_pam, reason);
	xmit_pam_finish_later(pam);
}

static void xmit_pam_answered(struct xmit_pam *pam, enum pam_answer answer,
			      const char *text)
{
	if (answer == PAM_ANSWER_UNKNOWN) {
		xmit_pam_fail(pam, text);
		return;
	}
	pam->answer = answer;
	i_free(pam->reason);
	pam->reason = i_strdup(text);
	pam->answered = ioloop_time;
	xmit_pam_finish_later(pam);
}

static void xmit_pam_disconnect(struct xmit_pam *pam)
{
	if (!pam->connected)
		return;
	pam->connected = FALSE;
	connection_deinit(&pam->conn);
}

static void xmit_pam_finish(struct xmit_pam *pam)
{
	xmit_pam_callback_t *callback = pam->callback;

	pam->callback = NULL;
	timeout_remove(&pam->to_step);
	timeout_remove(&pam->to_slow);
	xmit_pam_disconnect(pam);
	if (pam->answer == PAM_ANSWER_DENIED) {
		e_info(pam->event, "XTND XMIT: Not allowed by PAM "
		       "(pop3_ext_xmit_pam = %s): %s",
		       pam->set->pop3_ext_xmit_pam, pam->reason);
	}
	callback(pam->answer, pam->context);
}

static void xmit_pam_finish_later(struct xmit_pam *pam)
{
	i_assert(pam->to_step == NULL);
	pam->to_step = timeout_add_short(0, xmit_pam_finish, pam);
}

/*
 * The connection
 */

static void xmit_pam_conn_destroy(struct connection *conn)
{
	struct xmit_pam *pam = container_of(conn, struct xmit_pam, conn);

	xmit_pam_disconnect(pam);
	if (pam->to_step == NULL) {
		xmit_pam_fail(pam, t_strdup_printf(
			"%s closed the connection: has service pop3-ext-pam "
			"reached its process_limit, or logged an error?",
			pam->path));
	}
}

static void xmit_pam_connected(struct connection *conn, bool success)
{
	struct xmit_pam *pam = container_of(conn, struct xmit_pam, conn);
	struct pam_question question = {
		.service = pam->set->pop3_ext_xmit_pam,
		.user = pam->user->username,
		.rhost = "",
		.timeout_secs = pam->set->pop3_ext_xmit_pam_timeout,
	};
	string_t *line = t_str_new(256);

	if (!success)
		return;
	if (pam->user->conn.remote_ip != NULL)
		question.rhost = net_ip2addr(pam->user->conn.remote_ip);
	pam_question_append(line, &question);
	o_stream_nsend(conn->output, str_data(line), str_len(line));
}

static int xmit_pam_handshake(struct connection *conn,
			      const char *const *args)
{
	struct xmit_pam *pam = container_of(conn, struct xmit_pam, conn);
	unsigned int minor;

	if (!pam_version_parse(args, PAM_PROTOCOL_SERVER, &minor)) {
		xmit_pam_fail(pam, t_strdup_printf(
			"At %s is another service than pop3-ext-pam, or one "
			"of another version: restart Dovecot", pam->path));
		return -1;
	}
	return connection_verify_version(conn, PAM_PROTOCOL_SERVER,
					 PAM_PROTOCOL_MAJOR, minor) < 0 ? -1 : 1;
}

static int xmit_pam_input(struct connection *conn, const char *const *args)
{
	struct xmit_pam *pam = container_of(conn, struct xmit_pam, conn);
	enum pam_answer answer;
	const char *text;

	if (pam->to_step != NULL)
		return -1;
	if (pam_answer_parse(args, &answer, &text) < 0) {
		xmit_pam_fail(pam, t_strdup_printf(
			"What %s has said is no answer", pam->path));
	} else {
		xmit_pam_answered(pam, answer, text);
	}
	return -1;
}

static const struct connection_settings xmit_pam_conn_set = {
	.service_name_in = PAM_PROTOCOL_SERVER,
	.service_name_out = PAM_PROTOCOL_CLIENT,
	.major_version = PAM_PROTOCOL_MAJOR,
	.minor_version = PAM_PROTOCOL_MINOR,
	.input_max_size = POP3_EXT_MAX_PAM_LINE,
	.output_max_size = POP3_EXT_MAX_PAM_LINE,
	.allow_empty_args_input = TRUE,
	.client = TRUE,
};

static const struct connection_vfuncs xmit_pam_conn_vfuncs = {
	.destroy = xmit_pam_conn_destroy,
	.client_connected = xmit_pam_connected,
	.handshake_args = xmit_pam_handshake,
	.input_args = xmit_pam_input,
};

static void xmit_pam_connect(struct xmit_pam *pam);

static void xmit_pam_connect_again(struct xmit_pam *pam)
{
	timeout_remove(&pam->to_step);
	xmit_pam_connect(pam);
}

static const char *xmit_pam_connect_error(struct xmit_pam *pam)
{
	switch (errno) {
	case EACCES:
		return t_strdup_printf("%s (its unix_listener needs the mode, "
			"user or group of mail processes)",
			eacces_error_get("connect", pam->path));
	case ENOENT:
	case ECONNREFUSED:
		return t_strdup_printf("connect(%s) failed: %m: configure "
			"service pop3-ext-pam, inside the chroot if there is "
			"one", pam->path);
	default:
		return t_strdup_printf("connect(%s) failed: %m", pam->path);
	}
}

static void xmit_pam_connect(struct xmit_pam *pam)
{
	const char *error;

	pam->conn.event_parent = pam->event;
	connection_init_client_unix(pam->list, &pam->conn, pam->path);
	pam->connected = TRUE;
	if (connection_client_connect(&pam->conn) == 0)
		return;
	if (errno != EAGAIN) {
		error = xmit_pam_connect_error(pam);
		xmit_pam_disconnect(pam);
		xmit_pam_fail(pam, error);
		return;
	}
	xmit_pam_disconnect(pam);
	pam->to_step = timeout_add_short(CONNECT_RETRY_MSECS,
					 xmit_pam_connect_again, pam);
}

static void xmit_pam_slow(struct xmit_pam *pam)
{
	timeout_remove(&pam->to_slow);
	/* of a connection that is to be made again */
	timeout_remove(&pam->to_step);
	xmit_pam_fail(pam, t_strdup_printf(
		"No answer from %s: has service pop3-ext-pam reached its "
		"process_limit, because a module hangs?", pam->path));
}

/*
 * Questions
 */

/* The clock may have been set. */
static bool xmit_pam_is_fresh(const struct xmit_pam *pam)
{
	return pam->answered != 0 && pam->answered <= ioloop_time &&
		ioloop_time - pam->answered <
		(time_t)pam->set->pop3_ext_xmit_pam_cache;
}

#undef xmit_pam_ask
void xmit_pam_ask(struct xmit_pam *pam, xmit_pam_callback_t *callback,
		  void *context)
{
	i_assert(pam->callback == NULL);

	pam->callback = callback;
	pam->context = context;
	if (xmit_pam_is_fresh(pam)) {
		xmit_pam_finish_later(pam);
		return;
	}
	pam->to_slow = timeout_add(
		pam->set->pop3_ext_xmit_pam_timeout * 1000 +
		SERVICE_EXTRA_MSECS, xmit_pam_slow, pam);
	xmit_pam_connect(pam);
}

void xmit_pam_abort(struct xmit_pam *pam)
{
	pam->callback = NULL;
	timeout_remove(&pam->to_step);
	timeout_remove(&pam->to_slow);
	xmit_pam_disconnect(pam);
}

struct xmit_pam *
xmit_pam_init(struct mail_user *user, const struct pop3_ext_settings *set,
	      struct event *event)
{
	struct xmit_pam *pam;

	if (*set->pop3_ext_xmit_pam == '\0' ||
	    strcmp(set->pop3_ext_xmit_pam, "no") == 0)
		return NULL;
	pam = i_new(struct xmit_pam, 1);
	pam->user = user;
	pam->set = set;
	pam->event = event;
	pam->path = i_strconcat(user->set->base_dir, "/"PAM_SOCKET_NAME, NULL);
	pam->list = connection_list_init(&xmit_pam_conn_set,
					 &xmit_pam_conn_vfuncs);
	return pam;
}

void xmit_pam_deinit(struct xmit_pam **_pam)
{
	struct xmit_pam *pam = *_pam;

	if (pam == NULL)
		return;
	*_pam = NULL;
	xmit_pam_abort(pam);
	connection_list_deinit(&pam->list);
	i_free(pam->path);
	i_free(pam->reason);
	i_free(pam);
}
