#ifndef KRB5_COMPAT_H
#define KRB5_COMPAT_H

/* Public things of Kerberos 5 that MIT and Heimdal have in different forms.
   Include after <krb5.h>. */

/* MIT has no name for them, Heimdal does not show what is inside. */
#ifdef KRB5_GENERAL__
#  define krb5_compat_ticket_client(ticket) ((ticket)->enc_part2->client)
#  define krb5_compat_free_name(ctx, name) krb5_free_unparsed_name(ctx, name)
#  define krb5_compat_free_data(ctx, data) krb5_free_data_contents(ctx, data)
#else
#  define krb5_compat_ticket_client(ticket) ((ticket)->client)
#  define krb5_compat_free_name(ctx, name) \
	((void)(ctx), krb5_xfree(name))
#  define krb5_compat_free_data(ctx, data) \
	((void)(ctx), krb5_data_free(data))
#endif

/* The KRB-ERROR that tells a client why its ticket was refused. *reply_r is
   freed by krb5_compat_free_data(). */
krb5_error_code
krb5_compat_mk_error(krb5_context ctx, krb5_error_code code, const char *text,
		     krb5_principal server, krb5_data *reply_r);

#endif
