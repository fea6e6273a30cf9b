#ifndef KPOP_KRB5_H
#define KPOP_KRB5_H

/* All that is asked of the Kerberos library. Each call reads the machine's
   Kerberos configuration anew, and none of them asks the network. */

struct kpop_krb5_settings {
	/* services whose keys are taken, with blanks or commas between them */
	const char *services;
	/* "" is the library's default */
	const char *keytab;
};

struct kpop_krb5_ticket {
	/* as krb5_unparse_name() writes it, from the data stack */
	const char *principal;
	/* AP-REP if the client wants one, KRB-ERROR for a refused ticket where
	   one can be made, otherwise empty; from the data stack */
	const buffer_t *reply;
};

/* Judges an AP-REQ: the key, the times, and that it hasn't come before. Returns
   FALSE when it is refused; why is logged by the event, as an Error when it is
   our fault. */
bool kpop_krb5_accept(const struct kpop_krb5_settings *set,
		      struct event *event, const buffer_t *ap_req,
		      struct kpop_krb5_ticket *ticket_r);

/* May the principal log in as that user? The rule is that of the host's GSSAPI:
   the principal is in the user's field k5principals (NULL if there is none), or
   has the same name, or krb5_kuserok() says so. */
bool kpop_krb5_may_login(struct event *event, const char *principal,
			 const char *k5principals, const char *user);

#endif
