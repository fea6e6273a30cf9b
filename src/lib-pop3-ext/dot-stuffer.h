#ifndef DOT_STUFFER_H
#define DOT_STUFFER_H

struct ostream;

/* A multi-line reply of any octets: the only change is that a dot at the
   beginning or after CRLF is sent twice, so that the receiver gets back what
   was sent, octet for octet, when it takes away what finish() adds. */
struct dot_stuffer {
	/* octets that were sent, without what was added */
	uoff_t size;
	/* the last octets were CRLF, or there are none; the last is CR */
	bool line_start:1;
	bool cr:1;
};

void dot_stuffer_init(struct dot_stuffer *stuffer);
/* Sends, in the end with o_stream_nsendv(). */
void dot_stuffer_send(struct dot_stuffer *stuffer, struct ostream *output,
		      const void *data, size_t size);
/* CRLF when what was sent doesn't end in it, then the line with the dot */
void dot_stuffer_finish(struct dot_stuffer *stuffer, struct ostream *output);

#endif
