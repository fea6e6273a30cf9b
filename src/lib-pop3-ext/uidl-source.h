#ifndef UIDL_SOURCE_H
#define UIDL_SOURCE_H

/* Where UIDLs are imported from: lists of other servers, and our own export.
   A source is a pure parser of a stream. For each message that the list has it
   calls uidl_source_found() with what it knows of the message; which message
   of the mailbox that is, others find out (uidl-match.h).

   A new source: a file uidl-source-NAME.c with the parser, a declaration at the
   end of this header, a row in uidl_sources[] (uidl-source.c), its lines in
   Makefile.am, doveadm-pop3-uidl(1), a unit test and a fuzz target. All else
   (--format NAME, its help, files and lines in errors) follows. */

#include "uidl-slot.h"

struct uidl_source_record {
	/* As clients have seen it. */
	const char *uidl;

	/* What the message may be recognised by: at least one of these. NULL,
	   0 or all zero: not known. */

	/* uidl_guid_digest() of the GUID as Dovecot gives it; of a Maildir that
	   is the base name of the file */
	unsigned char guid[UIDL_DIGEST_SIZE];
	/* digest of the message, by uidl-digest.h. What POP3's TOP gives with
	   4096 lines is enough to make it. */
	unsigned char content[UIDL_DIGEST_SIZE];
	/* of a file in a Maildir, without folder and without ":2,FLAGS" */
	const char *file_name;
	/* of IMAP; a uid without a uid_validity says nothing */
	uint32_t uid, uid_validity;
	/* the header's value with its angle brackets */
	const char *message_id;

	/* These decide between messages that are equal otherwise. */

	/* as POP3 shows it, with CRLF; UOFF_T_MAX: not known */
	uoff_t size;
	/* place in the old server's list, from 1; 0: it has no order */
	unsigned int order;

	/* Whose it is, where a list has several: NULL: not said. */
	const char *user, *mailbox;
	/* There may be no message for it any more: the UIDL alone is to be
	   remembered, so that no other message gets it. */
	bool gone;
	/* Our own list: as uidl-store.txt says of messages that are forgotten.
	   Then this is all there is, and the UIDL may be "": only its hash, the
	   key, is left. */
	bool forgotten;
	uint32_t number;
	uint64_t key;
};

/* Size unknown, nothing else known. */
void uidl_source_record_init(struct uidl_source_record *record);

/* All strings are valid during the call only. Returns 0, or -1 and a sentence
   to end the parsing. */
typedef int
uidl_source_callback_t(void *context, const struct uidl_source_record *record,
		       const char **error_r);

struct uidl_source_reader {
	struct istream *input;
	/* of which the parser speaks when it fails; 0: none. Kept by
	   uidl_source_line(), else by the parser itself. For formats without
	   lines it is the number of the record. */
	unsigned int line;

	uidl_source_callback_t *callback;
	void *context;
	/* the line, for uidl_source_line() */
	string_t *str;
};

struct uidl_source {
	/* --format NAME */
	const char *name;
	/* one line for the help */
	const char *description;
	/* Reads all. Returns 0, or -1 and a sentence without file and line. */
	int (*read)(struct uidl_source_reader *reader, const char **error_r);
};

/* For parsers: */

/* The next line without its LF or CRLF, which may be missing in the last one.
   It is valid until the next call and may be written to. Returns 1, 0 at the
   end, -1 and a sentence: it has a NUL, is longer than UIDL_SOURCE_MAX_LINE, or
   can't be read. */
int uidl_source_line(struct uidl_source_reader *reader, char **line_r,
		     const char **error_r);
/* Judges the UIDL: 1 to POP3_EXT_MAX_UIDL characters 0x21-0x7E, and hands the
   record over. Returns 0, or -1 and a sentence. */
int uidl_source_found(struct uidl_source_reader *reader,
		      const struct uidl_source_record *record,
		      const char **error_r);

/* The file of a Maildir and the GUID that follows from it. Flags in the name are
   cut off. Returns 0, or -1 and a sentence: it is no name. */
int uidl_source_set_file(struct uidl_source_record *record, const char *name,
			 const char **error_r);

/* For those who import: */

/* NULL when there is none of this name. */
const struct uidl_source *uidl_source_find(const char *name);
/* The next one; NULL at the end. To begin with: NULL. */
const struct uidl_source *uidl_source_next(const struct uidl_source *source);
/* Returns 0, or -1 and a sentence that begins with file and line. The callback
   may have been called before. */
int uidl_source_read(const struct uidl_source *source, struct istream *input,
		     uidl_source_callback_t *callback, void *context,
		     const char **error_r);

/* The sources */
extern const struct uidl_source uidl_source_own;
extern const struct uidl_source uidl_source_courier;
extern const struct uidl_source uidl_source_cyrus;
extern const struct uidl_source uidl_source_cyrus_courier;
extern const struct uidl_source uidl_source_cyrus_dovecot;
extern const struct uidl_source uidl_source_cyrus_uidonly;
extern const struct uidl_source uidl_source_fetch;
extern const struct uidl_source uidl_source_list;
extern const struct uidl_source uidl_source_uidlist;
extern const struct uidl_source uidl_source_uw;
extern const struct uidl_source uidl_source_x_uidl;

/* uidl-source-own.c, the other way round: appends lines. */
void uidl_own_write_head(string_t *dest, const char *user, const char *mailbox);
void uidl_own_write_record(string_t *dest,
			   const struct uidl_source_record *record);
/* count: of the records since the head */
void uidl_own_write_end(string_t *dest, unsigned int count);

#endif
