# Copyright (C) 2026 the strongSwan cluster plugin authors
#
# SPDX-License-Identifier: GPL-2.0-or-later

# CLUSTER_STRONGSWAN
# ------------------
# Find the installed strongSwan and headers that match it.  Sets and
# substitutes ipsec_dir, strongswan_version, strongswan_headers; sets
# strongswan_me, strongswan_plugindir, strongswan_confdir.
AC_DEFUN([CLUSTER_STRONGSWAN], [
_CLUSTER_IPSEC_DIR
_CLUSTER_VERSION
_CLUSTER_PATHS
_CLUSTER_ME
_CLUSTER_HEADERS
AC_SUBST([ipsec_dir])
AC_SUBST([strongswan_version])
AC_SUBST([strongswan_headers])
])

# Directory of libcharon.
AC_DEFUN([_CLUSTER_IPSEC_DIR], [
AC_ARG_WITH([ipsec-dir],
	[AS_HELP_STRING([--with-ipsec-dir=DIR],
		[directory of the installed libcharon.so.0 (default: searched)])],
	[], [with_ipsec_dir=no])
AC_MSG_CHECKING([for libcharon])
ipsec_dir=
AS_CASE([$with_ipsec_dir],
	[no|yes|''],
		[cluster_dirs="/usr/lib/ipsec /usr/libexec/ipsec /usr/lib64/ipsec"
		 cluster_dirs="$cluster_dirs /usr/lib/*/ipsec /usr/local/lib/ipsec"
		 cluster_dirs="$cluster_dirs /usr/lib/strongswan"
		 cluster_dirs="$cluster_dirs /usr/lib64/strongswan"],
	[cluster_dirs=$with_ipsec_dir])
for cluster_dir in $cluster_dirs; do
	AS_IF([test -e "$cluster_dir/libcharon.so.0"],
		[ipsec_dir=$cluster_dir; break])
done
AC_MSG_RESULT([${ipsec_dir:-no}])
AS_IF([test -z "$ipsec_dir"],
	[AC_MSG_ERROR([no libcharon.so.0 in $cluster_dirs: install strongSwan (on Debian: charon-systemd), or name its directory by --with-ipsec-dir=DIR])])
])

# Version of the installed strongSwan.  A daemon isn't run to ask it (some
# don't know --version and start), its files tell.
AC_DEFUN([_CLUSTER_VERSION], [
AC_MSG_CHECKING([for the version of the installed strongSwan])
strongswan_version=`"$srcdir/scripts/get-strongswan-headers" --installed-version --ipsec-dir="$ipsec_dir"`
AC_MSG_RESULT([${strongswan_version:-unknown}])
AS_IF([test -z "$strongswan_version"],
	[AC_MSG_ERROR([the version of the strongSwan in $ipsec_dir is not known, because neither charon, charon-systemd, swanctl nor the vici plugin are installed: install charon-systemd])])
])

# Directories compiled into libstrongswan.
AC_DEFUN([_CLUSTER_PATHS], [
AC_MSG_CHECKING([for the directory of charon's plugins])
strongswan_plugindir=$ipsec_dir/plugins
AS_IF([test ! -d "$strongswan_plugindir"],
	[strongswan_plugindir=`tr '\000' '\012' <"$ipsec_dir/libstrongswan.so.0" |
		LC_ALL=C grep -a '^/.*/plugins$' | head -n 1`])
AC_MSG_RESULT([${strongswan_plugindir:-no}])
AS_IF([test -z "$strongswan_plugindir"],
	[AC_MSG_ERROR([the directory of charon's plugins was not found, name it by --with-plugindir=DIR])])
AC_MSG_CHECKING([for the directory of charon's configuration])
strongswan_confdir=`tr '\000' '\012' <"$ipsec_dir/libstrongswan.so.0" |
	LC_ALL=C grep -a '^/.*/strongswan\.conf$' | head -n 1`
strongswan_confdir=`AS_DIRNAME(["${strongswan_confdir:-/etc/strongswan.conf}"])`/strongswan.d
AC_MSG_RESULT([$strongswan_confdir])
])

# The one macro that changes the layout of public structs: libcharon has the
# mediation extension or not.
AC_DEFUN([_CLUSTER_ME], [
AC_MSG_CHECKING([whether libcharon has mediation (ME)])
strongswan_me=no
AS_IF([LC_ALL=C grep -aq 'mediation_manager_create' "$ipsec_dir/libcharon.so.0"],
	[strongswan_me=yes])
AC_MSG_RESULT([$strongswan_me])
])

# Headers of the same version, configured the same way.
AC_DEFUN([_CLUSTER_HEADERS], [
AC_ARG_WITH([strongswan-headers],
	[AS_HELP_STRING([--with-strongswan-headers=DIR],
		[strongSwan's headers and config.h, made by
		 scripts/get-strongswan-headers (default: strongswan-headers in the
		 build or source directory)])],
	[], [with_strongswan_headers=no])
AC_MSG_CHECKING([for the headers of strongSwan $strongswan_version])
AS_CASE([$with_strongswan_headers],
	[no|yes|''], [cluster_dirs="strongswan-headers $srcdir/strongswan-headers"],
	[cluster_dirs=$with_strongswan_headers])
strongswan_headers=
for cluster_dir in $cluster_dirs; do
	AS_IF([test -f "$cluster_dir/config.h" &&
		   test -f "$cluster_dir/src/libcharon/daemon.h" &&
		   test -f "$cluster_dir/src/libstrongswan/library.h"],
		[strongswan_headers=`cd "$cluster_dir" && pwd`; break])
done
AC_MSG_RESULT([${strongswan_headers:-no}])
cluster_get="get them by: $srcdir/scripts/get-strongswan-headers"
AS_IF([test -z "$strongswan_headers"],
	[AC_MSG_ERROR([strongSwan's headers (config.h, src/libstrongswan, src/libcharon) are not in $cluster_dirs: $cluster_get])])
cluster_version=`$SED -n 's/^#define VERSION "\(.*\)"$/\1/p' "$strongswan_headers/config.h"`
AS_IF([test "$cluster_version" != "$strongswan_version"],
	[AC_MSG_ERROR([the headers in $strongswan_headers are of strongSwan ${cluster_version:-unknown}, but $strongswan_version is installed in $ipsec_dir: $cluster_get])])
cluster_me=no
AS_IF([grep -q '^#define ME\>' "$strongswan_headers/config.h"],
	[cluster_me=yes])
AS_IF([test $cluster_me != $strongswan_me],
	[AC_MSG_ERROR([the headers in $strongswan_headers were configured with mediation (ME): $cluster_me, the installed libcharon with: $strongswan_me; $cluster_get])])
AS_IF([test ! -f "$strongswan_headers/src/libcharon/plugins/vici/libvici.h"],
	[AC_MSG_ERROR([vici's headers are missing in $strongswan_headers: $cluster_get])])
])
