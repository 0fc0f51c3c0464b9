# Copyright (C) 2026 the strongSwan cluster plugin authors
#
# SPDX-License-Identifier: GPL-2.0-or-later

# CLUSTER_VARIANTS
# ----------------
# Options of the compiler for --enable-sanitizers and --enable-fuzzing: sets
# VARIANT_CFLAGS, VARIANT_LDFLAGS, FUZZ_LDFLAGS and the conditionals
# SANITIZERS, FUZZING.
AC_DEFUN([CLUSTER_VARIANTS], [
VARIANT_CFLAGS=
VARIANT_LDFLAGS=
FUZZ_LDFLAGS=
AS_IF([test "$enable_fuzzing" = yes],
	[enable_sanitizers=yes
	 _CLUSTER_TRY_SANITIZE([fuzzer-no-link], [fuzzing needs clang with its runtime: configure with CC=clang and install libclang-rt-dev])
	 FUZZ_LDFLAGS="-fsanitize=fuzzer"])
AS_IF([test "$enable_sanitizers" = yes],
	[_CLUSTER_TRY_SANITIZE([address,undefined], [the compiler has no ASan and UBSan: install libasan and libubsan])
	 VARIANT_CFLAGS="$VARIANT_CFLAGS -fno-sanitize-recover=undefined"
	 VARIANT_CFLAGS="$VARIANT_CFLAGS -fno-omit-frame-pointer -g"],
	[# tell at link time what charon would tell at run time
	 VARIANT_LDFLAGS="-Wl,-z,defs"])
AM_CONDITIONAL([SANITIZERS], [test "$enable_sanitizers" = yes])
AM_CONDITIONAL([FUZZING], [test "$enable_fuzzing" = yes])
])

# _CLUSTER_TRY_SANITIZE(SANITIZERS, ERROR)
AC_DEFUN([_CLUSTER_TRY_SANITIZE], [
cluster_cflags=$CFLAGS
CFLAGS="$CFLAGS -fsanitize=$1"
AC_MSG_CHECKING([whether $CC takes -fsanitize=$1])
AC_LINK_IFELSE([AC_LANG_PROGRAM()], [cluster_ok=yes], [cluster_ok=no])
AC_MSG_RESULT([$cluster_ok])
CFLAGS=$cluster_cflags
AS_IF([test $cluster_ok = no], [AC_MSG_ERROR([$2])])
VARIANT_CFLAGS="$VARIANT_CFLAGS -fsanitize=$1"
VARIANT_LDFLAGS="$VARIANT_LDFLAGS -fsanitize=$1"
])
