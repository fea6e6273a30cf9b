#ifndef POP4_OUTPUT_H
#define POP4_OUTPUT_H

struct pop4_conn;

/* The standard output as rows: fields with TABs between them, or with --json
   one object a line. Values come from the parsers of pop4-reply.h, so they
   have no control characters. */
struct pop4_output *pop4_output_init(struct pop4_conn *conn);
void pop4_output_deinit(struct pop4_output **output);

void pop4_row_begin(struct pop4_output *output);
/* NULL = absent: "-", or null */
void pop4_row_text(struct pop4_output *output, const char *name,
		   const char *text);
/* POP4_UNKNOWN = absent */
void pop4_row_number(struct pop4_output *output, const char *name,
		     uint64_t number);
/* "-" when there are none, otherwise words with commas between them; or an
   array */
void pop4_row_words(struct pop4_output *output, const char *name,
		    const char *const *words);
/* -1 when it can't be written */
int pop4_row_end(struct pop4_output *output);

/* All that has been written so far goes out. */
int pop4_output_flush(struct pop4_output *output);

#endif
