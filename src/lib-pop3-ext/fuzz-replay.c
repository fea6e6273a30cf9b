/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* A main() for fuzz targets without a fuzzer: runs all files of the directory
   FUZZ_CORPUS, or those given as arguments. */

#include "lib.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No host functions: the target starts and ends the library itself. */
static void replay_file(const char *dir, const char *name)
{
	char path[PATH_MAX];
	uint8_t *data = malloc(1024 * 1024);
	ssize_t size;
	int fd;

	(void)snprintf(path, sizeof(path), "%s%s%s", dir,
		       *dir == '\0' ? "" : "/", name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || data == NULL ||
	    (size = read(fd, data, 1024 * 1024)) < 0) {
		perror(path);
		exit(1);
	}
	(void)close(fd);
	/* a block of the very size, so that reading behind it is noticed */
	data = realloc(data, size > 0 ? size : 1);
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
}

int main(int argc, char *argv[])
{
	struct dirent *d;
	unsigned int count = 0;
	DIR *dir;
	int i;

	for (i = 1; i < argc; i++)
		replay_file("", argv[i]);
	if (argc > 1)
		return 0;

	dir = opendir(FUZZ_CORPUS);
	if (dir == NULL) {
		perror(FUZZ_CORPUS);
		return 1;
	}
	while ((d = readdir(dir)) != NULL) {
		if (*d->d_name != '.') {
			replay_file(FUZZ_CORPUS, d->d_name);
			count++;
		}
	}
	(void)closedir(dir);
	printf("%u inputs replayed\n", count);
	return count > 0 ? 0 : 1;
}
