#ifndef HOST_FILE_H
#define HOST_FILE_H

/* Appends a file of settings (certificates and the like) to content. Returns -1
   and a sentence when it can't be read or is far too large. */
int host_file_read(const char *path, string_t *content, const char **error_r);

#endif
