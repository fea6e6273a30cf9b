/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "hash.h"
#include "istream.h"
#include "mail-user.h"
#include "ostream.h"
#include "str.h"

#include "uidl-pop3-state.h"
#include "uidl-source.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define STATE_FILE ".dovecot.pop3-uidl-import"
/* written at once */
#define STATE_MAX_BUFFER (8*1024)

struct uidl_pop3_state {
	pool_t pool;
	const char *server;
	HASH_TABLE(char *, unsigned char *) digests;
	/* NULL: not written */
	struct ostream *output;
	const char *path;
};

static const char *state_path(struct mail_user *user)
{
	const char *home;

	return mail_user_get_home(user, &home) <= 0 ? NULL :
		t_strconcat(home, "/"STATE_FILE, NULL);
}

static void state_keep(struct uidl_pop3_state *state, const char *uidl,
		       const unsigned char digest[UIDL_DIGEST_SIZE])
{
	char *key;
	unsigned char *value;

	if (hash_table_lookup(state->digests, uidl) != NULL)
		return;
	key = p_strdup(state->pool, uidl);
	value = p_memdup(state->pool, digest, UIDL_DIGEST_SIZE);
	hash_table_insert(state->digests, key, value);
}

static int
state_found(void *context, const struct uidl_source_record *record,
	    const char **error_r)
{
	struct uidl_pop3_state *state = context;

	if (null_strcmp(record->user, state->server) != 0) {
		*error_r = "of another server";
		return -1;
	}
	state_keep(state, record->uidl, record->content);
	return 0;
}

static void state_write(struct uidl_pop3_state *state, const char *uidl,
			const unsigned char digest[UIDL_DIGEST_SIZE])
{
	struct uidl_source_record record;
	string_t *str = t_str_new(256);

	uidl_source_record_init(&record);
	record.uidl = uidl;
	memcpy(record.content, digest, UIDL_DIGEST_SIZE);
	uidl_own_write_record(str, &record);
	o_stream_nsend(state->output, str_data(str), str_len(str));
}

/* The list lacks its end, and the last line may be cut: both is as it should
   be. What has an invalid digest is not taken. */
static void state_read(struct uidl_pop3_state *state)
{
	struct istream *input;
	const char *error;

	input = i_stream_create_file(state->path, IO_BLOCK_SIZE);
	(void)uidl_source_read(&uidl_source_own, input, state_found, state,
			       &error);
	i_stream_unref(&input);
}

/* A new file, with what was in the old one, takes its place. */
static void state_begin(struct uidl_pop3_state *state)
{
	const char *temp_path = t_strconcat(state->path, ".tmp", NULL);
	struct hash_iterate_context *iter;
	unsigned char *digest;
	char *uidl;
	string_t *str = t_str_new(256);
	int fd;

	i_unlink_if_exists(temp_path);
	fd = open(temp_path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (fd == -1)
		return;
	state->output = o_stream_create_fd_file_autoclose(&fd, 0);
	o_stream_set_no_error_handling(state->output, TRUE);
	o_stream_set_max_buffer_size(state->output, SIZE_MAX);
	o_stream_cork(state->output);
	uidl_own_write_head(str, state->server, "INBOX");
	o_stream_nsend(state->output, str_data(str), str_len(str));
	iter = hash_table_iterate_init(state->digests);
	while (hash_table_iterate(iter, state->digests, &uidl, &digest))
		state_write(state, uidl, digest);
	hash_table_iterate_deinit(&iter);
	if (o_stream_flush(state->output) < 0 ||
	    rename(temp_path, state->path) < 0) {
		o_stream_destroy(&state->output);
		i_unlink_if_exists(temp_path);
	}
}

struct uidl_pop3_state *
uidl_pop3_state_init(struct mail_user *user, const char *server)
{
	struct uidl_pop3_state *state;
	const char *path = state_path(user);
	pool_t pool;

	pool = pool_alloconly_create("pop3-uidl import", 1024 * 16);
	state = p_new(pool, struct uidl_pop3_state, 1);
	state->pool = pool;
	state->server = p_strdup(pool, server);
	state->path = p_strdup(pool, path);
	hash_table_create(&state->digests, pool, 0, str_hash, strcmp);
	if (path != NULL) {
		state_read(state);
		state_begin(state);
	}
	return state;
}

void uidl_pop3_state_deinit(struct uidl_pop3_state **_state)
{
	struct uidl_pop3_state *state = *_state;

	if (state == NULL)
		return;
	*_state = NULL;
	if (state->output != NULL) {
		(void)o_stream_flush(state->output);
		o_stream_destroy(&state->output);
	}
	hash_table_destroy(&state->digests);
	pool_unref(&state->pool);
}

bool uidl_pop3_state_find(struct uidl_pop3_state *state, const char *uidl,
			  unsigned char digest_r[UIDL_DIGEST_SIZE])
{
	const unsigned char *digest = hash_table_lookup(state->digests, uidl);

	if (digest == NULL)
		return FALSE;
	memcpy(digest_r, digest, UIDL_DIGEST_SIZE);
	return TRUE;
}

void uidl_pop3_state_add(struct uidl_pop3_state *state, const char *uidl,
			 const unsigned char digest[UIDL_DIGEST_SIZE])
{
	state_keep(state, uidl, digest);
	if (state->output == NULL)
		return;
	T_BEGIN {
		state_write(state, uidl, digest);
	} T_END;
	if (o_stream_get_buffer_used_size(state->output) > STATE_MAX_BUFFER)
		(void)o_stream_flush(state->output);
}

void uidl_pop3_state_remove(struct mail_user *user)
{
	const char *path = state_path(user);

	if (path != NULL)
		i_unlink_if_exists(path);
}
