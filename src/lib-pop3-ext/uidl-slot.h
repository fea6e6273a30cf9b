#ifndef UIDL_SLOT_H
#define UIDL_SLOT_H

/* The octets of the UIDL store (doc/spec/uidl-store.txt): slots and the head.
   Pure: no files, no dict. */

#define UIDL_STORE_VERSION 1
#define UIDL_SLOT_SIZE 40
#define UIDL_HEAD_SIZE 64
#define UIDL_STORE_ID_SIZE 16
#define UIDL_DIGEST_SIZE 12
#define UIDL_SIZE_UNKNOWN ((uint32_t)-1)

/* octets of text in a text slot and in a template */
#define UIDL_TEXT_SLOT_SIZE 38
#define UIDL_TEMPLATE_TEXT_SIZE 30
#define UIDL_MAX_TEMPLATES 250
#define UIDL_BASE_UNIT 128

enum uidl_slot_type {
	UIDL_SLOT_MESSAGE = 1,
	UIDL_SLOT_TEXT = 2,
	UIDL_SLOT_TEMPLATE = 3,
	UIDL_SLOT_GONE = 4,
};

/* Messages that are gone in one slot */
#define UIDL_GONE_IN_SLOT 3
/* Instead of a template: only the text's hash is known */
#define UIDL_GONE_HASHED 255

enum uidl_head_flags {
	/* every message that was there when the plugin was switched on has its
	   slot: from now on a new text has to be one that was never used */
	UIDL_HEAD_FLAG_COMPLETE = 0x01,
	/* there are slots of messages that are gone */
	UIDL_HEAD_FLAG_GONE = 0x02,
};

struct uidl_head {
	unsigned char store_id[UIDL_STORE_ID_SIZE];
	/* which of two heads is the newer one */
	uint32_t sequence;
	uint32_t slots, messages;
	/* slots before this one, a multiple of UIDL_BASE_UNIT, do not exist any
	   more */
	uint32_t base;
	/* slot of the last template plus 1, or 0 */
	uint32_t last_template;
	uint32_t flags;
	uint64_t chain;
};

struct uidl_message_slot {
	/* 0: the text is in the slots after this one */
	uint8_t template_num;
	uint16_t text_len;
	uint32_t text_hash;
	uint32_t number;
	unsigned char guid[UIDL_DIGEST_SIZE];
	unsigned char content[UIDL_DIGEST_SIZE];
	uint32_t size;
};

/* What is remembered of a message that is gone. */
struct uidl_gone {
	uint8_t template_num;
	uint32_t number;
	/* beginning of the content's digest, 0: not known; or with
	   UIDL_GONE_HASHED the text's hash */
	uint64_t key;
};

/* A text with a number in it: text[0..pos) number text[pos..len) */
struct uidl_template {
	uint8_t num;
	bool hex;
	uint8_t pos, len;
	/* slot of the template before it plus 1, or 0 */
	uint32_t prev;
	char text[UIDL_TEMPLATE_TEXT_SIZE];
};

void uidl_head_write(const struct uidl_head *head,
		     unsigned char dest[UIDL_HEAD_SIZE]);
/* Returns 0, or -1 and a sentence without a subject, such as "is damaged"; -2
   when it is intact, but of a newer version. */
int uidl_head_read(const unsigned char *data, size_t size,
		   struct uidl_head *head_r, const char **error_r);

void uidl_message_write(const struct uidl_message_slot *msg,
			unsigned char dest[UIDL_SLOT_SIZE]);
/* FALSE when it is not a message. */
bool uidl_message_read(const unsigned char src[UIDL_SLOT_SIZE],
		       struct uidl_message_slot *msg_r);

/* Text of any length in as many slots as it needs. */
unsigned int uidl_text_slots(size_t len);
void uidl_text_write(const char *text, size_t len, buffer_t *dest);
/* Appends the text of len octets whose first slot is at src. FALSE when the
   available slots do not hold it. */
bool uidl_text_read(const unsigned char *src, unsigned int available,
		    size_t len, string_t *dest);

/* Up to UIDL_GONE_IN_SLOT of them. */
void uidl_gone_write(const struct uidl_gone *gone, unsigned int count,
		     unsigned char dest[UIDL_SLOT_SIZE]);
/* FALSE: it is not such a slot, or has none at this place. */
bool uidl_gone_read(const unsigned char src[UIDL_SLOT_SIZE], unsigned int idx,
		    struct uidl_gone *gone_r);
/* The key of this content. */
uint64_t uidl_gone_content(const unsigned char content[UIDL_DIGEST_SIZE]);

void uidl_template_write(const struct uidl_template *tmpl,
			 unsigned char dest[UIDL_SLOT_SIZE]);
bool uidl_template_read(const unsigned char src[UIDL_SLOT_SIZE],
			struct uidl_template *tmpl_r);

/* Finds a template that makes this text of this number. FALSE: none. */
bool uidl_template_find(const char *text, uint32_t number,
			struct uidl_template *tmpl_r);
void uidl_template_expand(const struct uidl_template *tmpl, uint32_t number,
			  string_t *dest);
bool uidl_template_makes(const struct uidl_template *tmpl, uint32_t number,
			 const char *text);

uint64_t uidl_text_hash_long(const char *text);
/* Its lower half */
uint32_t uidl_text_hash(const char *text);
/* Goes on with the chain over count slots. */
uint64_t uidl_chain(uint64_t chain, const unsigned char *slots,
		    unsigned int count);

#endif
