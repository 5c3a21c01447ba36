/* The sandbox's НУЦ РК at work: OCSP, TSP, CRL and certificates over HTTP, meant for loopback.
 *
 *   POST /ocsp/FAMILY         application/ocsp-request → OCSPResponse (RFC 6960 appendix A)
 *   POST /ocsp/FAMILY/FAULT   the same with a fault: try-later, internal-error, no-nonce,
 *                             wrong-nonce, no-next-update, expired, future, other-issuer,
 *                             unauthorised, stranger, unknown
 *   POST /tsp/FAMILY          application/timestamp-query → TimeStampResp (RFC 3161 section 3.4)
 *   GET  /crl/FAMILY.crl, /crl/FAMILY-delta.crl, /crl/FAMILY-root.crl
 *   GET  /cert/FAMILY-ca.cer, /cert/FAMILY-root.cer
 *   GET  /                    what is here, as text
 *   ···  /coid/               what ЦОИД of the sandbox does next, and has billed (sandbox/centre.h)
 *   ···  /phone/              the telephone in the browser (sandbox/booth.h)
 *
 * DIR/index is read anew for every answer: a revocation counts at once. */
#pragma once

#include "base/auto.h"
#include "base/err.h"

#include <stdint.h>

struct authority;
struct centre;
struct pki;

struct authority_params {
    const struct pki *pki; /* borrowed, must outlive the authority */
    const char *listen;    /* "127.0.0.1:0"; NULL: where the certificates' base URL points */
    /* Hosts that the telephone in the browser (sandbox/booth.h) calls beside loopback and our own;
     * NULL at the end; may be NULL. */
    const char *const *phone_hosts;
    struct centre *centre; /* whose control is served; borrowed likewise; NULL: none */
};

/* Binds, serves nothing yet. ST_INPUT: an address that cannot be used. */
MUST_USE enum status authority_new(const struct authority_params *params,
                                   struct authority **ret_authority, struct err *err);
uint16_t authority_port(const struct authority *authority);
/* http://HOST:PORT of the listener; borrowed. */
const char *authority_url(const struct authority *authority);
/* Serves in the calling thread until authority_stop(). */
MUST_USE enum status authority_run(struct authority *authority, struct err *err);
/* From any thread. */
void authority_stop(struct authority *authority);
/* NULL is fine; not while authority_run() runs. */
void authority_free(struct authority *authority);
DEFINE_AUTO(struct authority, authority_free)
