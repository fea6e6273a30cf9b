#ifndef TERMINAL_TEXT_H
#define TERMINAL_TEXT_H

/* A stranger's text on the way to a terminal. Zeroed is ready for use. */
struct terminal_text {
	/* the beginning of a character whose end hasn't come yet */
	unsigned char partial[6];
	unsigned int partial_size;
};

/* Appends the text to out with "?" for each octet that is not valid UTF-8 and
   for each control character; of these only LF and TAB stay, and CRs are
   left out. The pieces of a text may be cut anywhere. */
void terminal_text_add(struct terminal_text *text, const void *data,
		       size_t size, buffer_t *out);
/* At the end of the text */
void terminal_text_end(struct terminal_text *text, buffer_t *out);

/* A whole text as one line, from the data stack: for messages that name files,
   folders or what somebody said */
const char *terminal_text_line(const char *text);

#endif
