#ifndef PAM_FILES_H
#define PAM_FILES_H

#define PAM_CONFIG_DIR "/etc/pam.d"

/* Is there a file for this service in PAM_CONFIG_DIR, with a line for the
   account part? Otherwise PAM would ask another service, "other". Returns 0, or
   -1 and error, which names the file. */
int pam_files_check(const char *service, const char **error_r);

#endif
