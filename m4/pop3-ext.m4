dnl pop3-ext.m4 - what configure asks of the machine, beside dovecot.m4

# POP3_EXT_FIND_DOVECOT
# ---------------------
# A plain ./configure finds Debian's dovecot-config without being told.
AC_DEFUN([POP3_EXT_FIND_DOVECOT], [
  AS_IF([test "${with_dovecot+set}" != set], [
    for pop3_ext_dir in "$prefix/lib/dovecot" /usr/local/lib/dovecot /usr/lib/dovecot; do
      AS_IF([test -f "$pop3_ext_dir/dovecot-config"], [
        with_dovecot=$pop3_ext_dir
        break
      ])
    done
  ])
])

# POP3_EXT_WARNINGS
# -----------------
# dovecot.m4 of Dovecot 2.3 puts its flags into CFLAGS, later ones into
# AM_CFLAGS; both are used. LTO of the host's build is not wanted in modules.
AC_DEFUN([POP3_EXT_WARNINGS], [
  AC_ARG_ENABLE([werror],
    AS_HELP_STRING([--enable-werror], [Treat compiler warnings as errors (default: no)]))
  # A pointer that does not fit is never a warning: it may be a function of
  # Dovecot's that has changed.
  pop3_ext_save_CFLAGS=$CFLAGS
  for pop3_ext_flag in incompatible-pointer-types incompatible-function-pointer-types int-conversion implicit-function-declaration; do
    CFLAGS="$pop3_ext_save_CFLAGS -Werror -Werror=$pop3_ext_flag"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [AM_CFLAGS="$AM_CFLAGS -Werror=$pop3_ext_flag"])
  done
  CFLAGS=$pop3_ext_save_CFLAGS
  AM_CFLAGS="$AM_CFLAGS -Wall -Wextra -Wmissing-prototypes -Wmissing-declarations -Wpointer-arith -Wformat=2"
  AS_IF([test "x$enable_werror" = xyes], [AM_CFLAGS="$AM_CFLAGS -Werror"])
  AC_SUBST([AM_CFLAGS])
])

# POP3_EXT_SANITIZERS
# -------------------
AC_DEFUN([POP3_EXT_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    AS_HELP_STRING([--enable-sanitizers], [Build with AddressSanitizer and UndefinedBehaviorSanitizer (default: no)]))
  pop3_ext_sanitizers=no
  AS_IF([test "x$enable_sanitizers" = xyes], [
    pop3_ext_sanitizers="address undefined"
    AM_CFLAGS="$AM_CFLAGS -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -U_FORTIFY_SOURCE"
    # clang's check of function types does not know the host's casts of
    # callbacks; gcc has no such check.
    pop3_ext_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -fsanitize=undefined -fno-sanitize=function -Werror"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
      [AM_CFLAGS="$AM_CFLAGS -fno-sanitize=function"])
    CFLAGS="$pop3_ext_save_CFLAGS -fsanitize=address,undefined"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()], [], [AC_MSG_ERROR([the compiler has no sanitizers])])
    CFLAGS=$pop3_ext_save_CFLAGS
    SANITIZER_LDFLAGS="-fsanitize=address,undefined"
  ])
  AC_SUBST([SANITIZER_LDFLAGS])
  AM_CONDITIONAL([SANITIZERS], [test "x$enable_sanitizers" = xyes])
])

# POP3_EXT_COVERAGE
# -----------------
# The flags go behind those of CFLAGS, which optimize: what the optimizer joins or
# leaves out cannot be counted. Fortified functions need it.
AC_DEFUN([POP3_EXT_COVERAGE], [
  AC_ARG_ENABLE([coverage],
    AS_HELP_STRING([--enable-coverage], [Build for `make coverage' (default: no)]))
  AS_IF([test "x$enable_coverage" = xyes], [
    CFLAGS="$CFLAGS -U_FORTIFY_SOURCE -O0 --coverage"
    SANITIZER_LDFLAGS="$SANITIZER_LDFLAGS --coverage"
  ])
  AM_CONDITIONAL([COVERAGE], [test "x$enable_coverage" = xyes])
])

# POP3_EXT_API_UNKNOWN
# --------------------
AC_DEFUN([POP3_EXT_API_UNKNOWN], [
  AC_MSG_ERROR([Dovecot $pop3_ext_host_version has a form of $pop3_ext_missing that pop3-ext does not know; see doc/PORTING.md, "A new version"])
])

# POP3_EXT_HOST_API
# -----------------
# Which forms the host's private interfaces have (host-api.m4); no version number
# decides.
AC_DEFUN([POP3_EXT_HOST_API], [
  AC_ARG_VAR([DOVECOT_INCLUDES], [include flags of the Dovecot host])
  # A folder of -I cannot do that: auth-request.h looks beside itself first.
  AC_ARG_WITH([dovecot-source],
    AS_HELP_STRING([--with-dovecot-source=DIR], [Source of Dovecot 2.4.2 to 2.4.4, whose installation lacks a header that the modules of the auth process need]),
    [DOVECOT_AUTH_INCLUDES="-include lib.h -I$with_dovecot_source/src/lib-sasl -include $with_dovecot_source/src/lib-sasl/sasl-server.h"])
  AC_SUBST([DOVECOT_AUTH_INCLUDES])
  DOVECOT_INCLUDES="$LIBDOVECOT_INCLUDE $LIBDOVECOT_STORAGE_INCLUDE $LIBDOVECOT_POP3_INCLUDE"
  pop3_ext_save_CPPFLAGS=$CPPFLAGS
  CPPFLAGS="$pop3_ext_save_CPPFLAGS -w -DHAVE_CONFIG_H $DOVECOT_INCLUDES"
  AC_MSG_CHECKING([the Dovecot version of the headers])
  pop3_ext_host_version=`echo 'pop3_ext_version: DOVECOT_VERSION' | \
    $CPP $CPPFLAGS -include config.h - 2>/dev/null | \
    $SED -n 's/^pop3_ext_version: "\(.*\)"$/\1/p'`
  AC_MSG_RESULT([${pop3_ext_host_version:-unknown}])
  AS_IF([test -z "$pop3_ext_host_version"],
    [AC_MSG_ERROR([Dovecot's headers were not found: install dovecot-dev, or name the folder of dovecot-config by --with-dovecot])])
  # Another Dovecot or another table: what is cached says nothing of it.
  pop3_ext_host_id="$pop3_ext_host_version $DOVECOT_INCLUDES $DOVECOT_AUTH_INCLUDES `cksum <"$as_myself"`"
  AS_IF([test "x$pop3_ext_cv_host_id" != "x$pop3_ext_host_id"], [AS_UNSET([pop3_ext_cv_host_api])])
  pop3_ext_cv_host_id=$pop3_ext_host_id
  AC_CACHE_CHECK([the forms of its private interfaces], [pop3_ext_cv_host_api], [
    pop3_ext_cv_host_api= pop3_ext_cv_host_kpop_lacks=
    m4_foreach_w([pop3_ext_table], [lib settings pop3 doveadm],
      [POP3_EXT_API(pop3_ext_table, [POP3_EXT_API_UNKNOWN])])
    POP3_EXT_API([login], [pop3_ext_cv_host_kpop_lacks=$pop3_ext_missing])
    CPPFLAGS="$pop3_ext_save_CPPFLAGS -w -DHAVE_CONFIG_H $DOVECOT_AUTH_INCLUDES $DOVECOT_INCLUDES"
    POP3_EXT_API([auth], [
      AS_IF([test $pop3_ext_missing = sasl-server.h],
        [AC_MSG_ERROR([Dovecot $pop3_ext_host_version was installed without lib-sasl's sasl-server.h, another header has its name: unpack its source and say --with-dovecot-source=DIR])])
      POP3_EXT_API_UNKNOWN])
    POP3_EXT_API([mech], [pop3_ext_cv_host_kpop_lacks=$pop3_ext_missing])
  ])
  CPPFLAGS=$pop3_ext_save_CPPFLAGS
  for pop3_ext_macro in $pop3_ext_cv_host_api; do
    AC_DEFINE_UNQUOTED([$pop3_ext_macro])
  done
  AS_CASE([" $pop3_ext_cv_host_api "],
    [*" HOST_2_4 "*], [pop3_ext_host_series=2.4], [pop3_ext_host_series=2.3])
  AC_SUBST([pop3_ext_host_series])
  AM_CONDITIONAL([HOST_2_4], [test "$pop3_ext_host_series" = 2.4])
  AM_CONDITIONAL([HOST_LIB_SASL], [AS_CASE([" $pop3_ext_cv_host_api "], [*" HOST_LIB_SASL "*], [:], [false])])
])

# POP3_EXT_OPENSSL, POP3_EXT_PAM, POP3_EXT_KRB5
# ---------------------------------------------
AC_DEFUN([POP3_EXT_OPENSSL], [
  AC_CHECK_HEADER([openssl/evp.h], [pop3_ext_have_openssl=yes],
    [AC_MSG_ERROR([openssl/evp.h not found: install libssl-dev])])
])

AC_DEFUN([POP3_EXT_PAM], [
  AC_ARG_WITH([pam],
    AS_HELP_STRING([--with-pam=yes|no|auto], [PAM decides who may send (default: auto)]),
    [], [with_pam=auto])
  pop3_ext_have_pam=no
  AS_IF([test "x$with_pam" != xno], [
    AC_CHECK_HEADER([security/pam_appl.h], [pop3_ext_have_pam=yes], [
      AS_IF([test "x$with_pam" = xyes], [AC_MSG_ERROR([security/pam_appl.h not found: install libpam0g-dev])])
    ])
  ])
  AS_IF([test $pop3_ext_have_pam = yes], [PAM_LIBS=-lpam], [PAM_LIBS=])
  AC_SUBST([PAM_LIBS])
  AM_CONDITIONAL([HAVE_PAM], [test $pop3_ext_have_pam = yes])
])

AC_DEFUN([POP3_EXT_KRB5], [
  AC_ARG_WITH([krb5],
    AS_HELP_STRING([--with-krb5=yes|no|auto], [MIT Kerberos 5, for KPOP (default: auto)]),
    [], [with_krb5=auto])
  AC_ARG_VAR([KRB5CONFIG], [krb5-config of the MIT Kerberos to use])
  AC_PATH_PROG([KRB5CONFIG], [krb5-config])
  pop3_ext_have_krb5=no
  AS_IF([test "x$with_krb5" != xno], [
    AS_IF([test -n "$KRB5CONFIG"], [
      KRB5_CPPFLAGS=`$KRB5CONFIG --cflags krb5`
      # Not what the library itself needs
      KRB5_LIBS=`$KRB5CONFIG --libs krb5 | $SED 's/-l@<:@^ @:>@*//g'`
    ])
    KRB5_LIBS="$KRB5_LIBS -lkrb5"
    pop3_ext_save_CPPFLAGS=$CPPFLAGS
    CPPFLAGS="$CPPFLAGS $KRB5_CPPFLAGS"
    AC_CHECK_HEADER([krb5.h], [
      # Heimdal's ticket has the client in another place.
      AC_CHECK_MEMBER([krb5_ticket.enc_part2], [pop3_ext_have_krb5=yes],
        [pop3_ext_have_krb5="no (MIT only)"], [[#include <krb5.h>]])
    ])
    AS_CASE([$with_krb5:$pop3_ext_have_krb5],
      [yes:no], [AC_MSG_ERROR([krb5.h not found: install libkrb5-dev])],
      [yes:no*], [AC_MSG_ERROR([KPOP needs MIT Kerberos (MIT only): set KRB5CONFIG to the krb5-config of MIT])])
    CPPFLAGS=$pop3_ext_save_CPPFLAGS
  ])
  AS_IF([test $pop3_ext_have_krb5 = yes && test -n "$pop3_ext_cv_host_kpop_lacks"], [
    pop3_ext_have_krb5="no: Dovecot $pop3_ext_host_version has no $pop3_ext_cv_host_kpop_lacks that KPOP knows"
    AS_IF([test "x$with_krb5" = xyes], [AC_MSG_ERROR([$pop3_ext_have_krb5])])
  ])
  AC_SUBST([KRB5_CPPFLAGS])
  AC_SUBST([KRB5_LIBS])
  AM_CONDITIONAL([HAVE_KRB5], [test "$pop3_ext_have_krb5" = yes])
])
