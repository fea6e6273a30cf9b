#ifndef POP3_EXT_LIMITS_H
#define POP3_EXT_LIMITS_H

/* Every size that a client can influence has its maximum here, unless it is a
   setting. */

/* RFC 2449: a reply's first line and a CAPA line, with CRLF */
#define POP3_EXT_MAX_REPLY_LINE 512

/* A line of a message, without CRLF. Longer than the 998 of RFC 5322, because
   clients that know no limit are common, but a line must fit into memory. */
#define POP3_EXT_MAX_LINE_SIZE (64*1024)
/* The whole header of a message, all lines with their CRLF */
#define POP3_EXT_MAX_HEADER_SIZE (256*1024)
/* What pop3_ext_xmit_max_recipients may be at most. lib-smtp takes 10 KB for
   each recipient until the message has ended; and relays take no more at once
   (Postfix: 1000). */
#define POP3_EXT_MAX_RECIPIENTS 1000
/* Received lines of a message before it counts as looping */
#define POP3_EXT_MAX_RECEIVED 50

/* An address as it is written into an SMTP command, without <>. RFC 5321 says
   64 for the local part and 255 for the domain, some list software has longer
   local parts: the sum is what must fit into a command line. */
#define POP3_EXT_MAX_ADDRESS (64+1+255)
#define POP3_EXT_MAX_DOMAIN 255
/* Header fields that are looked at for an envelope, and length of their names */
#define POP3_EXT_MAX_ENVELOPE_HEADERS 8
#define POP3_EXT_MAX_HEADER_NAME 78
/* Value of such a field, unfolded: an address and its comments. Lists of them
   are no envelope. */
#define POP3_EXT_MAX_ENVELOPE_VALUE 1024
/* Text of a message that is quoted in a reply or in a Received line */
#define POP3_EXT_MAX_QUOTED_TEXT 100

/* Messages that a view leaves out because they can't be read. When there are
   more it is the storage that is broken, and the login is refused. */
#define POP3_EXT_MAX_VIEW_UNREADABLE 100

/* A login name with what is added to it, and its pieces */
#define POP3_EXT_MAX_LOGIN_NAME 1024
#define POP3_EXT_MAX_LOGIN_ACCOUNT 64
#define POP3_EXT_MAX_LOGIN_FOLDER 255

/* Passing on a message, or reading the rest of one that is not wanted any more:
   after so many octets the other connections of the process get their turn. */
#define POP3_EXT_MAX_DRAIN_STEP (256*1024)

/* Octets that a relay may send before it is asked for something new: one reply,
   or all of greeting, TLS and login. A handshake with a long chain of
   certificates and names of CAs is the largest of these. */
#define POP3_EXT_MAX_RELAY_INPUT (256*1024)
/* The text of one reply of a relay, all its lines */
#define POP3_EXT_MAX_RELAY_REPLY (16*1024)
/* What is said about refused recipients; the client sees a line of it. */
#define POP3_EXT_MAX_REFUSED_TEXT 1024

/* KPOP, before anybody has logged in: a version string, and a ticket. Tickets
   of Active Directory can be as large as 48,000 octets. */
#define POP3_EXT_MAX_KPOP_VERSION 64
#define POP3_EXT_MAX_KPOP_TICKET (64*1024)
/* So many octets of a ticket go to the auth process at once: its lines are
   limited to 16 KiB, and BASE64 adds a third. */
#define POP3_EXT_MAX_KPOP_PART (8*1024)
/* After its ticket a KPOP client has so many seconds to say who it is. The host
   ends connections that have not logged in after 180. */
#define POP3_EXT_MAX_KPOP_TOKEN_SECS 200

/* A question to the service pop3-ext-pam, and its answer: the line, the name of
   a PAM service, the text of the answer, and the longest time-out in seconds. */
#define POP3_EXT_MAX_PAM_LINE 4096
#define POP3_EXT_MAX_PAM_SERVICE 64
#define POP3_EXT_MAX_PAM_TEXT 300
#define POP3_EXT_MAX_PAM_SECS 30
/* Who connects to it has so many seconds to ask. */
#define POP3_EXT_MAX_PAM_IDLE_SECS 5
/* Files of PAM's configuration inside each other, as PAM itself has it, and the
   size of a line */
#define POP3_EXT_MAX_PAM_INCLUDES 16
#define POP3_EXT_MAX_PAM_CONFIG_LINE (16*1024)

/* How long a client may take to send one message, in seconds, however busy it
   looks */
#define POP3_EXT_MAX_UPLOAD_SECS (4*60*60)

/* POP4: a command line, with CRLF, and the levels of a folder's name */
#define POP4_MAX_COMMAND_LINE 1024
#define POP4_MAX_FOLDER_DEPTH 100
/* POP4: ranges of one message set, flags of one list */
#define POP4_MAX_RANGES 1000
#define POP4_MAX_FLAGS 100

/* POP4: a word of a part in LPRT, such as a file's name, before it is quoted */
#define POP4_MAX_PART_FIELD 1024
/* POP4: counting or sending a part. After so many octets the other connections
   of the process get their turn. */
#define POP4_MAX_PART_STEP (256*1024)

/* A unique-id that pop3_uidl keeps. RFC 1939 says 70, but what stock Dovecot
   has shown (an X-UIDL line, say) may be longer. */
#define POP3_EXT_MAX_UIDL 1000
/* ... and one that it makes itself */
#define POP3_EXT_MAX_NEW_UIDL 70
/* So many messages more than there are may be gone, or a quarter of the slots if
   that is more, until all but what is needed to know them again is forgotten */
#define POP3_EXT_UIDL_MIN_GONE 1000
/* Messages that are read to be recognised: after so many octets the other
   connections of the process get their turn. */
#define POP3_EXT_UIDL_MAX_READ_STEP (1024*1024)
/* Lists of UIDLs that are imported: a line */
#define UIDL_SOURCE_MAX_LINE (64*1024)
/* ... and of a running server what it sends of one message, all of it if TOP
   means that to it */
#define UIDL_POP3_MAX_TOP (128*1024*1024)

/* How long the selected folder stays open for the next STOR */
#define POP4_KEEP_TARGET_MSECS 5000

/* What the client program pop4 takes of a URL, and of a server: */
#define POP_URL_MAX_SIZE 1024
/* RFC 4422 */
#define POP_URL_MAX_MECHANISM 20
/* Line of a reply or list: a folder or file name of the longest kind, quoted */
#define POP4_CLIENT_MAX_LINE (16*1024)
/* What is read from the server, or sent to it, at once */
#define POP4_CLIENT_MAX_INPUT (64*1024)
/* Lines of a list: more messages or folders than any mailbox has. And octets of
   all its lines: what has to be joined or matched is kept in memory. */
#define POP4_CLIENT_MAX_LINES (1000*1000)
#define POP4_CLIENT_MAX_LIST (256*1024*1024)
/* Attributes of a folder, flags of a message, arguments of a capability */
#define POP4_CLIENT_MAX_WORDS 256
/* Capabilities */
#define POP4_CLIENT_MAX_CAPA 256
/* Steps of a login mechanism */
#define POP4_CLIENT_MAX_AUTH_STEPS 16
/* A password, or what takes its place */
#define POP4_CLIENT_MAX_PASSWORD 8192

#endif
