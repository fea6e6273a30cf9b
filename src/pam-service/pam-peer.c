/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Who may ask about whom

   A question costs a run of PAM's modules as root, and its answer says whether
   somebody may send. So the socket's owner and mode decide, which are the
   admin's:

   - root, and who gets in by the socket's owner or group: about everybody.
     That is for mail processes that share an uid or a group;
   - who gets in only because the socket is open to others: about the user of
     the system with his uid, that is himself. */

#include "lib.h"
#include "ipwd.h"

#include "pam-peer.h"

#include <sys/stat.h>

int pam_peer_get(int fd, int listen_fd, struct pam_peer *peer_r,
		 const char **error_r)
{
	const char *path;
	struct stat st;

	i_zero(peer_r);
	if (net_getunixcred(fd, &peer_r->cred) < 0) {
		*error_r = t_strdup_printf("net_getunixcred() failed: %m");
		return -1;
	}
	if (net_getunixname(listen_fd, &path) < 0) {
		*error_r = t_strdup_printf("net_getunixname() failed: %m");
		return -1;
	}
	if (stat(path, &st) < 0) {
		*error_r = t_strdup_printf("stat(%s) failed: %m", path);
		return -1;
	}
	peer_r->socket_uid = st.st_uid;
	peer_r->socket_gid = st.st_gid;
	peer_r->socket_mode = st.st_mode;
	return 0;
}

static bool pam_peer_is_trusted(const struct pam_peer *peer)
{
	if (peer->cred.uid == 0)
		return TRUE;
	if (peer->cred.uid == peer->socket_uid)
		return (peer->socket_mode & S_IWUSR) != 0;
	return peer->cred.gid == peer->socket_gid &&
		(peer->socket_mode & S_IWGRP) != 0;
}

bool pam_peer_may_ask(const struct pam_peer *peer, const char *user,
		      const char **reason_r)
{
	const char *uid = dec2str(peer->cred.uid);
	struct passwd pw;
	int ret;

	if (pam_peer_is_trusted(peer))
		return TRUE;
	ret = i_getpwnam(user, &pw);
	if (ret > 0 && pw.pw_uid == peer->cred.uid)
		return TRUE;
	if (ret < 0) {
		*reason_r = t_strdup_printf("getpwnam(%s) failed: %m", user);
		return FALSE;
	}
	*reason_r = t_strdup_printf(
		"uid %s may not ask about user %s: make it the user "
		"(or its group the group) of unix_listener pop3-ext-pam",
		uid, user);
	return FALSE;
}
