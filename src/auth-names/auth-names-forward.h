#ifndef AUTH_NAMES_FORWARD_H
#define AUTH_NAMES_FORWARD_H

struct auth_request;
struct auth_names;
struct login_name;

enum auth_names_forward {
	/* A name as a client has typed it */
	AUTH_NAMES_FORWARD_NONE,
	/* A proxy of ours has taken it to pieces, and nothing was in it */
	AUTH_NAMES_FORWARD_PLAIN,
	/* ... and sends a view along */
	AUTH_NAMES_FORWARD_VIEW,
	/* A view that was lost on its way, or that nobody may send */
	AUTH_NAMES_FORWARD_REFUSED
};

/* Has somebody sent a view along with the name? */
bool auth_names_forward_has_view(struct auth_request *request);
/* Reads the view that a proxy has sent with this name. VIEW: name_r is allocated
   from the request's pool. REFUSED: error_r says why. */
enum auth_names_forward
auth_names_forward_read(const struct auth_names *names,
			struct auth_request *request, const char *typed,
			struct login_name *name_r, const char **error_r);

/* For a login that turns out to be a proxy's: sends the user who is checked here,
   by a name that nobody has but those who read the view beside it. */
void auth_names_forward_write(struct auth_request *request,
			      const struct login_name *name);
/* Sends the checked user again, after another passdb has set destuser. */
void auth_names_forward_rewrite(struct auth_request *request);
/* A name that nobody has, for a request that must not go on by this one */
const char *auth_names_forward_nobody(const char *typed);

#endif
