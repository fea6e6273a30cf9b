#ifndef POP4_ROWS_H
#define POP4_ROWS_H

struct pop4_conn;
struct pop4_output;

/* Turns a line into a row. -1 when the line makes no sense. */
typedef int pop4_row_parse_t(struct pop4_output *output, const char *line);

/* Reads the lines up to the dot, which follow a command that was answered +OK,
   and writes a row for each. */
int pop4_rows(struct pop4_conn *conn, struct pop4_output *output,
	      pop4_row_parse_t *row);

/* SFLD of the folder that the user has named, if any. */
int pop4_select(struct pop4_conn *conn);

/* What COPY, MOVE and the flag commands report */
int pop4_row_count(struct pop4_output *output,
		   const struct pop4_status_line *status);

#endif
