#ifndef PAM_PEER_H
#define PAM_PEER_H

#include "net.h"

/* Who is at the other end of a connection, by the kernel's word, and the owner
   and mode of the socket that he came by. */
struct pam_peer {
	struct net_unix_cred cred;
	uid_t socket_uid;
	gid_t socket_gid;
	mode_t socket_mode;
};

/* Returns -1 and error when the kernel does not say. */
int pam_peer_get(int fd, int listen_fd, struct pam_peer *peer_r,
		 const char **error_r);

/* May he ask about this user? Looks for the user in the system's table, which
   may take its time. Returns FALSE and why, with what the admin can do. */
bool pam_peer_may_ask(const struct pam_peer *peer, const char *user,
		      const char **reason_r);

#endif
