/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The lines of a file of SDPS hosts, as a table. */

#include "lib.h"
#include "buffer.h"
#include "hash.h"

#include "sdps-hosts.h"
#include "auth-names-hosts-table.h"

#define HOSTS_TABLE_MAX_HOSTS 500000
/* Longer lines are no hosts */
#define HOSTS_LINE_MAX 1024
/* Bad lines that are named in the log each time a file is read */
#define HOSTS_MAX_WARNINGS 10

struct auth_names_hosts_table {
	pool_t pool;
	HASH_TABLE(char *, char *) users;
};

/* One reading */
struct hosts_reader {
	const char *path;
	struct auth_names_hosts_table *table;
	unsigned int line, bad_lines;
};

static struct auth_names_hosts_table *hosts_table_create(void)
{
	pool_t pool = pool_alloconly_create("SDPS hosts", 4096);
	struct auth_names_hosts_table *table;

	table = p_new(pool, struct auth_names_hosts_table, 1);
	table->pool = pool;
	hash_table_create(&table->users, default_pool, 0, str_hash, strcmp);
	return table;
}

void auth_names_hosts_table_free(struct auth_names_hosts_table **_table)
{
	struct auth_names_hosts_table *table = *_table;

	if (table == NULL)
		return;
	*_table = NULL;
	hash_table_destroy(&table->users);
	pool_unref(&table->pool);
}

static int
hosts_table_add(struct auth_names_hosts_table *table, const char *line,
		const char **error_r)
{
	const char *host, *user;
	char *key;
	int ret;

	ret = sdps_hosts_parse_line(line, &host, &user, error_r);
	if (ret <= 0)
		return ret;
	if (hash_table_lookup(table->users, host) != NULL) {
		*error_r = t_strdup_printf("%s is there twice", host);
		return -1;
	}
	key = p_strdup(table->pool, host);
	hash_table_insert(table->users, key, host == user ? key :
			  p_strdup(table->pool, user));
	return 1;
}

static void
hosts_line_read(struct hosts_reader *reader, const unsigned char *line,
		size_t size)
{
	const char *error = NULL;

	reader->line++;
	if (size > 0 && line[size - 1] == '\r')
		size--;
	if (size > HOSTS_LINE_MAX)
		error = "the line is too long";
	else if (memchr(line, '\0', size) != NULL)
		error = "there is a NUL in the line";
	else if (hosts_table_add(reader->table, t_strndup(line, size),
				 &error) >= 0)
		return;
	if (++reader->bad_lines <= HOSTS_MAX_WARNINGS) {
		i_warning("pop3_ext_names_hosts: %s:%u is skipped: %s",
			  reader->path, reader->line, error);
	}
}

static int
hosts_lines_read(struct hosts_reader *reader, const buffer_t *content,
		 const char **error_r)
{
	const unsigned char *data = content->data, *end, *eol;

	for (end = data + content->used; data < end; data = eol + 1) {
		eol = memchr(data, '\n', end - data);
		if (eol == NULL)
			eol = end;
		T_BEGIN {
			hosts_line_read(reader, data, eol - data);
		} T_END;
		if (hash_table_count(reader->table->users) >
		    HOSTS_TABLE_MAX_HOSTS) {
			*error_r = t_strdup_printf("there are more than %u hosts",
						   HOSTS_TABLE_MAX_HOSTS);
			return -1;
		}
	}
	if (reader->bad_lines > HOSTS_MAX_WARNINGS) {
		i_warning("pop3_ext_names_hosts: %s: %u lines are skipped",
			  reader->path, reader->bad_lines);
	}
	/* it holds nothing until somebody has written it */
	if (hash_table_count(reader->table->users) == 0) {
		*error_r = content->used == 0 ? "the file is empty" :
			"there is no host in the file";
		return -1;
	}
	return 0;
}

struct auth_names_hosts_table *
auth_names_hosts_table_read(const char *path, const buffer_t *content,
			    const char **error_r)
{
	struct hosts_reader reader = { .path = path };

	reader.table = hosts_table_create();
	if (hosts_lines_read(&reader, content, error_r) < 0)
		auth_names_hosts_table_free(&reader.table);
	return reader.table;
}

const char *
auth_names_hosts_table_find(const struct auth_names_hosts_table *table,
			    const char *host)
{
	return hash_table_lookup(table->users, host);
}
