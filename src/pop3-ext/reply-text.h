#ifndef REPLY_TEXT_H
#define REPLY_TEXT_H
const char *reply_text(const char *status, const char *code, const char *text);
#endif
