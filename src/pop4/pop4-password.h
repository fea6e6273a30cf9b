#ifndef POP4_PASSWORD_H
#define POP4_PASSWORD_H

struct pop4_conn;

/* The password from where the settings say, or from the user at the terminal.
   Empty ones are an error. */
int pop4_password_get(struct pop4_conn *conn, const char *user,
		      char **password_r);
/* Wipes it. */
void pop4_password_free(char **password);

/* Asks the user for a name. */
int pop4_ask_user(struct pop4_conn *conn, const char **user_r);

#endif
