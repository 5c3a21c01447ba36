/* A scripted OCSP responder and TSA behind struct trust_io, for the tests of this room. */
#pragma once

#include "unit/crypto/fixture.h"

struct responder {
    const struct pki *pki;
    const struct made *signer; /* NULL: pki->ocsp */
    int status;                /* V_OCSP_CERTSTATUS_… */
    int reason;
    int64_t revoked_ms;
    int64_t this_update_ms; /* 0: NOW */
    int64_t next_update_ms; /* 0: none in the answer */
    bool wrong_nonce, no_nonce, about_another, flip_signature, unreachable, garbage, try_later;
    bool no_certs; /* the responder's certificate is not in the answer */
    size_t asked;
    char url[128]; /* last asked */
    /* receipts */
    struct bytes *kept;
    uint8_t kept_signature[32], kept_cert[32];
    /* TSA */
    const struct made *tsa; /* NULL: pki->tsa */
    int64_t tsa_time_ms;    /* 0: NOW */
    const char *imprint_of; /* stamps other data than was sent */
};

void responder_clear(struct responder *responder);
struct trust_io responder_io(struct responder *responder);
/* An answer about subject by the script, without a request; the caller's. */
struct bytes *responder_answer(struct responder *responder, const struct cert *subject,
                               const struct cert *issuer);

/* Judges: the verdict, with revocation as the one check that may withhold it; its rows hold `text`.
 */
void expect_by_revocation(const struct judge *judge, const struct cert *cert, enum verdict want,
                          const char *text);

/* Authorities of time that nobody should believe: not for stamping, of a strange root, expired. */
struct bad_tsas {
    struct made not_tsa, foreign, old;
};
struct bad_tsas bad_tsas_make(const struct made *ca);
void bad_tsas_free(struct bad_tsas *bad);
