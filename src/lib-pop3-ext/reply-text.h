#ifndef REPLY_TEXT_H
#define REPLY_TEXT_H

/* One line of a POP3 reply, without its CRLF, from text that may hold anything
   (a relay's reply, an address, a file name): octets that are not printable
   ASCII become blanks or '?', the line is cut to fit POP3_EXT_MAX_REPLY_LINE,
   there is always text after the status (RFC 1957), and it begins with '[' only
   when there is a response code of ours (RFC 2449).

   status is "+OK" or "-ERR", code such as "SYS/TEMP" or NULL. Returned from the
   data stack. */
const char *
reply_text(const char *status, const char *code, const char *text) ATTR_NULL(2);

#endif
