/* What the tests of the LDAP look-up share: a slapd with a directory of certificates made at run
 * time, and look-ups in a line. */
#pragma once

#include "rest/ldap.h"
#include "support/slapd.h"
#include "unit/crypto/fixture.h"

enum { LONG_MS = 20000, SHORT_MS = 300 };

/* Certificates of the directory; "cn=SERVER,o=KISC,c=KZ" holds KIT_BEFORE to KIT_CA. */
enum kit_cert {
    KIT_BEFORE,
    KIT_WANTED, /* serial number 1aa4cd */
    KIT_AFTER,
    KIT_CA,    /* cACertificate, serial number 77 */
    KIT_PLAIN, /* «cn=ЦОИД, тест,o=NPK,c=KZ»: serial number 2b, beside rubbish */
    KIT_HIGH,  /* «cn=TUMAR,o=NPK,c=KZ»: INTEGER e5 5b 33, as TumarCSP writes them */
    KIT_TWIN,  /* «cn=TWINS,o=NPK,c=KZ»: serial number 5000 twice */
    KIT_TWIN2,
    KIT_CERTS,
};
struct kit {
    struct made certs[KIT_CERTS];
    struct bytes *ldif;
    struct clock clock;
    const char *urls[LDAP_SERVERS_MAX + 1];
};

void kit_open(struct kit *kit); /* no server yet */
void kit_close(struct kit *kit);
/* An entry with certificates: "userCertificate;binary" or another attribute. at NULL ends it. */
void kit_entry(struct bytes *ldif, const char *cn, const char *o, const char *attribute,
               const struct slice *values, size_t count);

/* Parameters with the kit's clock, base c=KZ and long time-outs. Ends with NULL. */
struct ldap_params kit_params(struct kit *kit, const char *first_url, const char *second_url);
struct ldap_directory *kit_directory(const struct ldap_params *params);
/* Looks up. */
enum status kit_find(struct ldap_directory *directory, const char *kid, const char *iss,
                     struct jws_found *ret_found, struct err *err);
/* Looks up and holds what comes to the status and to certificate want, -1: whatever. */
void kit_expect(struct ldap_directory *directory, const char *kid, const char *iss,
                enum status status, const struct cert *want);
