#ifndef LOGIN_NAME_H
#define LOGIN_NAME_H

/* Login names that say more than who logs in (doc/spec/sdps.txt).

     name  = [ "recent:" ] user [ "-no-mime" ] [ "#" folder | "{" folder "}" ]
     user /= account "@" host | account "+" host | account "%" host | host

   Each form is switched on by itself. Whatever is not one of these, wholly, is
   a user name as it stands: there are no bad names, only unknown users.

   Userdb fields by which the results reach the mail process. They are settings
   of the plugin by the same names, and what is not returned has its default:

     pop3_ext_view_account  string   local part of the envelope recipient, as
				     typed; empty: all of the maildrop
     pop3_ext_view_host     string   the host's whole name in lower case; empty:
				     not an SDPS login. Without an account it is
				     a host login.
     pop3_ext_view_days     number   saved in these last days; 0: no limit
     pop3_ext_view_folder   string   UTF-8, as typed; empty: INBOX
     pop3_ext_no_mime       boolean  yes: "-no-mime" was typed

   No value holds a %, which Dovecot would expand, nor a control character. */

#define LOGIN_NAME_FIELD_ACCOUNT "pop3_ext_view_account"
#define LOGIN_NAME_FIELD_HOST "pop3_ext_view_host"
#define LOGIN_NAME_FIELD_DAYS "pop3_ext_view_days"
#define LOGIN_NAME_FIELD_FOLDER "pop3_ext_view_folder"
#define LOGIN_NAME_FIELD_NO_MIME "pop3_ext_no_mime"
/* For an array of them all */
#define LOGIN_NAME_FIELDS \
	LOGIN_NAME_FIELD_ACCOUNT, LOGIN_NAME_FIELD_HOST, \
	LOGIN_NAME_FIELD_DAYS, LOGIN_NAME_FIELD_FOLDER, \
	LOGIN_NAME_FIELD_NO_MIME

enum login_name_form {
	LOGIN_NAME_ACCOUNT_AT_HOST = BIT(0),
	LOGIN_NAME_ACCOUNT_PLUS_HOST = BIT(1),
	LOGIN_NAME_ACCOUNT_PERCENT_HOST = BIT(2),
	LOGIN_NAME_HOST = BIT(3),
	LOGIN_NAME_RECENT = BIT(4),
	LOGIN_NAME_FOLDER_HASH = BIT(5),
	LOGIN_NAME_FOLDER_BRACES = BIT(6),
	LOGIN_NAME_NO_MIME = BIT(7),
};
#define LOGIN_NAME_SDPS_FORMS \
	(LOGIN_NAME_ACCOUNT_AT_HOST | LOGIN_NAME_ACCOUNT_PLUS_HOST | \
	 LOGIN_NAME_ACCOUNT_PERCENT_HOST | LOGIN_NAME_HOST)

struct login_name {
	/* What is left for the password check. When host is set: the name as
	   typed, which counts only if nobody knows the host. */
	const char *user;
	/* The host in lower case, not yet looked up, and the account before
	   it; NULL: not of that form */
	const char *host, *account;
	const char *folder;
	/* of "recent:"; the parser does not know them and leaves 0 */
	unsigned int days;
	bool recent:1;
	bool no_mime:1;
};

/* Reads a list of forms as they are written in the settings, such as
   "account@host recent:user". Returns -1 and error for an unknown one. */
int login_name_forms_parse(const char *list, enum login_name_form *forms_r,
			   const char **error_r);
/* All forms, for messages */
const char *login_name_forms_all(void);
/* Octets that names of these forms need beside those of user and host; for
   comparing with auth_username_chars. */
const char *login_name_forms_chars(enum login_name_form forms);

/* Takes a typed name to pieces. Everything returned is allocated from pool.
   Returns FALSE when it is a plain user name in every respect. */
bool login_name_parse(pool_t pool, enum login_name_form forms,
		      const char *typed, struct login_name *name_r);
/* TRUE when host, account and folder, which come from somewhere else, could have
   been typed. */
bool login_name_is_valid(const struct login_name *name);
/* TRUE when something narrows what the user will see, a host that has not been
   looked up left aside. */
bool login_name_is_narrowed(const struct login_name *name);

/* The user of a host by a suffix: for host "xyz.demon.example" and suffix
   ".demon.example" it is "xyz". The suffix "." stands for hosts without any dot,
   and only where there is an account. NULL: no match. */
const char *login_name_suffix_user(const struct login_name *name,
				   const char *suffix);
/* TRUE for a text that can be the host of a name. */
bool login_name_host_is_valid(const char *text);
/* TRUE for a text that can be a suffix. */
bool login_name_suffix_is_valid(const char *suffix);

#endif
