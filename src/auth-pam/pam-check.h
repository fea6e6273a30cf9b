#ifndef PAM_CHECK_H
#define PAM_CHECK_H

enum pam_check_result {
	PAM_CHECK_ALLOWED,
	PAM_CHECK_DENIED,
	/* It could not be found out. */
	PAM_CHECK_FAILED
};

struct pam_check_input {
	const char *service, *user;
	/* the client's address, or NULL */
	const char *rhost;
	unsigned int timeout_secs;
};

/* Asks the account management of a PAM service, in a process of its own, so
   that a module which hangs, crashes or leaks does no harm. Waits for it;
   error is set unless the answer is ALLOWED. */
enum pam_check_result
pam_check(const struct pam_check_input *input, const char **error_r);

/* FALSE when this was built without PAM. */
bool pam_check_is_built(void);

#endif
