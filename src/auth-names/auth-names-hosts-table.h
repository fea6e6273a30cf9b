#ifndef AUTH_NAMES_HOSTS_TABLE_H
#define AUTH_NAMES_HOSTS_TABLE_H

/* The hosts of one file of SDPS hosts, each with its user. */
struct auth_names_hosts_table;

/* Makes a table of the lines of this file; path is for the log alone. A bad
   line is skipped with a warning. Returns NULL and error when there is no host
   in it, or there are too many. Freed by the caller. */
struct auth_names_hosts_table *
auth_names_hosts_table_read(const char *path, const buffer_t *content,
			    const char **error_r);
/* Does nothing for NULL. */
void auth_names_hosts_table_free(struct auth_names_hosts_table **table);

/* The user of a host in lower case, who lives as long as the table; NULL: it is
   not there. */
const char *
auth_names_hosts_table_find(const struct auth_names_hosts_table *table,
			    const char *host);

#endif
