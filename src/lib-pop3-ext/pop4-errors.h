#ifndef POP4_ERRORS_H
#define POP4_ERRORS_H

/* The first words of the text after -ERR (doc/spec/pop4.txt, "Replies").
   Clients and scripts compare them: they never change. What follows them, after
   ": ", is for people. */

#define POP4_NO_SUCH_FOLDER	"no such folder"
#define POP4_FOLDER_EXISTS	"folder exists"
#define POP4_FOLDER_IN_USE	"folder in use"
#define POP4_FOLDER_HAS_CHILDREN "folder has children"
#define POP4_BAD_FOLDER_NAME	"bad folder name"
#define POP4_NOT_PERMITTED	"not permitted"
#define POP4_NO_SUCH_MESSAGE	"no such message"
#define POP4_BAD_MESSAGE_SET	"bad message set"
#define POP4_BAD_FLAG		"bad flag"
#define POP4_NO_SUCH_PART	"no such part"
#define POP4_CANNOT_DECODE	"cannot decode"
#define POP4_OVER_QUOTA		"over quota"
#define POP4_SYNTAX		"syntax"
/* none of the client's business: [SYS/TEMP] or [SYS/PERM] says whether trying
   again makes sense */
#define POP4_SERVER_ERROR	"server error"

#endif
