#ifndef KPOP_PRINCIPAL_H
#define KPOP_PRINCIPAL_H

/* Names of Kerberos principals as krb5_unparse_name() writes them: components
   with slashes between them, an at sign, the realm; within these the two
   characters have a backslash before them. Strings come from the data stack. */

/* "" when there is none */
const char *kpop_principal_get_realm(const char *principal);
/* The first component */
const char *kpop_principal_get_service(const char *principal);

/* Is the word one of a list that has blanks or commas between its words? */
bool kpop_list_has(const char *list, const char *word);

#endif
