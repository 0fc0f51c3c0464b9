/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_job qcd_job
 * @{ @ingroup qcd
 *
 * Work on an IKE_SA that hooks leave to a worker thread.
 */

#ifndef QCD_JOB_H_
#define QCD_JOB_H_

#include <library.h>
#include <sa/ike_sa.h>

/**
 * Start an INFORMATIONAL request on an IKE_SA, for a liveness check or for what
 * a hook adds to it.
 *
 * Nothing happens if the IKE_SA is gone or not established; with an exchange
 * under way it starts afterwards.  May be called in hooks of charon's bus.
 *
 * @param spi_i		initiator's SPI, in network order
 * @param spi_r		responder's SPI
 */
void qcd_job_inform(uint64_t spi_i, uint64_t spi_r);

/**
 * Check out an IKE_SA by its SPIs, in whatever role it is here.
 *
 * @param spi_i		initiator's SPI, in network order
 * @param spi_r		responder's SPI
 * @return			IKE_SA, checked out, NULL if there is none
 */
ike_sa_t *qcd_job_checkout(uint64_t spi_i, uint64_t spi_r);

#endif /** QCD_JOB_H_ @}*/
