/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup cluster_control_uri cluster_control_uri
 * @{ @ingroup cluster
 *
 * Where the daemon and its client swancluster meet.
 */

#ifndef CLUSTER_CONTROL_URI_H_
#define CLUSTER_CONTROL_URI_H_

/** default of <ns>.cluster.socket */
#define CLUSTER_CONTROL_URI "unix:///run/charon.cluster.vici"

#endif /** CLUSTER_CONTROL_URI_H_ @}*/
