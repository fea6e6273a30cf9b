#ifndef SDPS_HOSTS_H
#define SDPS_HOSTS_H

/* A line of a file of SDPS hosts: "host user", or "host" alone when both have
   the same name. Returns 1 and both, from the data stack, the host in lower
   case; 0 when the line is blank or begins with #; -1 and error when it is
   none. */
int sdps_hosts_parse_line(const char *line, const char **host_r,
			  const char **user_r, const char **error_r);

#endif
