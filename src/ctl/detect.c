#include "ctl/detect.h"

#include "crypto/cert.h"
#include "crypto/encode.h"
#include "wsse/xmlsig.h"

#include <string.h>

static const struct profile_row {
    const char *name;
    enum profile profile;
} profiles[] = {
    { "auto", PROFILE_AUTO },
    { "shep", PROFILE_SHEP },
    { "cms", PROFILE_CMS },
    { "detached", PROFILE_DETACHED },
    { "enveloped", PROFILE_ENVELOPED },
    { "cert", PROFILE_CERT },
    { "xml-detached", PROFILE_XML_DETACHED },
    { "xades", PROFILE_XADES },
    { "jws", PROFILE_JWS },
    { "bytes", PROFILE_BYTES },
    { "tsp", PROFILE_TSP },
    { "ocsp", PROFILE_OCSP },
    { "crl", PROFILE_CRL },
};

enum { PROFILE_ROWS = sizeof(profiles) / sizeof(profiles[0]) };

enum status profile_parse(const char *word, enum profile *ret, struct err *err)
{
    for (size_t i = 0; i < PROFILE_ROWS; i++) {
        if (strcmp(word, profiles[i].name) != 0)
            continue;
        *ret = profiles[i].profile;
        return ST_OK;
    }
    return RAISE(err, ST_INPUT, "--profile %s: no such profile", word);
}

const char *profile_name(enum profile profile)
{
    for (size_t i = 0; i < PROFILE_ROWS; i++)
        if (profiles[i].profile == profile && profile != PROFILE_NONE)
            return profiles[i].name;
    return "none";
}

struct slice detect_trim(struct slice data)
{
    if (slice_starts(data, SLICE("\xEF\xBB\xBF")))
        data = slice_skip(data, 3);
    if (data.len > 0 && data.at[0] == 0x30) /* DER may begin or end with any byte */
        return data;
    return slice_trim(data);
}

/* The content of a DER SEQUENCE, of which more may follow; false: no SEQUENCE. */
static bool enter_sequence(struct slice der, struct slice *ret)
{
    size_t head = 2;

    if (der.len < 2 || der.at[0] != 0x30)
        return false;
    if ((unsigned char)der.at[1] & 0x80)
        head += (unsigned char)der.at[1] & 0x7f;
    if (head > 6 || head > der.len)
        return false;
    *ret = slice_skip(der, head);
    return true;
}

/* The content type of a timestamp token, which stands behind the few digest algorithms. */
static bool is_token(struct slice signed_data)
{
    enum { NEAR = 160 }; /* bytes */
    static const char tst_info[] = "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04";

    return memmem(signed_data.at, signed_data.len < NEAR ? signed_data.len : NEAR, tst_info,
                  sizeof(tst_info) - 1) != NULL;
}

/* ContentInfo begins with signedData's identifier, OCSPResponse with its status, Certificate with
 * its TBSCertificate, a list with TBSCertList: version and algorithm. */
static enum profile detect_der(struct slice der)
{
    static const char signed_data[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    static const char successful[] = "\x0a\x01";
    static const char v2[] = "\x02\x01\x01\x30";
    AUTO(cert_free) struct cert *cert = NULL;
    struct slice inner;
    struct err ignored;

    if (!enter_sequence(der, &inner))
        return PROFILE_NONE;
    if (slice_starts(inner, slice_mem(signed_data, sizeof(signed_data) - 1)))
        return is_token(inner) ? PROFILE_TSP : PROFILE_CMS;
    if (slice_starts(inner, slice_mem(successful, sizeof(successful) - 1)))
        return PROFILE_OCSP;
    if (cert_parse(der, &cert, &ignored) == ST_OK)
        return PROFILE_CERT;
    return enter_sequence(inner, &inner) && slice_starts(inner, slice_mem(v2, sizeof(v2) - 1))
               ? PROFILE_CRL
               : PROFILE_NONE;
}

static const struct {
    const char *label;
    enum profile profile;
} pem_labels[] = {
    { "-----BEGIN CERTIFICATE-----", PROFILE_CERT },
    { "-----BEGIN X509 CERTIFICATE-----", PROFILE_CERT },
    { "-----BEGIN TRUSTED CERTIFICATE-----", PROFILE_CERT },
    { "-----BEGIN X509 CRL-----", PROFILE_CRL },
    { "-----BEGIN CMS-----", PROFILE_CMS },
    { "-----BEGIN PKCS7-----", PROFILE_CMS },
};

/* openssl and others write text in front of the first label. */
static enum profile detect_pem(struct slice data)
{
    for (size_t i = 0; i < sizeof(pem_labels) / sizeof(pem_labels[0]); i++)
        if (memmem(data.at, data.len, pem_labels[i].label, strlen(pem_labels[i].label)))
            return pem_labels[i].profile;
    return PROFILE_NONE;
}

static enum profile detect_binary(struct slice data, size_t max_bytes)
{
    AUTO(bytes_free) struct bytes *der = NULL;
    enum profile profile;
    struct err ignored;

    data = detect_trim(data);
    profile = detect_der(data);
    if (profile == PROFILE_NONE)
        profile = detect_pem(data);
    if (profile == PROFILE_NONE && base64_decode(data, max_bytes, &der, &ignored) == ST_OK)
        profile = detect_der(bytes_slice(der));
    return profile;
}

enum profile detect(struct slice data, const struct xml_limits *limits, bool with_content)
{
    static const enum profile of_xml[] = {
        [DOCUMENT_OTHER] = PROFILE_NONE,          [DOCUMENT_ENVELOPE] = PROFILE_SHEP,
        [DOCUMENT_ENVELOPED] = PROFILE_ENVELOPED, [DOCUMENT_DETACHED] = PROFILE_XML_DETACHED,
        [DOCUMENT_XADES] = PROFILE_XADES,
    };
    enum profile profile = of_xml[xml_document_kind(data, limits)];

    if (profile == PROFILE_NONE)
        profile = detect_binary(data, limits->max_bytes);
    return profile == PROFILE_CMS && with_content ? PROFILE_DETACHED : profile;
}
