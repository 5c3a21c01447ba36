/* Fuzzes certificates: facts, addresses, names, and their judgement with trust. */
#include "crypto/cert_impl.h"
#include "crypto/crl_points.h"
#include "crypto/ocsp.h"
#include "world.h"

static bool judge(const struct cert *cert)
{
    const struct judge full = world_judge(PURPOSE_ANY);
    AUTO(report_free) struct report *report = report_new();
    enum verdict verdict;

    promise(report != NULL);
    verdict = cert_judge(&full, cert, report);
    promise(verdict != VERDICT_VALID || world_has_passed(report, CHECK_PATH));
    return verdict == VERDICT_VALID;
}

static void read_addresses(const struct cert *cert)
{
    struct crl_urls urls;
    struct ocsp_urls responders;
    struct err err;

    ocsp_urls_of(cert, &responders);
    promise(responders.count <= OCSP_URLS_MAX);
    promise(cert_crl_urls(cert, CRL_KIND_BASE, &urls, &err) == ST_OK || err.text[0] != '\0');
    promise(cert_crl_urls(cert, CRL_KIND_DELTA, &urls, &err) == ST_OK || err.text[0] != '\0');
}

static void compare_names(const struct cert *cert)
{
    const struct signer *facts = cert_signer(cert);
    char issuer[1024];

    promise(memchr(facts->subject, '\0', sizeof(facts->subject)) != NULL);
    name_text(X509_get_issuer_name(cert_x509(cert)), issuer, sizeof(issuer));
    (void)name_equals_text(X509_get_issuer_name(cert_x509(cert)), slice_str(issuer));
    (void)cert_matches_issuer_serial(cert, slice_str(issuer), SLICE("1"));
}

bool fuzz_take(struct slice in)
{
    AUTO(cert_free) struct cert *cert = NULL;
    struct err err = { 0 };

    (void)name_equals_text(X509_get_subject_name(cert_x509(world()->leaf[0])), in);
    if (cert_parse(in, &cert, &err) != ST_OK) {
        promise(!cert && err.text[0] != '\0');
        return false;
    }
    read_addresses(cert);
    compare_names(cert);
    (void)cert_is_self_signed(cert);
    return judge(cert);
}
