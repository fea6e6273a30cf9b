#ifndef AUTH_NAMES_HOSTS_H
#define AUTH_NAMES_HOSTS_H

struct login_name;

/* The hosts of SDPS: suffixes and files, in the order in which they are looked
   at.

   A file has a line for each host, "host user" or "host" alone when both have
   the same name; blank lines and those beginning with # are skipped. It is read
   again when it has changed. */
struct auth_names_hosts;

/* list: suffixes and paths, with blanks or commas between them. Returns -1 when
   a file can't be used. */
int auth_names_hosts_init(const char *list, struct auth_names_hosts **hosts_r,
			  const char **error_r);
void auth_names_hosts_deinit(struct auth_names_hosts **hosts);

/* Looks up name->host. Returns 1 and the user, from the data stack; 0 when
   nobody knows the host; -1 when a file can't be read now. */
int auth_names_hosts_find(struct auth_names_hosts *hosts,
			  const struct login_name *name,
			  const char **user_r, const char **error_r);

#endif
