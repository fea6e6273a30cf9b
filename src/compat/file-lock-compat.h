#ifndef FILE_LOCK_COMPAT_H
#define FILE_LOCK_COMPAT_H

/* Instead of file-lock.h. */

#include "file-lock.h"
#include "dovecot-compat.h"

/* 2.3.16: the method is an argument. */
#ifndef HOST_FILE_LOCK_SETTINGS
struct file_lock_settings {
	enum file_lock_method lock_method;
};

#  define file_wait_lock(fd, path, type, set, timeout_secs, lock_r, error_r) \
	file_wait_lock_error(fd, path, type, (set)->lock_method, \
			     timeout_secs, lock_r, error_r)
#endif

#endif
