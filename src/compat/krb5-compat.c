/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"

#include <krb5.h>

#include "krb5-compat.h"

#ifdef KRB5_GENERAL__

/* RFC 4120, section 7.5.9 */
#define KRB_ERROR_CODES 128

krb5_error_code
krb5_compat_mk_error(krb5_context ctx, krb5_error_code code, const char *text,
		     krb5_principal server, krb5_data *reply_r)
{
	krb5_error error;

	i_zero(&error);
	if (code < ERROR_TABLE_BASE_krb5 ||
	    code >= ERROR_TABLE_BASE_krb5 + KRB_ERROR_CODES)
		code = KRB5KRB_ERR_GENERIC;
	error.error = code - ERROR_TABLE_BASE_krb5;
	error.server = server;
	/* like recvauth, with the NUL */
	error.text.length = strlen(text) + 1;
	error.text.data = t_strdup_noconst(text);
	(void)krb5_us_timeofday(ctx, &error.stime, &error.susec);
	return krb5_mk_error(ctx, &error, reply_r);
}

#else

krb5_error_code
krb5_compat_mk_error(krb5_context ctx, krb5_error_code code, const char *text,
		     krb5_principal server, krb5_data *reply_r)
{
	return krb5_mk_error(ctx, code, text, NULL, NULL, server, NULL, NULL,
			     reply_r);
}

#endif
