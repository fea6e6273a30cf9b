#ifndef HOST_LOGIN_H
#define HOST_LOGIN_H

/* Names of the newest Dovecot's login process for older ones. Include after
   login-common.h, client-common.h and auth-client.h. */

#include "dovecot-compat.h"

/* 2.3: one word for what is secured */
#ifndef HOST_2_4
#  define connection_secured secured
#  define protocol_of_info service
#  define AUTH_REQUEST_FLAG_CONN_SECURED AUTH_REQUEST_FLAG_SECURED
#else
#  define protocol_of_info protocol
#endif

/* The head of an auth_request_callback_t. Before 2.4.3 it is not told why a
   request failed. */
#ifdef HOST_AUTH_CALLBACK_ERROR
#  define HOST_AUTH_CALLBACK(name) \
	name(struct auth_client_request *request ATTR_UNUSED, \
	     enum auth_request_status status, \
	     const char *log_error ATTR_UNUSED, const char *data_base64, \
	     const char *const *args ATTR_UNUSED, void *context)
#else
#  define HOST_AUTH_CALLBACK(name) \
	name(struct auth_client_request *request ATTR_UNUSED, \
	     enum auth_request_status status, const char *data_base64, \
	     const char *const *args ATTR_UNUSED, void *context)
#endif

/* The running Dovecot must be the one whose headers we were built with. Returns
   FALSE and a sentence when it is not. */
bool host_login_is_known(const char **reason_r);

#endif
