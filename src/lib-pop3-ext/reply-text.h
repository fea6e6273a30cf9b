#ifndef REPLY_TEXT_H
#define REPLY_TEXT_H

/* Any text (addresses, what a relay said, errors of settings) made fit for one
   line: printable ASCII only, line ends and runs of blanks are one blank, other
   characters '?', no blanks around it, at most max_size octets (longer text ends
   with "..."). Allocated from the data stack; may be empty. */
const char *reply_text_sanitize(const char *text, size_t max_size);
/* The same for octets that may hold NULs. */
const char *
reply_text_sanitize_data(const void *data, size_t size, size_t max_size);

/* The line of a reply without CRLF, from the data stack: status ("+OK",
   "-ERR"), response code in brackets (without them; NULL = none) and text made
   safe. At most POP3_EXT_MAX_REPLY_LINE octets together with CRLF. There is
   always a text, and it can't be mistaken for a response code. */
const char *
reply_text(const char *status, const char *code, const char *text);

#endif
