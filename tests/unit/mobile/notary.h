/* The outside of a PUT: a НУЦ РК made at run time by the sandbox's code (keys, OCSP, TSA, no
 * network), and a telephone that signs an API №2 answer in good and in bad ways. */
#pragma once

#include "crypto/key.h"
#include "crypto/trust.h"
#include "json/json.h"

/* A sandbox's folder: the one of SHEP_NOTARY, which is only read (ctest makes it once for all
 * programs, see CMakeLists.txt), or one of its own under /tmp, removed by notary_close(). */
struct notary;

struct notary *notary_open(void);
void notary_close(struct notary *notary);

const struct trust *notary_trust(const struct notary *notary);
const struct trust_io *notary_io(struct notary *notary);
/* The OCSP responder answers or does not. */
void notary_set_ocsp(struct notary *notary, bool away);
/* A holder's key by family and name (sandbox/family.c); borrowed. */
const struct key *notary_key(struct notary *notary, const char *family, const char *name);

/* A CMS of content, DER; the caller's. */
enum stamp { STAMP_GOOD, STAMP_NONE, STAMP_FOREIGN };
struct cms_wish {
    const char *family, *holder;
    enum stamp stamp; /* FOREIGN: the token of another signature */
    bool detached;
};
struct bytes *notary_cms(struct notary *notary, const struct cms_wish *wish, struct slice content);
/* The XML with an enveloped signature; the caller's. */
struct bytes *notary_xml(struct notary *notary, const char *family, const char *holder,
                         struct slice xml);
/* The same, but the signature, valid in itself, covers only the element whose Id is id. */
struct bytes *notary_xml_part(struct notary *notary, const char *holder, struct slice xml,
                              const char *id);
