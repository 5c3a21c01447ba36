/* The search for a path: candidates by name, the likeliest first, back when one leads nowhere. A
 * builder that takes the first issuer by name fails where a CA was renewed or cross-certified. */
#include "crypto/path.h"

#include "crypto/aia.h"

#include "base/text.h"
#include "crypto/cert_impl.h"

#include <openssl/err.h>

enum {
    CANDIDATES_MAX = 32, /* of one certificate; the likeliest are kept */
    SIGNATURES_MAX = 64, /* verified in one search */
};

/* Why there is no path; of several the last in this order is told. */
enum excuse { EXCUSE_NONE, EXCUSE_ABSENT, EXCUSE_FORGED, EXCUSE_UNTRUSTED, EXCUSE_REFUSED };

struct search {
    const struct trust *trust;
    const struct judge *judge;
    int64_t at_ms;
    const struct cert *certs[PATH_CERTS_MAX]; /* signer first */
    size_t count;
    unsigned signatures; /* verified so far */
    enum excuse excuse;
    const struct cert *dead_end;                           /* the first whose issuer is not here */
    struct cert *fetched[AIA_FETCHES_MAX * AIA_CERTS_MAX]; /* owned */
    size_t fetched_count;
    struct path *found; /* the best so far, and its why */
};

/* ---- candidates ---- */

/* In the order in which they are tried: our own before the message's, current before expired, the
 * one that the key identifier names before others. */
enum {
    RANK_FETCHED = 12,
    RANK_EXTRA = 8,
    RANK_INTERMEDIATE = 4,
    RANK_OUT_OF_DATE = 2,
    RANK_OTHER_KEY_ID = 1
};

struct candidates {
    const struct cert *certs[CANDIDATES_MAX];
    unsigned ranks[CANDIDATES_MAX];
    size_t count;
};

static bool has_other_key_id(const struct cert *subject, const struct cert *issuer)
{
    const ASN1_OCTET_STRING *named = X509_get0_authority_key_id(cert_x509(subject));
    const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(cert_x509(issuer));

    return named && own && ASN1_OCTET_STRING_cmp(named, own) != 0;
}

static void insert(struct candidates *to, const struct cert *cert, unsigned rank)
{
    size_t at = to->count < CANDIDATES_MAX ? to->count++ : CANDIDATES_MAX;

    while (at > 0 && to->ranks[at - 1] > rank) {
        if (at < CANDIDATES_MAX) {
            to->certs[at] = to->certs[at - 1];
            to->ranks[at] = to->ranks[at - 1];
        }
        at--;
    }
    if (at < CANDIDATES_MAX) {
        to->certs[at] = cert;
        to->ranks[at] = rank;
    }
}

static void consider(const struct search *s, const struct cert *issuer, unsigned rank,
                     struct candidates *to)
{
    const struct cert *subject = s->certs[s->count - 1];

    if (X509_NAME_cmp(X509_get_subject_name(cert_x509(issuer)),
                      X509_get_issuer_name(cert_x509(subject))) != 0)
        return;
    if (dates_compare(cert_signer(issuer), s->at_ms) != 0)
        rank += RANK_OUT_OF_DATE;
    if (has_other_key_id(subject, issuer))
        rank += RANK_OTHER_KEY_ID;
    insert(to, issuer, rank);
}

static void collect(const struct search *s, struct candidates *to)
{
    for (size_t i = 0; i < trust_count(s->trust); i++) {
        const struct cert *issuer = trust_at(s->trust, i);
        consider(s, issuer, cert_is_self_signed(issuer) ? 0 : RANK_INTERMEDIATE, to);
    }
    for (size_t i = 0; i < s->judge->extra_count; i++)
        consider(s, s->judge->extra[i], RANK_EXTRA, to);
    for (size_t i = 0; i < s->fetched_count; i++)
        consider(s, s->fetched[i], RANK_FETCHED, to);
}

/* ---- the search ---- */

static void tell(struct search *s, enum excuse excuse, const struct cert *cert, const char *reason)
{
    if (excuse <= s->excuse)
        return;
    s->excuse = excuse;
    path_blame(cert, reason, s->found->why);
}

/* The same authority twice is a loop: name and key tell, as certificates are many. */
static bool is_in_path(const struct search *s, const struct cert *cert)
{
    for (size_t i = 0; i < s->count; i++) {
        X509 *other = cert_x509(s->certs[i]);
        if (X509_NAME_cmp(X509_get_subject_name(other), X509_get_subject_name(cert_x509(cert))) ==
                0 &&
            EVP_PKEY_eq(X509_get0_pubkey(other), X509_get0_pubkey(cert_x509(cert))) == 1)
            return true;
    }
    return false;
}

static bool is_signed_by(struct search *s, const struct cert *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(cert_x509(issuer));

    s->signatures++;
    bool good = key && X509_verify(cert_x509(s->certs[s->count - 1]), key) == 1;
    ERR_clear_error();
    return good;
}

/* A path up to a self-signed certificate. true: the search is over. */
static bool settle(struct search *s)
{
    const struct cert *last = s->certs[s->count - 1];
    bool sha1 = (s->judge->algorithms & ALG_RSA_SHA1) != 0;
    char why[WHY_MAX];

    if (!trust_holds(s->trust, last)) {
        tell(s, EXCUSE_UNTRUSTED, last, "it is self-signed, and not among the trusted roots");
        return false;
    }
    if (!path_check(s->certs, s->count, sha1, why)) {
        if (s->excuse < EXCUSE_REFUSED)
            text_copy(s->found->why, WHY_MAX, why);
        s->excuse = EXCUSE_REFUSED;
        return false;
    }
    struct path lent = { .count = s->count }; /* of certificates that others own */
    for (size_t i = 0; i < s->count; i++)
        lent.certs[i] = (struct cert *)s->certs[i];
    bool current = path_is_current(&lent, s->at_ms);
    if (current)
        path_clear(s->found);
    if (s->found->count == 0)
        path_copy(s->found, &lent);
    return current;
}

static bool extend(struct search *s);

/* Goes on with one candidate; *ret_any: it is the issuer. */
static bool try_issuer(struct search *s, const struct cert *issuer, bool *ret_any)
{
    if (is_in_path(s, issuer) || !is_signed_by(s, issuer))
        return false;
    *ret_any = true;
    s->certs[s->count++] = issuer;
    bool over = extend(s);
    s->count--;
    return over;
}

/* Depth first; at most PATH_CERTS_MAX deep, SIGNATURES_MAX wide in all. true: the search is over.
 */
static bool extend(struct search *s)
{
    const struct cert *last = s->certs[s->count - 1];
    struct candidates candidates = { .count = 0 };
    bool any = false;

    if (cert_is_self_signed(last))
        return settle(s);
    if (s->count == PATH_CERTS_MAX) {
        tell(s, EXCUSE_REFUSED, s->certs[0], "its path is longer than 8 certificates");
        return false;
    }
    collect(s, &candidates);
    for (size_t i = 0; i < candidates.count; i++) {
        if (s->signatures == SIGNATURES_MAX) {
            tell(s, EXCUSE_REFUSED, s->certs[0], "no path among the first 64 signatures tried");
            return true;
        }
        if (try_issuer(s, candidates.certs[i], &any))
            return true;
    }
    if (!any && !s->dead_end)
        s->dead_end = last;
    if (!any && candidates.count == 0)
        tell(s, EXCUSE_ABSENT, last, "the certificate of its issuer is not here");
    else if (!any)
        tell(s, EXCUSE_FORGED, last, "it is not signed by the issuer that it names");
    return false;
}

static bool is_fetched(const struct search *s, const struct cert *cert)
{
    for (size_t i = 0; i < s->fetched_count; i++)
        if (slice_eq(cert_der(s->fetched[i]), cert_der(cert)))
            return true;
    return false;
}

/* Asks for the issuer that was missing; false: there is nothing new to try. */
static bool fetch_issuer(struct search *s)
{
    struct aia_found found = { .count = 0 };
    struct err err;

    if (!s->judge->follow_aia || !s->dead_end)
        return false;
    if (aia_find(trust_aia(s->trust), s->judge, s->dead_end, &found, &err) != ST_OK) {
        size_t len = strlen(s->found->why);
        (void)text_format(s->found->why + len, WHY_MAX - len, "; %s", err.text);
        return false;
    }
    size_t before = s->fetched_count;
    for (size_t i = 0; i < found.count; i++) {
        if (is_fetched(s, found.certs[i]))
            cert_free(found.certs[i]);
        else
            s->fetched[s->fetched_count++] = found.certs[i];
    }
    if (s->fetched_count == before)
        return false;
    s->excuse = EXCUSE_NONE;
    s->dead_end = NULL;
    s->signatures = 0;
    return true;
}

/* A lenient judge's path is remembered for all when it is good enough for a strict one. */
static bool is_memorable(const struct judge *judge, const struct path *path)
{
    char why[WHY_MAX];

    return path->count > 0 &&
           (!(judge->algorithms & ALG_RSA_SHA1) ||
            path_check((const struct cert *const *)path->certs, path->count, false, why));
}

bool trust_find_path(const struct trust *trust, const struct cert *signer,
                     const struct judge *judge, int64_t at_ms, struct path *ret)
{
    struct search search = { .trust = trust,
                             .judge = judge,
                             .at_ms = at_ms,
                             .certs = { signer },
                             .count = 1,
                             .found = ret };

    if (trust_recall(trust, signer, at_ms, ret))
        return true;
    for (unsigned fetches = 0;; fetches++) {
        (void)extend(&search);
        if (ret->count > 0 || fetches == AIA_FETCHES_MAX || !fetch_issuer(&search))
            break;
    }
    for (size_t i = 0; i < search.fetched_count; i++)
        cert_free(search.fetched[i]);
    if (is_memorable(judge, ret))
        trust_remember(trust, signer, ret);
    return ret->count > 0;
}
