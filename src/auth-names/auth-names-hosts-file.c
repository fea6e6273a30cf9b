/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Watches a file of SDPS hosts for changes. */

#include "lib.h"
#include "buffer.h"
#include "ioloop.h"
#include "sha1.h"

#include "auth-names-hosts-file.h"
#include "auth-names-hosts-table.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The auth process serves all logins, so one file may take no more memory. */
#define HOSTS_FILE_MAX_SIZE (16*1024*1024)
/* A file this young may change once more without its times changing */
#define HOSTS_FILE_YOUNG_SECS 2

struct auth_names_hosts_file {
	char *path;
	/* NULL: nothing has been read yet */
	struct auth_names_hosts_table *table;
	/* Why the last try failed; NULL: it didn't */
	char *error;

	/* The file's state at the last try, and the time at which it is read once
	   more even if it looks the same; 0: never */
	struct stat st;
	time_t read_again;
	/* of the content at the last try */
	unsigned char digest[SHA1_RESULTLEN];
	bool have_digest;
};

static bool hosts_file_is_same(const struct stat *st1, const struct stat *st2)
{
	return CMP_DEV_T(st1->st_dev, st2->st_dev) &&
		st1->st_ino == st2->st_ino && st1->st_size == st2->st_size &&
		CMP_ST_MTIME(st1, st2) && CMP_ST_CTIME(st1, st2);
}

static int
hosts_fd_read(int fd, struct stat *st_r, buffer_t *content,
	      const char **error_r)
{
	struct stat st;
	ssize_t ret;
	void *data;

	if (fstat(fd, st_r) < 0) {
		*error_r = t_strdup_printf("fstat() failed: %m");
		return -1;
	}
	if (!S_ISREG(st_r->st_mode)) {
		*error_r = "this is no file with lines";
		return -1;
	}
	do {
		data = buffer_append_space_unsafe(content, IO_BLOCK_SIZE);
		ret = read(fd, data, IO_BLOCK_SIZE);
		buffer_set_used_size(content, content->used - IO_BLOCK_SIZE +
				     I_MAX(ret, 0));
	} while (ret > 0 && content->used <= HOSTS_FILE_MAX_SIZE);
	if (ret < 0 || fstat(fd, &st) < 0)
		*error_r = t_strdup_printf("read() failed: %m");
	else if (content->used > HOSTS_FILE_MAX_SIZE) {
		*error_r = t_strdup_printf("the file is larger than %u MiB",
					   HOSTS_FILE_MAX_SIZE / 1024 / 1024);
	} else if (!hosts_file_is_same(st_r, &st)) {
		*error_r = "the file was changed while it was read";
		i_zero(st_r);
	} else
		return 0;
	return -1;
}

static int
hosts_file_read(struct auth_names_hosts_file *file, buffer_t *content,
		const char **error_r)
{
	/* an open() of a FIFO would wait for its other side */
	int ret, fd = open(file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd == -1) {
		*error_r = t_strdup_printf("%m");
		return -1;
	}
	ret = hosts_fd_read(fd, &file->st, content, error_r);
	i_close_fd(&fd);
	return ret;
}

static int
hosts_file_parse(struct auth_names_hosts_file *file, const buffer_t *content,
		 const char **error_r)
{
	struct auth_names_hosts_table *table;

	table = auth_names_hosts_table_read(file->path, content, error_r);
	if (table == NULL)
		return -1;
	auth_names_hosts_table_free(&file->table);
	file->table = table;
	return 0;
}

/* Is it what was tried before? */
static bool
hosts_file_is_known(struct auth_names_hosts_file *file,
		    const buffer_t *content)
{
	unsigned char digest[SHA1_RESULTLEN];
	bool known;

	sha1_get_digest(content->data, content->used, digest);
	known = file->have_digest &&
		memcmp(digest, file->digest, sizeof(digest)) == 0;
	memcpy(file->digest, digest, sizeof(digest));
	file->have_digest = TRUE;
	return known;
}

static void
hosts_file_failed(struct auth_names_hosts_file *file, const char *error)
{
	if (null_strcmp(file->error, error) == 0)
		return;
	i_free(file->error);
	file->error = i_strdup(error);
	i_warning("pop3_ext_names_hosts: %s: %s: %s", file->path, error,
		  file->table != NULL ? "the hosts that were read last stay" :
		  "no name with a host in it can log in until this is mended");
}

/* May it be written to, once more, at the time that it shows now? */
static bool hosts_file_is_young(const struct stat *st)
{
	time_t changed = I_MAX(st->st_mtime, st->st_ctime);

	return ioloop_time - changed < HOSTS_FILE_YOUNG_SECS &&
		changed - ioloop_time < HOSTS_FILE_YOUNG_SECS;
}

static void hosts_file_try(struct auth_names_hosts_file *file)
{
	buffer_t *content = buffer_create_dynamic(default_pool, IO_BLOCK_SIZE);
	const char *error;

	if (hosts_file_read(file, content, &error) < 0) {
		file->have_digest = FALSE;
		hosts_file_failed(file, error);
	} else if (hosts_file_is_known(file, content))
		;
	else if (hosts_file_parse(file, content, &error) < 0)
		hosts_file_failed(file, error);
	else
		i_free(file->error);
	buffer_free(&content);
}

void auth_names_hosts_file_refresh(struct auth_names_hosts_file *file)
{
	struct stat st;

	if (stat(file->path, &st) < 0) {
		i_zero(&file->st);
		file->have_digest = FALSE;
		hosts_file_failed(file, t_strdup_printf("%m"));
		return;
	}
	if (hosts_file_is_same(&file->st, &st) &&
	    (file->read_again == 0 || ioloop_time < file->read_again))
		return;
	file->st = st;
	hosts_file_try(file);
	file->read_again = hosts_file_is_young(&file->st) ?
		ioloop_time + HOSTS_FILE_YOUNG_SECS : 0;
}

int auth_names_hosts_file_find(struct auth_names_hosts_file *file,
			       const char *host, const char **user_r,
			       const char **error_r)
{
	T_BEGIN {
		auth_names_hosts_file_refresh(file);
	} T_END;
	if (file->table == NULL) {
		*error_r = t_strdup_printf("pop3_ext_names_hosts: %s: %s",
					   file->path, file->error);
		return -1;
	}
	*user_r = auth_names_hosts_table_find(file->table, host);
	return *user_r == NULL ? 0 : 1;
}

struct auth_names_hosts_file *auth_names_hosts_file_init(const char *path)
{
	struct auth_names_hosts_file *file;

	file = i_new(struct auth_names_hosts_file, 1);
	file->path = i_strdup(path);
	return file;
}

void auth_names_hosts_file_deinit(struct auth_names_hosts_file **_file)
{
	struct auth_names_hosts_file *file = *_file;

	if (file == NULL)
		return;
	*_file = NULL;
	auth_names_hosts_table_free(&file->table);
	i_free(file->error);
	i_free(file->path);
	i_free(file);
}
