/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "dsasl-client.h"
#include "hash.h"
#include "ioloop.h"
#include "mail-user.h"

#include "pop3-listing.h"
#include "pop4-conn.h"
#include "pop4-password.h"
#include "uidl-pop3.h"
#include "uidl-pop3-private.h"
#include "uidl-pop3-state.h"

#define SERVER_TIMEOUT_SECS 300

struct uidl_pop3 {
	pool_t pool;
	struct pop4_settings set;
	char *password;
};

bool uidl_pop3_is_url(const char *from)
{
	return pop_url_is(from);
}

/* Settings */

static int parse_tls(const char *name, enum pop4_tls *tls_r)
{
	static const char *const names[] = { "auto", "require", "never" };
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(names); i++) {
		if (strcmp(name, names[i]) == 0) {
			*tls_r = i;
			return 0;
		}
	}
	return -1;
}

static int
get_settings(struct uidl_pop3 *pop3, const struct uidl_pop3_settings *set,
	     const char **error_r)
{
	pop3->set.timeout = SERVER_TIMEOUT_SECS;
	pop3->set.master_user = p_strdup(pop3->pool, set->master_user);
	pop3->set.password_file = p_strdup(pop3->pool, set->password_file);
	pop3->set.ca_file = p_strdup(pop3->pool, set->ca_file);
	pop3->set.verify = !set->no_verify;
	pop3->set.is_ended = set->is_ended;
	if (set->tls != NULL && parse_tls(set->tls, &pop3->set.tls) < 0) {
		*error_r = t_strdup_printf("--tls is auto, require or never, "
					   "and not %s", set->tls);
		return -1;
	}
	return pop_url_parse(pop3->pool, set->url, &pop3->set.url, error_r);
}

static int get_password(struct uidl_pop3 *pop3, const char **error_r)
{
	struct pop4_conn *conn = pop4_conn_init(&pop3->set);
	const char *user = pop3->set.master_user != NULL ?
		pop3->set.master_user : pop3->set.url.user;
	int ret;

	ret = pop4_password_get(conn, user == NULL ? "the user" : user,
				&pop3->password);
	if (ret < 0)
		*error_r = t_strdup(conn->error);
	pop3->set.password = pop3->password;
	pop4_conn_deinit(&conn);
	return ret;
}

int uidl_pop3_init(const struct uidl_pop3_settings *set,
		   struct uidl_pop3 **pop3_r, const char **error_r)
{
	struct uidl_pop3 *pop3;
	pool_t pool;

	pool = pool_alloconly_create("pop3-uidl server", 1024);
	pop3 = p_new(pool, struct uidl_pop3, 1);
	pop3->pool = pool;
	dsasl_clients_init();
	if (get_settings(pop3, set, error_r) < 0 ||
	    get_password(pop3, error_r) < 0) {
		uidl_pop3_deinit(&pop3);
		return -1;
	}
	*pop3_r = pop3;
	return 0;
}

void uidl_pop3_deinit(struct uidl_pop3 **_pop3)
{
	struct uidl_pop3 *pop3 = *_pop3;

	if (pop3 == NULL)
		return;
	*_pop3 = NULL;
	dsasl_clients_deinit();
	pop4_password_free(&pop3->password);
	pool_unref(&pop3->pool);
}

/* UIDL and LIST */

typedef int
list_line_t(struct uidl_pop3_session *session, char *line,
	    const char **error_r);

static int
uidl_line(struct uidl_pop3_session *session, char *line, const char **error_r)
{
	struct uidl_pop3_message *msg;
	const struct uidl_pop3_message *last_msg;
	unsigned int num, last = 0;
	const char *uidl;

	if (pop3_listing_uidl(line, &num, &uidl, error_r) < 0)
		return -1;
	if (array_count(&session->messages) > 0) {
		last_msg = array_back(&session->messages);
		last = last_msg->num;
	}
	if (num <= last) {
		*error_r = t_strdup_printf("UIDL has message %u after %u",
					   num, last);
		return -1;
	}
	msg = array_append_space(&session->messages);
	msg->num = num;
	msg->uidl = p_strdup(session->pool, uidl);
	msg->size = UOFF_T_MAX;
	return 0;
}

static int message_cmp(const unsigned int *num,
		       const struct uidl_pop3_message *msg)
{
	return *num < msg->num ? -1 : *num > msg->num ? 1 : 0;
}

static int
size_line(struct uidl_pop3_session *session, char *line, const char **error_r)
{
	const struct uidl_pop3_message *found;
	struct uidl_pop3_message *msg;
	unsigned int num;
	uoff_t size;

	if (pop3_listing_size(line, &num, &size, error_r) < 0)
		return -1;
	found = array_bsearch(&session->messages, &num, message_cmp);
	/* without a UIDL it isn't of interest */
	if (found != NULL) {
		msg = array_idx_modifiable(&session->messages,
			array_foreach_idx(&session->messages, found));
		msg->size = size;
	}
	return 0;
}

static int
read_list(struct uidl_pop3_session *session, const char *command,
	  list_line_t *func)
{
	const char *line, *error;
	unsigned int count = 0;
	int ret;

	if (pop4_command(session->conn, NULL, "%s", command) < 0)
		return -1;
	do T_BEGIN {
		ret = pop4_read_list_line(session->conn, &count, &line);
		if (ret > 0 &&
		    func(session, t_strdup_noconst(line), &error) < 0) {
			ret = pop4_fail(session->conn, POP4_EXIT_LOST, "%s",
					error);
		}
	} T_END; while (ret > 0);
	return ret;
}

static void find_duplicates(struct uidl_pop3_session *session)
{
	HASH_TABLE(char *, struct uidl_pop3_message *) uidls;
	struct uidl_pop3_message *msg, *other;

	hash_table_create(&uidls, default_pool,
			  array_count(&session->messages), str_hash, strcmp);
	array_foreach_modifiable(&session->messages, msg) {
		other = hash_table_lookup(uidls, msg->uidl);
		if (other != NULL)
			other->duplicate = msg->duplicate = TRUE;
		else
			hash_table_insert(uidls, msg->uidl, msg);
	}
	hash_table_destroy(&uidls);
}

/* A session. There is no QUIT: nothing is ever changed. */

static int session_read(struct uidl_pop3_session *session)
{
	struct pop4_conn *conn = session->conn;

	if (pop4_connect(conn) < 0 || pop4_secure(conn) < 0 ||
	    pop4_login(conn) < 0 || pop4_get_capa(conn) < 0)
		return -1;
	session->pipelining = pop4_capa_find(conn, "PIPELINING") != NULL;
	if (read_list(session, "UIDL", uidl_line) < 0 ||
	    read_list(session, "LIST", size_line) < 0)
		return -1;
	find_duplicates(session);
	session->state = uidl_pop3_state_init(session->user, session->server);
	return uidl_pop3_get_digests(session);
}

static int
session_tell(struct uidl_pop3_session *session,
	     uidl_source_callback_t *callback, void *context,
	     const char **error_r)
{
	const struct uidl_pop3_message *msg;
	struct uidl_source_record record;

	array_foreach(&session->messages, msg) {
		uidl_source_record_init(&record);
		record.uidl = msg->uidl;
		record.size = msg->size;
		record.order = msg->num;
		memcpy(record.content, msg->digest, UIDL_DIGEST_SIZE);
		if (callback(context, &record, error_r) < 0)
			return -1;
	}
	return 0;
}

static void session_init(struct uidl_pop3_session *session,
			 struct mail_user *user,
			 const struct pop4_settings *set)
{
	i_zero(session);
	session->user = user;
	session->pool = pool_alloconly_create("pop3-uidl session", 1024 * 64);
	session->conn = pop4_conn_init(set);
	session->server = p_strdup_printf(session->pool, "%s at %s:%u",
		set->url.user, set->url.host, set->url.port);
	session->digest = uidl_digest_init();
	session->data = buffer_create_dynamic(session->pool, IO_BLOCK_SIZE);
	i_array_init(&session->messages, 1024);
}

static void session_deinit(struct uidl_pop3_session *session)
{
	array_free(&session->messages);
	uidl_digest_deinit(&session->digest);
	uidl_pop3_state_deinit(&session->state);
	pop4_conn_deinit(&session->conn);
	pool_unref(&session->pool);
}

int uidl_pop3_read(struct uidl_pop3 *pop3, struct mail_user *user,
		   uidl_source_callback_t *callback,
		   uidl_pop3_progress_t *progress, void *context,
		   const char **error_r)
{
	struct pop4_settings set = pop3->set;
	struct uidl_pop3_session session;
	/* the process' own may be running */
	struct ioloop *ioloop = io_loop_create();
	int ret;

	if (set.url.user == NULL)
		set.url.user = user->username;
	session_init(&session, user, &set);
	session.progress = progress;
	session.progress_context = context;
	ret = session_read(&session);
	if (ret < 0) {
		*error_r = t_strdup_printf("%s: %s", session.server,
					   session.conn->error);
	} else {
		ret = session_tell(&session, callback, context, error_r);
	}
	session_deinit(&session);
	io_loop_destroy(&ioloop);
	return ret;
}
