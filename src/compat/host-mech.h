#ifndef HOST_MECH_H
#define HOST_MECH_H

/* A mechanism of the auth process, the same for hosts with mech.h (up to 2.4.1)
   and with lib-sasl (2.4.2 and later). It is private: no client is told of it,
   and the login process offers it to nobody. It needs no passdb. */

struct auth_settings;
struct host_mech_request;

struct host_mech {
	/* in upper case */
	const char *name;
	/* The mechanism's settings are read here. What is wrong with them must
	   not end the process: other mechanisms go on. */
	void (*init)(const struct auth_settings *set);
	/* Returns what the mechanism remembers about a request, from its
	   pool. */
	void *(*alloc)(struct host_mech_request *hreq, pool_t pool);
	/* The client has sent something, first or later. Has to end in exactly
	   one of the functions below that answer, now or later. */
	void (*input)(void *req, const unsigned char *data, size_t size);
};

/* Only one at a time. */
void host_mech_register(const struct host_mech *mech);
void host_mech_unregister(void);

/* Answers: something for the client, who is to go on; or the end. */
void host_mech_output(struct host_mech_request *hreq,
		      const void *data, size_t size);
void host_mech_success(struct host_mech_request *hreq);
void host_mech_failure(struct host_mech_request *hreq);
void host_mech_internal_failure(struct host_mech_request *hreq);

/* The user who wants to log in. FALSE when the host has refused the name, or
   when it is a master user's login; that has been logged. */
bool host_mech_set_user(struct host_mech_request *hreq, const char *user);
/* As the host knows it by now */
const char *host_mech_get_user(struct host_mech_request *hreq);

/* Asks the passdbs about the user. The callback comes whether they know him or
   not, because none is needed; but when he is barred or a passdb failed, the
   request is answered instead. */
typedef void host_mech_lookup_callback_t(void *req);
void host_mech_lookup(struct host_mech_request *hreq,
		      host_mech_lookup_callback_t *callback);
/* A field that a passdb has returned; NULL if there is none. */
const char *
host_mech_get_field(struct host_mech_request *hreq, const char *name);

/* Of the client's session; "" if there is none */
const char *host_mech_get_session_id(struct host_mech_request *hreq);
struct event *host_mech_get_event(struct host_mech_request *hreq);

#endif
