#ifndef POP3_LISTING_H
#define POP3_LISTING_H

/* The lines of a POP3 server's replies to UIDL and LIST. Both return 0, or -1
   and a sentence that is fit for a log. */

/* "NUMBER UIDL". The line is changed. */
int pop3_listing_uidl(char *line, unsigned int *num_r, const char **uidl_r,
		      const char **error_r);
/* "NUMBER OCTETS", and whatever may follow. */
int pop3_listing_size(const char *line, unsigned int *num_r, uoff_t *size_r,
		      const char **error_r);

#endif
