# Copyright (C) 2026 the strongSwan cluster plugin authors
#
# SPDX-License-Identifier: GPL-2.0-or-later

# CLUSTER_FEATURES
# ----------------
# Test which of the differences between releases, carried by
# src/compat/compat.h, the headers have.  Adds to CLUSTER_CPPFLAGS.
AC_DEFUN([CLUSTER_FEATURES], [
cluster_cppflags=$CPPFLAGS
cluster_cflags=$CFLAGS
CPPFLAGS="$CPPFLAGS $CLUSTER_CPPFLAGS"
# both config.h and the tests define PACKAGE
CFLAGS="$CFLAGS -std=gnu11 -w"
# that they can be used at all; all tests below would fail otherwise
AC_MSG_CHECKING([whether strongSwan's headers can be compiled])
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([_CLUSTER_INCLUDES])], [cluster_ok=yes],
	[cluster_ok=no])
AC_MSG_RESULT([$cluster_ok])
AS_IF([test $cluster_ok = no],
	[AC_MSG_ERROR([the headers in $strongswan_headers can't be compiled (see config.log): $cluster_get])])
_CLUSTER_FEATURE([PEER_CFG_HAS_OPTION], [options of a peer_cfg_t],
	[((peer_cfg_t*)0)->has_option((peer_cfg_t*)0, OPT_NO_MOBIKE);])
_CLUSTER_FEATURE([CHILD_SA_CREATE_CPU], [CPUs of a child_sa_create_t],
	[child_sa_create_t data = { .cpu = CPU_ID_MAX }; (void)data;])
_CLUSTER_FEATURE([CHILD_CFG_SELECT_TS], [select_traffic_selectors()],
	[((child_cfg_t*)0)->select_traffic_selectors((child_cfg_t*)0, TRUE, (linked_list_t*)0, (linked_list_t*)0);])
_CLUSTER_FEATURE([GET_PROPOSALS_LOG], [get_proposals() with log argument],
	[((child_cfg_t*)0)->get_proposals((child_cfg_t*)0, TRUE, FALSE);])
_CLUSTER_FEATURE([PRIVATE_MARKERS], [markers of private flags],
	[(void)EXT_PRIVATE_MARKER; (void)COND_PRIVATE_MARKER;])
CPPFLAGS=$cluster_cppflags
CFLAGS=$cluster_cflags
])

AC_DEFUN([_CLUSTER_INCLUDES], [[
#include <daemon.h>
#include <config/peer_cfg.h>
#include <config/child_cfg.h>
#include <sa/ike_sa.h>
#include <sa/child_sa.h>
]])

# _CLUSTER_FEATURE(NAME, DESCRIPTION, CODE)
AC_DEFUN([_CLUSTER_FEATURE], [
AC_MSG_CHECKING([for $2])
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([_CLUSTER_INCLUDES], [$3])],
	[AC_MSG_RESULT([yes])
	 CLUSTER_CPPFLAGS="$CLUSTER_CPPFLAGS -DHAVE_$1"],
	[AC_MSG_RESULT([no])])
])
