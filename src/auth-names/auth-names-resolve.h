#ifndef AUTH_NAMES_RESOLVE_H
#define AUTH_NAMES_RESOLVE_H

#include "login-name.h"
#include "auth-names-settings.h"

struct auth_request;
struct auth_names_hosts;

/* What is configured. The blocks of passdb and userdb share it. */
struct auth_names {
	enum login_name_form forms;
	struct auth_names_hosts *hosts;
	/* who may send views along */
	ARRAY_TYPE(auth_names_network) proxies;
	unsigned int recent_days;
};

enum auth_names_result {
	/* Nothing that could be trusted: ends the step, and has been logged */
	AUTH_NAMES_FAILED,
	/* Must not get in by this name; has been logged */
	AUTH_NAMES_REFUSED,
	/* A user's name, or nothing that we know: stays as it is */
	AUTH_NAMES_PLAIN,
	AUTH_NAMES_FOUND
};

/* FOUND: name holds what is in the typed name, name->user is the plain user, and
   name->host is set only when somebody knows it. */
typedef void auth_names_callback_t(enum auth_names_result result,
				   const char *typed,
				   const struct login_name *name,
				   void *context);
/* Reads a typed name in one of these forms, or what a proxy has made of it. The
   result comes at once, or later
   when a dict is asked; the request and its pool stay until then. */
void auth_names_resolve(const struct auth_names *names,
			struct auth_request *request, const char *typed,
			enum login_name_form forms,
			auth_names_callback_t *callback, void *context);

/* Remembers what was found for the userdb step of this request, in fields that
   leave this process for nowhere. */
void auth_names_remember(struct auth_request *request, const char *typed,
			 const struct login_name *name);
/* The log's line about a name that is refused */
void auth_names_log_refused(struct auth_request *request, const char *typed,
			    const char *reason);
/* Was a name found in this request? */
bool auth_names_is_remembered(struct auth_request *request);
/* Hands it over to the mail process. */
void auth_names_export(struct auth_request *request);

#endif
