/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The journal file: two heads, of which the newer one counts, and slots. */

#include "lib.h"
#include "buffer.h"
#include "hostpid.h"
#include "read-full.h"
#include "write-full.h"

#include "file-lock-compat.h"
#include "uidl-store-private.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_DISTANCE 512
#define SLOTS_OFFSET 1024
#define LOCK_SECS 120
/* slots that can be added to those that were loaded before memory grows */
#define LOADED_ROOM 1024

static off_t slot_offset(const struct uidl_head *head, uint32_t slot)
{
	return SLOTS_OFFSET + (off_t)(slot - head->base) * UIDL_SLOT_SIZE;
}

static int
journal_error(const char *path, const char *call, const char **error_r)
{
	*error_r = t_strdup_printf("%s(%s) failed: %m", call, path);
	return -1;
}

static int journal_sync(struct uidl_store *store, const char **error_r)
{
	if (store->set.fsync && fdatasync(store->fd) < 0)
		return journal_error(store->set.path, "fdatasync", error_r);
	return 0;
}

/* Returns 1 when this copy is good. */
static int
journal_read_copy(struct uidl_store *store, unsigned int copy,
		  struct uidl_head *head_r, const char **error_r)
{
	unsigned char data[UIDL_HEAD_SIZE];
	const char *error;
	int ret;

	ret = pread_full(store->fd, data, sizeof(data), copy * HEAD_DISTANCE);
	if (ret < 0)
		return journal_error(store->set.path, "pread", error_r);
	ret = uidl_head_read(data, ret == 0 ? 0 : sizeof(data), head_r, &error);
	if (ret == 0)
		return 1;
	*error_r = t_strconcat(store->set.path, " ", error, NULL);
	/* a newer version is no damage that the other copy could replace */
	return ret == -2 ? -1 : 0;
}

static int journal_read_head(struct uidl_store *store, const char **error_r)
{
	struct uidl_head heads[2];
	const char *errors[2];
	struct stat st;
	off_t size;
	int good[2];
	unsigned int i, newer;

	for (i = 0; i < 2; i++) {
		good[i] = journal_read_copy(store, i, &heads[i], &errors[i]);
		if (good[i] < 0) {
			*error_r = errors[i];
			return -1;
		}
	}
	if (good[0] == 0 && good[1] == 0) {
		*error_r = errors[0];
		return -1;
	}
	if (good[0] == 0 || good[1] == 0)
		newer = good[0] == 0 ? 1 : 0;
	else
		newer = (int32_t)(heads[1].sequence - heads[0].sequence) > 0;
	if (fstat(store->fd, &st) < 0)
		return journal_error(store->set.path, "fstat", error_r);
	size = slot_offset(&heads[newer], heads[newer].slots);
	if (st.st_size < size) {
		*error_r = t_strdup_printf("%s is truncated (%"PRIuUOFF_T
			" of %"PRIuUOFF_T" octets)", store->set.path,
			(uoff_t)st.st_size, (uoff_t)size);
		return -1;
	}
	store->head = heads[newer];
	store->head_copy = newer;
	return 0;
}

void uidl_journal_close(struct uidl_store *store)
{
	if (store->lock != NULL)
		file_unlock(&store->lock);
	i_close_fd(&store->fd);
}

bool uidl_journal_is_current(struct uidl_store *store)
{
	struct stat st1, st2;

	return fstat(store->fd, &st1) == 0 &&
		stat(store->set.path, &st2) == 0 &&
		st1.st_ino == st2.st_ino && st1.st_dev == st2.st_dev;
}

int uidl_journal_open(struct uidl_store *store, const char **error_r)
{
	/* it is replaced when it has become shorter */
	if (store->fd != -1 && !uidl_journal_is_current(store))
		uidl_journal_close(store);
	if (store->fd == -1) {
		store->fd = open(store->set.path, O_RDWR | O_CLOEXEC);
		if (store->fd == -1 && errno == ENOENT)
			return 0;
		if (store->fd == -1)
			return journal_error(store->set.path, "open", error_r);
	}
	if (journal_read_head(store, error_r) < 0) {
		uidl_journal_close(store);
		return -1;
	}
	return 1;
}

/* The temporary file is complete when it gets the journal's name. */
static int
journal_write_temp(struct uidl_store *store, const char *path,
		   const struct uidl_head *head, const buffer_t *slots,
		   const char **error_r)
{
	unsigned char data[SLOTS_OFFSET];
	int fd, ret = 0;

	memset(data, 0, sizeof(data));
	uidl_head_write(head, data);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return journal_error(path, "open", error_r);
	if (write_full(fd, data, sizeof(data)) < 0 ||
	    (slots != NULL && write_full(fd, slots->data, slots->used) < 0))
		ret = journal_error(path, "write", error_r);
	else if (store->set.fsync && fdatasync(fd) < 0)
		ret = journal_error(path, "fdatasync", error_r);
	i_close_fd(&fd);
	if (ret < 0)
		i_unlink_if_exists(path);
	return ret;
}

static void journal_sync_folder(struct uidl_store *store)
{
	const char *p = strrchr(store->set.path, '/');
	int fd;

	if (!store->set.fsync || p == NULL)
		return;
	fd = open(t_strdup_until(store->set.path, p + 1), O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return;
	if (fsync(fd) < 0)
		i_error("fsync(%s) failed: %m", store->set.path);
	i_close_fd(&fd);
}

static const char *journal_temp_path(struct uidl_store *store)
{
	return t_strdup_printf("%s.%s.%s.%08x.tmp", store->set.path,
			       my_hostname, my_pid, i_rand());
}

int uidl_journal_create(struct uidl_store *store,
			const unsigned char id[UIDL_STORE_ID_SIZE],
			const char **error_r)
{
	const char *temp = journal_temp_path(store);
	struct uidl_head head;
	int ret = 0;

	i_zero(&head);
	memcpy(head.store_id, id, UIDL_STORE_ID_SIZE);
	if (journal_write_temp(store, temp, &head, NULL, error_r) < 0)
		return -1;
	/* another process may have been faster */
	if (link(temp, store->set.path) < 0 && errno != EEXIST)
		ret = journal_error(store->set.path, "link", error_r);
	i_unlink_if_exists(temp);
	if (ret < 0)
		return -1;
	journal_sync_folder(store);
	ret = uidl_journal_open(store, error_r);
	if (ret == 0)
		*error_r = t_strconcat(store->set.path, " was removed", NULL);
	return ret > 0 ? 0 : -1;
}

static int journal_lock_once(struct uidl_store *store, const char **error_r)
{
	struct file_lock_settings set = {
		.lock_method = store->set.lock_method,
	};
	int ret;

	ret = file_wait_lock(store->fd, store->set.path, F_WRLCK, &set,
			     LOCK_SECS, &store->lock, error_r);
	return ret > 0 ? 0 : -1;
}

int uidl_journal_lock(struct uidl_store *store, const char **error_r)
{
	unsigned char id[UIDL_STORE_ID_SIZE];

	memcpy(id, store->head.store_id, sizeof(id));
	for (;;) {
		if (journal_lock_once(store, error_r) < 0)
			return -1;
		if (uidl_journal_is_current(store))
			break;
		uidl_journal_close(store);
		uidl_store_unload(store);
		if (uidl_journal_open(store, error_r) == 0)
			*error_r = t_strconcat(store->set.path,
					       " was removed", NULL);
		if (store->fd == -1)
			return -1;
	}
	if (journal_read_head(store, error_r) < 0) {
		uidl_journal_close(store);
		return -1;
	}
	if (memcmp(id, store->head.store_id, sizeof(id)) != 0)
		uidl_store_unload(store);
	return 0;
}

int uidl_journal_load(struct uidl_store *store, const char **error_r)
{
	uint32_t count;
	unsigned char *dest;
	uint64_t chain;
	int ret;

	/* the file has other contents: an older copy was put into its place, or
	   its beginning was removed */
	if (store->base != store->head.base ||
	    store->loaded > store->head.slots ||
	    (store->loaded == store->head.slots &&
	     store->loaded_chain != store->head.chain))
		uidl_store_unload(store);
	if (store->base != store->head.base)
		store->base = store->loaded = store->head.base;
	if (store->fd == -1 || store->loaded == store->head.slots)
		return 0;
	count = store->head.slots - store->loaded;
	if (store->loaded == store->base) {
		/* it may be large: no more than it needs, but a few new messages
		   are not to move all of it */
		buffer_free(&store->slots);
		store->slots = buffer_create_dynamic(default_pool,
			((size_t)count + LOADED_ROOM) * UIDL_SLOT_SIZE);
	}
	buffer_set_used_size(store->slots,
			     (size_t)(store->loaded - store->base) *
			     UIDL_SLOT_SIZE);
	dest = buffer_append_space_unsafe(store->slots,
					  (size_t)count * UIDL_SLOT_SIZE);
	ret = pread_full(store->fd, dest, (size_t)count * UIDL_SLOT_SIZE,
			 slot_offset(&store->head, store->loaded));
	if (ret < 0)
		return journal_error(store->set.path, "pread", error_r);
	chain = ret == 0 ? 0 : uidl_chain(store->loaded_chain, dest, count);
	if (ret == 0 || chain != store->head.chain) {
		uidl_store_unload(store);
		*error_r = t_strconcat(store->set.path, " is damaged", NULL);
		return -1;
	}
	store->loaded = store->head.slots;
	store->loaded_chain = chain;
	return 0;
}

int uidl_journal_append(struct uidl_store *store,
			const struct uidl_head *new_head, const char **error_r)
{
	struct uidl_head head = *new_head;
	unsigned char data[UIDL_HEAD_SIZE];
	size_t pos = (size_t)(store->head.slots - store->base) * UIDL_SLOT_SIZE;

	if (pwrite_full(store->fd, CONST_PTR_OFFSET(store->slots->data, pos),
			store->slots->used - pos,
			slot_offset(&store->head, store->head.slots)) < 0)
		return journal_error(store->set.path, "pwrite", error_r);
	if (journal_sync(store, error_r) < 0)
		return -1;
	head.sequence = store->head.sequence + 1;
	uidl_head_write(&head, data);
	if (pwrite_full(store->fd, data, sizeof(data),
			(store->head_copy ^ 1) * HEAD_DISTANCE) < 0)
		return journal_error(store->set.path, "pwrite", error_r);
	if (journal_sync(store, error_r) < 0)
		return -1;
	store->head = head;
	store->head_copy ^= 1;
	store->loaded = head.slots;
	store->loaded_chain = head.chain;
	return 0;
}

int uidl_journal_replace(struct uidl_store *store, const struct uidl_head *head,
			 const buffer_t *slots, const char **error_r)
{
	const char *temp = journal_temp_path(store);

	if (journal_write_temp(store, temp, head, slots, error_r) < 0)
		return -1;
	if (rename(temp, store->set.path) < 0) {
		(void)journal_error(store->set.path, "rename", error_r);
		i_unlink_if_exists(temp);
		return -1;
	}
	journal_sync_folder(store);
	uidl_journal_close(store);
	uidl_store_unload(store);
	if (uidl_journal_open(store, error_r) <= 0)
		return -1;
	return uidl_journal_lock(store, error_r);
}
