#ifndef PAM_PROTOCOL_H
#define PAM_PROTOCOL_H

/* What a POP3 session and the service pop3-ext-pam say to each other: each side
   a line with its version, then one question and one answer. Words are
   separated by tabs and tab-escaped (strescape.h); neither side trusts the
   other's.

     C: VERSION pop3-ext-pam-client 1 0
     S: VERSION pop3-ext-pam-server 1 0
     C: ASK dovecot-xmit alice 192.0.2.7 5
     S: DENIED Permission denied */

#define PAM_PROTOCOL_CLIENT "pop3-ext-pam-client"
#define PAM_PROTOCOL_SERVER "pop3-ext-pam-server"
#define PAM_PROTOCOL_MAJOR 1
#define PAM_PROTOCOL_MINOR 0
/* The socket in base_dir */
#define PAM_SOCKET_NAME "pop3-ext-pam"

struct pam_question {
	/* name of the PAM service, and whom it is asked about */
	const char *service, *user;
	/* the client's address, or empty */
	const char *rhost;
	unsigned int timeout_secs;
};

enum pam_answer {
	PAM_ANSWER_ALLOWED,
	PAM_ANSWER_DENIED,
	/* It could not be found out. */
	PAM_ANSWER_UNKNOWN
};

/* May this be the name of a service? PAM itself takes away folders and changes
   to lower case, and asks its service "other" when nothing has that name. */
bool pam_service_name_is_valid(const char *name);

/* Is this the version line of that name, from a version that we speak? The
   caller then gives the numbers to connection_verify_version(). */
bool pam_version_parse(const char *const *args, const char *name,
		       unsigned int *minor_r);

/* Appends the line with its LF. What it names must not be longer than
   pop3-ext-limits.h allows. */
void pam_question_append(string_t *dest, const struct pam_question *question);
/* Returns 0; -1 and error, which quotes nothing, when it is no question. The
   strings are those of args. */
int pam_question_parse(const char *const *args,
		       struct pam_question *question_r, const char **error_r);

/* Appends the line with its LF. The text says why, for the log; it is made
   printable and short. */
void pam_answer_append(string_t *dest, enum pam_answer answer,
		       const char *text);
/* Returns -1 when it is none. The text is printable, from the data stack. */
int pam_answer_parse(const char *const *args, enum pam_answer *answer_r,
		     const char **text_r);

#endif
