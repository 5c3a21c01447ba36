/* What is known of one issuer's revocations: a base list and the delta that brings it up to date,
 * asked together (req 0.24; RFC 5280 sections 5.2.4 and 6.3.3; kz-crypto.md section 7). Immutable,
 * shared by reference, thread-safe; its owner replaces it by a new one. */
#pragma once

#include "crypto/crl.h"

struct crl_index;

/* Borrowed; the index takes references to what it uses. */
struct crl_index_parts {
    const struct crl *base;
    const struct crl *delta;         /* NULL: none */
    const struct crl_index *earlier; /* NULL: none. Its lists are kept where the new ones are older,
                                        so that nobody can put a list back */
};

/**
 * Joins a base and a delta; nothing is copied, the delta is looked into first.
 *
 * A delta applies when it is of the same issuer's key and the same scope, its BaseCRLNumber is at
 * most the base's CRLNumber, and it is not older than the base by thisUpdate. НУЦ РК numbers its
 * deltas apart from its bases: a delta's own number is compared with that of an earlier delta to
 * the same base only. A delta that does not apply is left out: the base alone is used, and
 * crl_index_note() says why.
 *
 * ret_index  the caller's: crl_index_free()
 * ST_INPUT   the base is a delta, the delta is none, or earlier is of another issuer's key
 * ST_NOMEM
 */
MUST_USE enum status crl_index_new(const struct crl_index_parts *parts,
                                   struct crl_index **ret_index, struct err *err);
struct crl_index *crl_index_ref(const struct crl_index *index);
/* NULL is fine. */
void crl_index_free(struct crl_index *index);
DEFINE_AUTO(struct crl_index, crl_index_free)

/* Borrowed. */
const struct crl *crl_index_base(const struct crl_index *index);
const struct crl *crl_index_delta(const struct crl_index *index); /* NULL: none is used */
/* "" when all that was given is used; else what is not, and why. */
const char *crl_index_note(const struct crl_index *index);

enum crl_state {
    CRL_UNKNOWN = 0, /* says nothing that may be relied upon; why and text tell the reason */
    CRL_REVOKED,     /* or on hold: see reason */
    CRL_GOOD,
};

enum crl_why {
    CRL_WHY_NONE, /* it is known */
    CRL_WHY_STALE,
    CRL_WHY_NOT_YET_VALID,
    CRL_WHY_ISSUER, /* the lists are another issuer's or another key's */
    CRL_WHY_SCOPE,  /* the lists are not about such certificates */
    CRL_WHY_SERIAL, /* the certificate's serial number is negative */
};

struct crl_query {
    const struct cert *subject;
    const struct cert *issuer; /* the next one in the subject's path */
    int64_t now_ms;
    int64_t skew_ms; /* allowed clock difference, for both ends */
};

struct crl_answer {
    enum crl_state state;
    enum crl_why why;
    enum crl_reason reason; /* CRL_REVOKED: */
    int64_t revoked_ms;     /* … */
    int64_t this_update_ms; /* as of when: the delta's when it is used */
    int64_t next_update_ms; /* until when this answer may be given: the later of both lists' */
    bool delta_missing;     /* answered by the base, and a delta is stale or did not apply */
    char text[320];         /* good: by which list and of when; else the reason */
};

/**
 * Judges one certificate. In this order, the first that fails is the reason: issuer, scope, dates.
 * A base past its nextUpdate counts as long as its delta is inside its own (RFC 5280 6.3.3 (a)(1)),
 * and the other way round. A permanent revocation is not lifted by removeFromCRL, a hold is.
 * Allocates a little; a look-up takes microseconds.
 */
void crl_index_judge(const struct crl_index *index, const struct crl_query *query,
                     struct crl_answer *ret);
