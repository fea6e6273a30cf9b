#ifndef HOST_AUTH_H
#define HOST_AUTH_H

/* Database drivers of the auth process: one way to write them for the three
   generations of the host's interfaces. A module has one driver, which can be
   a passdb, a userdb or both. Include before any header of the host's but
   "lib.h". */

/* The host's own switch: who may write request->fields */
#define AUTH_REQUEST_FIELDS_CONST

#include "auth-common.h"
#include "settings-parser.h"
#include "passdb.h"
#include "userdb.h"
#include "auth.h"
#include "dovecot-compat.h"

#ifdef HOST_2_4
#  define HOST_AUTH_PROTOCOL(request) ((request)->fields.protocol)
#  define HOST_AUTH_SETTINGS(auth) ((auth)->protocol_set)
#  define HOST_AUTH_DEFAULT_DOMAIN(set) ((set)->default_domain)
#else
#  define auth_find_protocol(name) auth_find_service(name)
#  define HOST_AUTH_SETTINGS(auth) ((auth)->set)
#  define HOST_AUTH_DEFAULT_DOMAIN(set) ((set)->default_realm)
#  define HOST_AUTH_PROTOCOL(request) ((request)->fields.service)
#endif

struct dict;

/* A passdb step that has not finished */
struct host_passdb_lookup {
	struct auth_request *request;
	/* one of these */
	verify_plain_callback_t *verify_plain;
	lookup_credentials_callback_t *lookup_credentials;
};

struct host_auth_driver {
	const char *name;
	/* See HOST_SETTINGS_INFO(). The settings' names begin with this prefix;
	   in the args of 2.3 they are written without it. */
	const struct setting_parser_info *info;
	const char *prefix;

	/* A block of the configuration. The settings stay until
	   host_auth_unregister(). Returns -1 when they can't be used. */
	int (*configure)(const void *set, const char **error_r);
	/* All blocks have been read: looks at the databases of all protocols.
	   Returns -1 when the driver can't work with them. */
	int (*check)(const char **error_r);
	/* A sentence for the log: who can't log in after one of these failed.
	   See host_auth_is_off(). */
	const char *off;

	/* The process ends: what is waited for has to be answered now. Called
	   for each block; may be NULL. */
	void (*close)(void);

	/* Ends with host_passdb_finish(), at once or later. NULL: no passdb. */
	void (*passdb_lookup)(struct host_passdb_lookup *lookup);
	void (*userdb_lookup)(struct auth_request *request,
			      userdb_callback_t *callback);
};

void host_auth_register(const struct host_auth_driver *driver);
void host_auth_unregister(void);

/* Did configure() or check() fail? That was logged as an Error. The auth process
   serves all logins, so it goes on, and the driver refuses whoever needs it. */
bool host_auth_is_off(void);

/* Does this process only do what the auth process must not wait for? Drivers of
   ours are loaded there, too, and never asked. */
bool host_auth_is_worker(void);

/* In configure(): opens the dict that HOST_SETTING_DEFINE_DICT(name, ...)
   describes; uri is the member's value. Only one that the dict server asks for
   us will do, as all logins would wait for others. Returns 1, 0 when there is
   none, -1 and error. It connects when it is used. */
int host_auth_dict_init(const char *name, const char *uri,
			struct dict **dict_r, const char **error_r);
/* What it has not answered yet is an error now. */
void host_auth_dict_close(struct dict **dict);

/* The result must not be PASSDB_RESULT_OK: a driver of ours lets nobody in.
   PASSDB_RESULT_NEXT: what those before have said stands. */
void host_passdb_finish(struct host_passdb_lookup *lookup,
			enum passdb_result result);

/* Makes this the name of who logs in, as if it had been typed: through
   auth_username_format and everything else that is done to typed names. The
   auth cache, too, knows no other then, and a policy server is asked about it
   before the next passdb. What was really typed stays as
   fields.original_username, which digests may contain. only: who it has to be
   after that; NULL: anybody. Returns FALSE and error when it is somebody else, or
   the host does not want the name; who logs in is the same as before then. */
bool host_auth_set_user(struct auth_request *request, const char *user,
			const char *only, const char **error_r);
/* Makes this the name of whom a master user wants to be, as if it had been typed.
   Returns FALSE and error when the host does not want the name; nobody is wanted
   then. */
bool host_auth_set_login_user(struct auth_request *request, const char *user,
			      const char **error_r);
/* Has the mail process load this plugin for this user, beside those that the
   reply names so far. What a later userdb says of mail_plugins may undo it. */
void host_auth_add_mail_plugin(struct auth_request *request,
			       const char *plugin);
/* Is a policy server asked whether somebody may log in? */
bool host_auth_asks_policy(const struct auth_request *request);
/* Does a token of OAuth say who it is? */
bool host_auth_has_token(const struct auth_request *request);
/* Does a Kerberos ticket say who it is? The first name of such a request is the
   principal, the next one what the client has typed. */
bool host_auth_has_ticket(const struct auth_request *request);
/* A name as it was typed, without what the host adds to names without @ */
const char *
host_auth_strip_default_domain(struct auth_request *request, const char *name);
/* Makes this the name of who logs in, as it stands. */
void host_auth_set_unknown_user(struct auth_request *request,
				const char *user);

#endif
