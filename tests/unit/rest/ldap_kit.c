#include "ldap_kit.h"

#include "crypto/encode.h"

#include <stdlib.h>
#include <string.h>

static const struct made_params certs[KIT_CERTS] = {
    [KIT_BEFORE] = { .cn = "BEFORE", .serial = "1746124" },
    [KIT_WANTED] = { .cn = "SERVER", .serial = "1746125" },
    [KIT_AFTER] = { .cn = "AFTER", .serial = "1746126" },
    [KIT_CA] = { .cn = "CA", .serial = "119", .ca = true },
    [KIT_PLAIN] = { .cn = "PLAIN", .serial = "43" },
    [KIT_HIGH] = { .cn = "TUMAR", .serial = "-1746125" },
    [KIT_TWIN] = { .cn = "TWIN", .serial = "20480" },
    [KIT_TWIN2] = { .cn = "TWIN", .serial = "20480" },
};

void kit_entry(struct bytes *ldif, const char *cn, const char *o, const char *attribute,
               const struct slice *values, size_t count)
{
    AUTO(bytes_free) struct bytes *name = NULL;
    char dn[256];

    (void)snprintf(dn, sizeof(dn), "cn=%s,o=%s,c=KZ", cn, o);
    name = base64_encode(slice_str(dn));
    assert_non_null(name);
    bytes_addf(ldif, "dn:: %s\nobjectClass: device\nobjectClass: pkiUser\nobjectClass: pkiCA\n",
               name->at);
    for (size_t i = 0; i < count; i++) {
        AUTO(bytes_free) struct bytes *text = base64_encode(values[i]);
        assert_non_null(text);
        bytes_addf(ldif, "%s:: %s\n", attribute, text->at);
    }
    bytes_add_str(ldif, "\n");
}

static struct slice der_of(const struct kit *kit, enum kit_cert which)
{
    return cert_der(kit->certs[which].cert);
}

static void write_entries(struct kit *kit)
{
    const struct slice server[] = { der_of(kit, KIT_BEFORE), der_of(kit, KIT_WANTED),
                                    der_of(kit, KIT_AFTER) };
    const struct slice ca[] = { der_of(kit, KIT_CA) };
    /* slapd wants the skeleton of a certificate: this one's key is rubbish */
    AUTO(bytes_free) struct bytes *rubbish = bytes_dup(der_of(kit, KIT_AFTER));
    memset(rubbish->at + rubbish->len / 3, 0x5a, rubbish->len / 3);
    const struct slice plain[] = { bytes_slice(rubbish), der_of(kit, KIT_PLAIN) };
    const struct slice high[] = { der_of(kit, KIT_HIGH) };
    const struct slice twins[] = { der_of(kit, KIT_TWIN), der_of(kit, KIT_TWIN2) };

    bytes_add_str(kit->ldif, "dn: c=KZ\nobjectClass: country\nc: KZ\n\n"
                             "dn: o=KISC,c=KZ\nobjectClass: organization\no: KISC\n\n"
                             "dn: o=NPK,c=KZ\nobjectClass: organization\no: NPK\n\n");
    kit_entry(kit->ldif, "SERVER", "KISC", "userCertificate;binary", server, 3);
    kit_entry(kit->ldif, "CA", "KISC", "cACertificate;binary", ca, 1);
    kit_entry(kit->ldif, "ЦОИД\\, тест", "NPK", "userCertificate;binary", plain, 2);
    kit_entry(kit->ldif, "TUMAR", "NPK", "userCertificate;binary", high, 1);
    kit_entry(kit->ldif, "TWINS", "NPK", "userCertificate;binary", twins, 2);
}

void kit_open(struct kit *kit)
{
    *kit = (struct kit){ .clock = clock_fixed_at(NOW_MS), .ldif = bytes_new(1 << 20) };
    assert_non_null(kit->ldif);
    for (size_t i = 0; i < KIT_CERTS; i++)
        kit->certs[i] = made_new(&certs[i], NULL);
    write_entries(kit);
    assert_false(kit->ldif->failed);
}

void kit_close(struct kit *kit)
{
    for (size_t i = 0; i < KIT_CERTS; i++)
        made_free(&kit->certs[i]);
    bytes_free(kit->ldif);
}

struct ldap_params kit_params(struct kit *kit, const char *first_url, const char *second_url)
{
    kit->urls[0] = first_url;
    kit->urls[1] = second_url;
    kit->urls[2] = NULL;
    return (struct ldap_params){ .urls = kit->urls,
                                 .base = "c=KZ",
                                 .timeout_ms = LONG_MS,
                                 .keep_ms = INT64_C(3600) * 1000,
                                 .clock = &kit->clock };
}

struct ldap_directory *kit_directory(const struct ldap_params *params)
{
    struct ldap_directory *directory = NULL;
    struct err err = { 0 };

    assert_ok(ldap_directory_new(params, &directory, &err), &err);
    return directory;
}

enum status kit_find(struct ldap_directory *directory, const char *kid, const char *iss,
                     struct jws_found *ret_found, struct err *err)
{
    const struct jws_lookup lookup = ldap_directory_lookup(directory);
    const struct jws_want want = { .kid = slice_str(kid),
                                   .iss = slice_str(iss),
                                   .deadline_ms = clock_monotonic_ms() + LONG_MS };

    return lookup.find(lookup.ctx, &want, ret_found, err);
}

void kit_expect(struct ldap_directory *directory, const char *kid, const char *iss,
                enum status status, const struct cert *want)
{
    struct jws_found found = { 0 };
    struct err err = { 0 };
    enum status given = kit_find(directory, kid, iss, &found, &err);

    if (given != status)
        fail_msg("kid «%s», iss «%s»: %s «%s», expected %s", kid, iss, status_name(given), err.text,
                 status_name(status));
    assert_int_equal(found.count > 0, status == ST_OK);
    if (want && status == ST_OK)
        assert_true(slice_eq(cert_der(found.certs[0]), cert_der(want)));
    jws_found_clear(&found);
}
