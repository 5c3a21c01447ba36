#include "crypto/policy.h"

#include "base/text.h"
#include "crypto/cert_impl.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

DEFINE_AUTO(CERTIFICATEPOLICIES, CERTIFICATEPOLICIES_free)
DEFINE_AUTO(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)

static const struct {
    const char *oid;
    const char *name;
} policies[] = {
    { "1.2.398.3.3.2", "НУЦ РК" },
    { "1.2.398.3.3.2.1", "legal entity's signature" },
    { "1.2.398.3.3.2.2", "legal entity's authentication" },
    { "1.2.398.3.3.2.3", "individual's signature" },
    { "1.2.398.3.3.2.4", "individual's authentication" },
    { "1.2.398.3.3.2.6.1", "timestamps, ГОСТ 34.310-2004" },
    { "1.2.398.3.3.2.6.2", "timestamps, RSA" },
    { "1.2.398.3.3.2.6.4", "timestamps, ГОСТ 34.10-2015" },
};

static const struct {
    const char *oid;
    const char *name;
} uses[] = {
    { "1.3.6.1.5.5.7.3.1", "serverAuth" },      { "1.3.6.1.5.5.7.3.2", "clientAuth" },
    { "1.3.6.1.5.5.7.3.4", "emailProtection" }, { "1.3.6.1.5.5.7.3.8", "timeStamping" },
    { "1.3.6.1.5.5.7.3.9", "OCSPSigning" },
};

const char *policy_name(const char *oid)
{
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
        if (strcmp(policies[i].oid, oid) == 0)
            return policies[i].name;
    return NULL;
}

static const char *use_name(const char *oid)
{
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
        if (strcmp(uses[i].oid, oid) == 0)
            return uses[i].name;
    return NULL;
}

static void append(char *dst, size_t size, const char *before, const char *text)
{
    size_t len = strlen(dst);

    (void)text_format(dst + len, size - len, "%s%s", before, text);
}

static void add_policies(const struct cert *cert, char *dst, size_t size)
{
    AUTO(CERTIFICATEPOLICIES_free)
    CERTIFICATEPOLICIES *all =
        X509_get_ext_d2i(cert_x509(cert), NID_certificate_policies, NULL, NULL);
    char oid[OID_TEXT];

    for (int i = 0; all && i < sk_POLICYINFO_num(all); i++) {
        oid_text(sk_POLICYINFO_value(all, i)->policyid, oid);
        append(dst, size, i ? ", " : "policy ", oid);
        if (!policy_name(oid))
            continue;
        append(dst, size, " (", policy_name(oid));
        append(dst, size, ")", "");
    }
}

static void add_uses(const struct cert *cert, char *dst, size_t size)
{
    AUTO(EXTENDED_KEY_USAGE_free)
    EXTENDED_KEY_USAGE *all = X509_get_ext_d2i(cert_x509(cert), NID_ext_key_usage, NULL, NULL);
    const char *before = dst[0] ? "; use " : "use ";
    char oid[OID_TEXT];

    for (int i = 0; all && i < sk_ASN1_OBJECT_num(all); i++) {
        oid_text(sk_ASN1_OBJECT_value(all, i), oid);
        if (!use_name(oid))
            continue;
        append(dst, size, before, use_name(oid));
        before = ", ";
    }
}

void policy_describe(const struct cert *cert, char *dst, size_t size)
{
    dst[0] = '\0';
    add_policies(cert, dst, size);
    add_uses(cert, dst, size);
    ERR_clear_error();
}
