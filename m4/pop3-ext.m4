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
AC_DEFUN([POP3_EXT_COVERAGE], [
  AC_ARG_ENABLE([coverage],
    AS_HELP_STRING([--enable-coverage], [Build for `make coverage' (default: no)]))
  AS_IF([test "x$enable_coverage" = xyes], [
    AM_CFLAGS="$AM_CFLAGS --coverage -O0"
    SANITIZER_LDFLAGS="$SANITIZER_LDFLAGS --coverage"
  ])
])

# POP3_EXT_HOST_API
# -----------------
# Which of the two big differences (plugin settings, command loop) the host
# has. Everything smaller is decided in src/compat/dovecot-compat.h.
AC_DEFUN([POP3_EXT_HOST_API], [
  AC_ARG_VAR([DOVECOT_INCLUDES], [include flags of the Dovecot host])
  DOVECOT_INCLUDES="$LIBDOVECOT_INCLUDE $LIBDOVECOT_STORAGE_INCLUDE $LIBDOVECOT_POP3_INCLUDE"
  pop3_ext_save_CPPFLAGS=$CPPFLAGS
  CPPFLAGS="$CPPFLAGS -DHAVE_CONFIG_H $DOVECOT_INCLUDES"
  AC_MSG_CHECKING([the Dovecot version of the headers])
  pop3_ext_host_version=`echo 'pop3_ext_version: DOVECOT_VERSION' | \
    $CPP $CPPFLAGS -include config.h - 2>/dev/null | \
    $SED -n 's/^pop3_ext_version: "\(.*\)"$/\1/p'`
  AC_MSG_RESULT([${pop3_ext_host_version:-unknown}])
  AS_CASE([$pop3_ext_host_version],
    [2.3.19*|2.3.2*], [pop3_ext_host_series=2.3],
    [2.4.*], [pop3_ext_host_series=2.4],
    [AC_MSG_ERROR([Dovecot "$pop3_ext_host_version" is not one of the supported versions (2.3.19 to 2.4.x)])])
  AC_SUBST([pop3_ext_host_series])
  AM_CONDITIONAL([HOST_2_4], [test "$pop3_ext_host_series" = 2.4])
  # Mechanisms of the auth process: mech.h until 2.4.1, then lib-sasl
  AC_PREPROC_IFELSE([AC_LANG_SOURCE([[#include <sasl-server-protected.h>]])],
    [pop3_ext_host_lib_sasl=yes], [pop3_ext_host_lib_sasl=no])
  AM_CONDITIONAL([HOST_LIB_SASL], [test "$pop3_ext_host_lib_sasl" = yes])
  CPPFLAGS=$pop3_ext_save_CPPFLAGS
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
  AC_SUBST([KRB5_CPPFLAGS])
  AC_SUBST([KRB5_LIBS])
  AM_CONDITIONAL([HAVE_KRB5], [test "$pop3_ext_have_krb5" = yes])
])
