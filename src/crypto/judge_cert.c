/* A certificate judged for its own sake: its issuer's signature first, then as a signer's. */
#include "crypto/cert_impl.h"
#include "crypto/report_impl.h"
#include "crypto/scheme.h"
#include "crypto/trust_impl.h"

#include <openssl/err.h>

/* The search for whoever signed the certificate. */
struct search {
    X509 *cert;
    bool named;      /* somebody bears the issuer's name */
    bool is_from_it; /* and the signature is theirs */
};

static void try_issuer(void *ctx, X509 *issuer)
{
    struct search *search = ctx;
    EVP_PKEY *key = X509_get0_pubkey(issuer);

    if (search->is_from_it ||
        X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(search->cert)) != 0)
        return;
    search->named = true;
    search->is_from_it = key && X509_verify(search->cert, key) == 1;
    ERR_clear_error();
}

void judge_each_issuer(const struct judge *judge, void (*visit)(void *ctx, X509 *cert), void *ctx)
{
    for (size_t i = 0; i < judge->pin_count; i++)
        visit(ctx, cert_x509(judge->pins[i]));
    for (size_t i = 0; i < judge->extra_count; i++)
        visit(ctx, cert_x509(judge->extra[i]));
    if (judge->trust)
        trust_each(judge->trust, visit, ctx);
}

static void judge_algorithm(const struct judge *judge, const struct cert *cert,
                            struct report *report)
{
    const X509_ALGOR *algor;
    const ASN1_OBJECT *oid;
    unsigned allowed = judge->algorithms ? judge->algorithms : (unsigned)ALG_DEFAULT;
    const struct scheme *scheme;

    X509_get0_signature(NULL, &algor, cert_x509(cert));
    X509_ALGOR_get0(&oid, NULL, NULL, algor);
    scheme = scheme_of_signature(oid);
    report_set_algorithm(report, scheme ? scheme->name : "unknown");
    report_add(report, CHECK_ALGORITHM,
               scheme && (scheme->algorithm & allowed) ? OUTCOME_PASSED : OUTCOME_FAILED, "%s",
               scheme ? scheme->name : "unknown");
}

/* An issuer that is fetched is found by the path alone (judge->follow_aia). */
static void try_path(const struct judge *judge, const struct cert *cert, struct search *search)
{
    struct path path = { .count = 0 };

    if (!judge->follow_aia || judge->signature_only || !judge->trust)
        return;
    (void)trust_find_path(judge->trust, cert, judge, judge->now_ms, &path);
    if (path.count > 1)
        try_issuer(search, cert_x509(path.certs[1]));
    path_clear(&path);
}

static void judge_signature(const struct judge *judge, const struct cert *cert,
                            struct report *report)
{
    struct search search = { .cert = cert_x509(cert) };

    try_issuer(&search, search.cert);
    judge_each_issuer(judge, try_issuer, &search);
    if (!search.is_from_it)
        try_path(judge, cert, &search);
    if (search.is_from_it)
        report_add(report, CHECK_SIGNATURE, OUTCOME_PASSED, "of %s", cert_signer(cert)->issuer);
    else if (search.named)
        report_add(report, CHECK_SIGNATURE, OUTCOME_FAILED, "not of %s that is known here",
                   cert_signer(cert)->issuer);
    else
        report_add(report, CHECK_SIGNATURE, OUTCOME_UNKNOWN, "the issuer is not here: %s",
                   cert_signer(cert)->issuer);
}

enum verdict cert_judge(const struct judge *judge, const struct cert *cert, struct report *report)
{
    report_add(report, CHECK_FORMAT, OUTCOME_PASSED, "an X.509 certificate");
    report_add_signer(report, cert_signer(cert));
    report_set_covers(report, "the certificate");
    judge_algorithm(judge, cert, report);
    judge_signature(judge, cert, report);
    (void)!trust_judge(judge, cert, report);
    return report_verdict(report);
}
