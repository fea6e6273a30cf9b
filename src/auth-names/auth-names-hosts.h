#ifndef AUTH_NAMES_HOSTS_H
#define AUTH_NAMES_HOSTS_H

struct dict;
struct login_name;

/* The hosts of SDPS: suffixes and files, in the order in which they are looked
   at, and after them a dict.

   In the dict a host's user has the key shared/pop3-ext/sdps-hosts/HOST. */
struct auth_names_hosts;

/* list: suffixes and paths, with blanks or commas between them; dict, which is
   theirs then, may be NULL. */
struct auth_names_hosts *auth_names_hosts_init(const char *list,
					       struct dict *dict);
/* Ends what is waited for by an error. No dict is asked after that. */
void auth_names_hosts_close(struct auth_names_hosts *hosts);
void auth_names_hosts_deinit(struct auth_names_hosts **hosts);

/* ret is 1 for a user, 0 when nobody knows the host, -1 for an error. */
typedef void auth_names_hosts_callback_t(int ret, const char *user,
					 const char *error, void *context);
/* Looks up name->host. The dict's answer comes later, others at once. */
void auth_names_hosts_find(struct auth_names_hosts *hosts,
			   const struct login_name *name,
			   auth_names_hosts_callback_t *callback,
			   void *context);

#endif
