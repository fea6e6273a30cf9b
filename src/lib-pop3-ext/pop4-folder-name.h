#ifndef POP4_FOLDER_NAME_H
#define POP4_FOLDER_NAME_H

/* Names of folders on the wire, and as the store has them (doc/spec/pop4.txt,
   "Folder Names"). On the wire "/" stands between a folder and its parent,
   whatever the store has there. A store with another separator may have "/" as
   a plain character: it is written as that separator, so each name of one side
   is exactly one name of the other. Strings come from the data stack. */

/* Returns 0 when it may be a folder's name, or -1 and what is wrong with it. */
int pop4_folder_name_check(const char *name, const char **error_r);

/* Translates, in either direction, for a store with this separator. */
const char *pop4_folder_name_translate(const char *name, char sep);

/* The part before the last "/" ("" at top level), and the part after it. */
const char *pop4_folder_name_parent(const char *name);
const char *pop4_folder_name_last(const char *name);

#endif
