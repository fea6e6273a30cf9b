#include "lib.h"
#include "reply-text.h"
const char *reply_text(const char *status, const char *code, const char *text)
{ return code == NULL ? t_strdup_printf("%s %s", status, text) : t_strdup_printf("%s [%s] %s", status, code, text); }
