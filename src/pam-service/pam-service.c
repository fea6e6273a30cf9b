/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The service pop3-ext-pam: asks PAM for POP3 sessions who may send

     service pop3-ext-pam {
       executable = pop3-ext-pam SERVICE...
       client_limit = 1
       ...
     }

   Dovecot's master runs it as root, as PAM's modules need it. The arguments are
   the PAM services that may be asked, so that sessions can't choose among all
   that there are. One process has one client and one question at a time:
   process_limit says how many modules may hang at once.

   It knows no passwords, and nobody is let in by it. */

#include "lib.h"
#include "child-wait.h"
#include "connection.h"
#include "ostream.h"
#include "restrict-access.h"
#include "str.h"
#include "str-sanitize.h"
#include "master-interface.h"
#include "master-service.h"

#include "host-version.h"
#include "pam-child.h"
#include "pam-peer.h"
#include "pam-protocol.h"
#include "pop3-ext-limits.h"

struct pam_client {
	struct connection conn;
	struct pam_peer peer;
	/* NULL while nothing is asked */
	struct pam_child *child;
	bool asked;
};

static struct connection_list *pam_clients;
static const char *const *pam_services;

static void pam_client_destroy(struct connection *conn)
{
	struct pam_client *client = container_of(conn, struct pam_client, conn);

	if (!client->asked &&
	    conn->disconnect_reason != CONNECTION_DISCONNECT_CONN_CLOSED) {
		e_warning(conn->event, "Connection without a question: %s",
			  connection_disconnect_reason(conn));
	}
	pam_child_abort(&client->child);
	connection_deinit(conn);
	i_free(client);
	master_service_client_connection_destroyed(master_service);
}

static int pam_client_handshake(struct connection *conn,
				const char *const *args)
{
	unsigned int minor;

	if (!pam_version_parse(args, PAM_PROTOCOL_CLIENT, &minor))
		return -1;
	return connection_verify_version(conn, PAM_PROTOCOL_CLIENT,
					 PAM_PROTOCOL_MAJOR, minor) < 0 ? -1 : 1;
}

static void
pam_client_answer(struct pam_client *client, enum pam_answer answer,
		  const char *text)
{
	string_t *line = t_str_new(128);

	pam_answer_append(line, answer, text);
	o_stream_nsend(client->conn.output, str_data(line), str_len(line));
	/* the client closes the connection; a child may not be waited for here,
	   inside a callback of the connection */
	(void)o_stream_flush(client->conn.output);
}

static void pam_client_judged(enum pam_answer answer, const char *text,
			      struct pam_client *client)
{
	client->child = NULL;
	pam_client_answer(client, answer, text);
	pam_client_destroy(&client->conn);
}

/* Returns -1 when there is an answer already. */
static int
pam_client_ask(struct pam_client *client, const struct pam_question *question,
	       const char **error_r)
{
	if (!str_array_find(pam_services, question->service)) {
		*error_r = t_strdup_printf(
			"PAM service %s is none of those in \"executable\" of "
			"service pop3-ext-pam (%s): add it there",
			question->service,
			t_strarray_join(pam_services, " "));
		return -1;
	}
	return pam_child_start(question, &client->peer, pam_client_judged,
			       client, &client->child, error_r);
}

static int pam_client_input(struct connection *conn, const char *const *args)
{
	struct pam_client *client = container_of(conn, struct pam_client, conn);
	struct pam_question question;
	const char *error;

	if (client->asked) {
		e_warning(conn->event, "More than one question");
		return -1;
	}
	client->asked = TRUE;
	if (pam_question_parse(args, &question, &error) < 0) {
		e_warning(conn->event, "Bad question: %s", error);
		return -1;
	}
	if (pam_client_ask(client, &question, &error) < 0) {
		pam_client_answer(client, PAM_ANSWER_UNKNOWN, error);
		return -1;
	}
	/* from now on the question's own time counts */
	timeout_remove(&conn->to);
	return 1;
}

static const struct connection_settings pam_client_set = {
	.service_name_in = PAM_PROTOCOL_CLIENT,
	.service_name_out = PAM_PROTOCOL_SERVER,
	.major_version = PAM_PROTOCOL_MAJOR,
	.minor_version = PAM_PROTOCOL_MINOR,
	.input_max_size = POP3_EXT_MAX_PAM_LINE,
	.output_max_size = POP3_EXT_MAX_PAM_LINE,
	.input_idle_timeout_secs = POP3_EXT_MAX_PAM_IDLE_SECS,
	/* the handshake refuses them */
	.allow_empty_args_input = TRUE,
};

static const struct connection_vfuncs pam_client_vfuncs = {
	.destroy = pam_client_destroy,
	.handshake_args = pam_client_handshake,
	.input_args = pam_client_input,
};

static void pam_client_connected(struct master_service_connection *conn)
{
	struct pam_client *client;
	struct pam_peer peer;
	const char *error;

	if (pam_peer_get(conn->fd, conn->listen_fd, &peer, &error) < 0) {
		i_error("Connection closed: %s", error);
		return;
	}
	master_service_client_connection_accept(conn);
	client = i_new(struct pam_client, 1);
	client->peer = peer;
	connection_init_server(pam_clients, &client->conn, NULL,
			       conn->fd, conn->fd);
}

int main(int argc, char *argv[])
{
	const enum master_service_flags service_flags =
		MASTER_SERVICE_FLAG_DONT_SEND_STATS;
	/* the next call takes it away */
	bool by_hand = getenv(MASTER_UID_ENV) == NULL;
	const char *error;

	master_service = master_service_init("pop3-ext-pam", service_flags,
					     &argc, &argv, "");
	if (master_getopt(master_service) > 0)
		return FATAL_DEFAULT;
	argv += optind;
	pam_services = (const char *const *)argv;

	master_service_init_log(master_service);
	if (by_hand)
		i_fatal("Dovecot runs this as a service: see pop3-ext-pam(8)");
	if (!host_is_version(host_version, &error)) {
		i_fatal("pop3-ext-pam was %s: install the pop3-ext that belongs "
			"to it", error);
	}
	if (pam_services[0] == NULL) {
		i_fatal("Name the PAM services that may be asked: "
			"executable = pop3-ext-pam dovecot-xmit");
	}
	restrict_access_by_env(RESTRICT_ACCESS_FLAG_ALLOW_ROOT, NULL);
	restrict_access_allow_coredumps(TRUE);
	child_wait_init();
	pam_clients = connection_list_init(&pam_client_set,
					   &pam_client_vfuncs);
	master_service_init_finish(master_service);

	master_service_run(master_service, pam_client_connected);

	connection_list_deinit(&pam_clients);
	child_wait_deinit();
	master_service_deinit(&master_service);
	return 0;
}
