#ifndef POP4_REPLY_H
#define POP4_REPLY_H

/* What a server sends to a POP3 or POP4 client: its lines, parsed for the
   program pop4. The server may be anybody: a line that is not what it should be
   is refused as a whole, and so is one with control characters, so that
   nothing of what is returned can harm a terminal. Text that isn't UTF-8 is
   refused where POP4 says UTF-8.

   All strings come from the data stack. The functions return 0, or -1 when the
   line makes no sense. More fields than expected are ignored, as POP4 demands
   of a client. */

/* A number that the server doesn't know ("-") */
#define POP4_UNKNOWN UINT64_MAX

enum pop4_status {
	/* +OK */
	POP4_STATUS_OK,
	/* -ERR */
	POP4_STATUS_ERR,
	/* "+" and a challenge, in AUTH */
	POP4_STATUS_CONTINUE,
};

struct pop4_status_line {
	enum pop4_status status;
	/* response code of RFC 2449 without brackets, NULL = none */
	const char *code;
	/* the rest, printable ASCII; of a challenge as it came */
	const char *text;
};

/* Line of LFLD */
struct pop4_folder_line {
	const char *name;
	uint64_t messages, unseen, octets;
	const char *const *attributes;
};

/* Line of LMSG, LFLG, LIST or UIDL, which fill what they have */
struct pop4_message_line {
	uint32_t number;
	uint64_t octets;
	const char *uid;
	const char *const *flags;
};

/* Line of LPRT; NULL = absent */
struct pop4_part_line {
	const char *part, *type, *encoding, *charset, *disposition;
	const char *filename, *content_id;
	uint64_t octets, lines, depth;
};

/* Line of CAPA */
struct pop4_capa {
	const char *name;
	const char *const *args;
};

int pop4_parse_status(const char *line, struct pop4_status_line *status_r);
/* The number at the beginning of a status line's text, POP4_UNKNOWN if there
   is none */
uint64_t pop4_status_number(const struct pop4_status_line *status);

int pop4_parse_folder(const char *line, struct pop4_folder_line *folder_r);
/* LMSG */
int pop4_parse_message(const char *line, struct pop4_message_line *msg_r);
/* LFLG */
int pop4_parse_flags(const char *line, struct pop4_message_line *msg_r);
int pop4_parse_list(const char *line, struct pop4_message_line *msg_r);
int pop4_parse_uidl(const char *line, struct pop4_message_line *msg_r);
int pop4_parse_part(const char *line, struct pop4_part_line *part_r);
int pop4_parse_capa(const char *line, struct pop4_capa *capa_r);

/* The stamp at the end of a greeting, with its <>, that APOP needs. NULL =
   none */
const char *pop4_greeting_stamp(const char *greeting);

/* A folder's name as an argument of a command. Returns -1 with a sentence when
   it can't be sent at all. */
int pop4_quote(const char *name, const char **arg_r, const char **error_r);

#endif
