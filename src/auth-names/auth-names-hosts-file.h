#ifndef AUTH_NAMES_HOSTS_FILE_H
#define AUTH_NAMES_HOSTS_FILE_H

/* A file of SDPS hosts, with a line "host user" for each, or "host" alone when
   both have the same name.

   All logins share the process that reads it, so nothing in the file is fatal. A
   line that is none costs only itself. A file that can't be read, holds no host at
   all, or is too large leaves the hosts known that were read last. Each of this
   is a warning, once for each change of the file. */
struct auth_names_hosts_file;

struct auth_names_hosts_file *auth_names_hosts_file_init(const char *path);
void auth_names_hosts_file_deinit(struct auth_names_hosts_file **file);

/* Reads the file if it has changed. */
void auth_names_hosts_file_refresh(struct auth_names_hosts_file *file);
/* Returns 1 and the user of a host in lower case, who is valid until the next
   call; 0 when it is not in the file; -1 and error when no hosts have been read
   yet. Refreshes before. */
int auth_names_hosts_file_find(struct auth_names_hosts_file *file,
			       const char *host, const char **user_r,
			       const char **error_r);

#endif
