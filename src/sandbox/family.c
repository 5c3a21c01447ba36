#include "sandbox/family.h"

/* Names and forms are those of НУЦ РК's test contour with SANDBOX in place of TEST, so that nobody
 * takes one for the other. */
const struct family families[FAMILY_COUNT] = {
    { "gost2015", ALG_GOST2015_512, "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) SANDBOX",
      "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) SANDBOX", "1.2.398.3.3.2.6.4", true },
    { "gost2004", ALG_GOST2004, "НЕГІЗГІ КО SANDBOX (GOST)", "ҰКО 3.0 (GOST SANDBOX)",
      "1.2.398.3.3.2.6.1", false },
    { "rsa", ALG_RSA_SHA256, "НЕГІЗГІ КО SANDBOX (RSA)", "ҰКО 3.0 (RSA SANDBOX)",
      "1.2.398.3.3.2.6.2", false },
};

const struct family *family_find(struct slice name)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++)
        if (slice_eq_str(name, families[i].name))
            return &families[i];
    return NULL;
}

enum { YEAR = 365 };

const struct entity authorities[AUTHORITY_COUNT] = {
    { .name = "root",
      .kind = KIND_ROOT,
      .from_days = -3 * YEAR,
      .to_days = 20 * YEAR,
      .purpose = "the root" },
    { .name = "ca",
      .kind = KIND_CA,
      .from_days = -3 * YEAR,
      .to_days = 10 * YEAR,
      .purpose = "the issuing CA" },
    { .name = "ocsp",
      .kind = KIND_OCSP,
      .common_name = "OCSP RESPONDER SANDBOX",
      .eku = "OCSPSigning",
      .from_days = -3 * YEAR,
      .to_days = 10 * YEAR,
      .purpose = "the OCSP responder" },
    { .name = "tsa",
      .kind = KIND_TSA,
      .common_name = "TIME-STAMPING AUTHORITY SANDBOX",
      .eku = "critical,timeStamping",
      .from_days = -3 * YEAR,
      .to_days = 10 * YEAR,
      .purpose = "the time-stamping authority" },
};

#define TESTOV .surname = "ТЕСТОВ", .common_name = "ТЕСТОВ ТЕСТ", .patronymic = "ТЕСТОВИЧ"
#define EKU_SIGN "emailProtection,"
#define EKU_AUTH "clientAuth,"
#define EKU_INDIVIDUAL "1.2.398.3.3.4.1.1"
#define EKU_LEGAL "1.2.398.3.3.4.1.2"
#define ONE_YEAR .from_days = -30, .to_days = YEAR
#define UID_SYSTEM .uid = "1.2.398.6.10.1.1" /* НУЦ's mark of an information system */
#define COID                                                                                       \
    .common_name = "ЦОИД SANDBOX", .organisation = "НПК SANDBOX", .bin = "960440000151",           \
    .eku = EKU_LEGAL, .in_directory = true

const struct entity holders[HOLDER_COUNT] = {
    { .name = "individual",
      .kind = KIND_SIGN,
      TESTOV,
      .iin = "123456789011",
      .eku = EKU_SIGN EKU_INDIVIDUAL,
      ONE_YEAR,
      .purpose = "an individual's signing key" },
    { .name = "individual-auth",
      .kind = KIND_AUTH,
      TESTOV,
      .iin = "123456789011",
      .eku = EKU_AUTH EKU_INDIVIDUAL,
      ONE_YEAR,
      .purpose = "the same individual's authentication key" },
    { .name = "legal-entity",
      .kind = KIND_SIGN,
      TESTOV,
      .iin = "123456789011",
      .organisation = "АО \"ТЕСТ\"",
      .bin = "123456789021",
      .eku = EKU_SIGN EKU_LEGAL ",1.2.398.3.3.4.1.2.5",
      ONE_YEAR,
      .purpose = "an employee of a legal entity" },
    { .name = "ceo",
      .kind = KIND_SIGN,
      TESTOV,
      .iin = "123456789011",
      .organisation = "АО \"ТЕСТ\"",
      .bin = "123456789021",
      .eku = EKU_SIGN EKU_LEGAL ",1.2.398.3.3.4.1.2.1",
      ONE_YEAR,
      .purpose = "the head of a legal entity" },
    { .name = "individual-2",
      .kind = KIND_SIGN,
      .common_name = "ЖҮСІПОВА ӘСЕЛ",
      .surname = "ЖҮСІПОВА",
      .patronymic = "СЕРІКҚЫЗЫ",
      .iin = "987654321098",
      .eku = EKU_SIGN EKU_INDIVIDUAL,
      ONE_YEAR,
      .purpose = "another individual's signing key" },
    { .name = "individual-revoked",
      .kind = KIND_SIGN,
      TESTOV,
      .iin = "123456789011",
      .eku = EKU_SIGN EKU_INDIVIDUAL,
      ONE_YEAR,
      .revoked_days = -10,
      .purpose = "an individual whose certificate is revoked" },
    { .name = "individual-expired",
      .kind = KIND_SIGN,
      TESTOV,
      .iin = "123456789011",
      .eku = EKU_SIGN EKU_INDIVIDUAL,
      .from_days = -2 * YEAR,
      .to_days = -YEAR,
      .purpose = "an individual whose certificate has run out" },
    { .name = "individual-auth-revoked",
      .kind = KIND_AUTH,
      TESTOV,
      .iin = "123456789011",
      .eku = EKU_AUTH EKU_INDIVIDUAL,
      ONE_YEAR,
      .revoked_days = -10,
      .purpose = "an authentication key whose certificate is revoked" },
    { .name = "individual-auth-expired",
      .kind = KIND_AUTH,
      TESTOV,
      .iin = "123456789011",
      .eku = EKU_AUTH EKU_INDIVIDUAL,
      .from_days = -2 * YEAR,
      .to_days = -YEAR,
      .purpose = "an authentication key whose certificate has run out" },
    { .name = "individual-2-auth",
      .kind = KIND_AUTH,
      .common_name = "ЖҮСІПОВА ӘСЕЛ",
      .surname = "ЖҮСІПОВА",
      .patronymic = "СЕРІКҚЫЗЫ",
      .iin = "987654321098",
      .eku = EKU_AUTH EKU_INDIVIDUAL,
      ONE_YEAR,
      .purpose = "the other individual's authentication key" },
    { .name = "legal-entity-auth",
      .kind = KIND_AUTH,
      TESTOV,
      .iin = "123456789011",
      .organisation = "АО \"ТЕСТ\"",
      .bin = "123456789021",
      .eku = EKU_AUTH EKU_LEGAL ",1.2.398.3.3.4.1.2.5",
      ONE_YEAR,
      .purpose = "the employee's authentication key" },
    { .name = "gateway",
      .kind = KIND_SYSTEM,
      UID_SYSTEM,
      .common_name = "ИС \"Шлюз электронного правительства\"",
      .organisation = "АО \"НИТ\"",
      .bin = "000740000728",
      .eku = EKU_LEGAL,
      ONE_YEAR,
      .purpose = "the gateway (ШЭП)" },
    { .name = "adapter",
      .kind = KIND_SYSTEM,
      UID_SYSTEM,
      .common_name = "ИС \"shep-adapter\"",
      .organisation = "ТОО \"АДАПТЕР\"",
      .bin = "987654321013",
      .eku = EKU_LEGAL,
      ONE_YEAR,
      .purpose = "the adapter: it signs our answers" },
    { .name = "caller",
      .kind = KIND_SYSTEM,
      UID_SYSTEM,
      .common_name = "ИС \"Тест\"",
      .organisation = "АО \"ТЕСТ\"",
      .bin = "123456789021",
      .eku = EKU_LEGAL,
      ONE_YEAR,
      .purpose = "the sender's information system" },
    { .name = "caller-auth",
      .kind = KIND_AUTH,
      UID_SYSTEM,
      .common_name = "ИС \"Тест\"",
      .organisation = "АО \"ТЕСТ\"",
      .bin = "123456789021",
      .eku = EKU_AUTH EKU_LEGAL,
      ONE_YEAR,
      .purpose = "the same system's authentication key" },
    { .name = "coid",
      .kind = KIND_SYSTEM,
      COID,
      ONE_YEAR,
      .purpose = "ЦОИД: it signs its answers" },
    { .name = "coid-expired",
      .kind = KIND_SYSTEM,
      COID,
      .from_days = -2 * YEAR,
      .to_days = -YEAR,
      .purpose = "ЦОИД: a signer whose certificate has run out" },
};

const struct entity *holder_find(const char *name)
{
    for (size_t i = 0; i < HOLDER_COUNT; i++)
        if (strcmp(holders[i].name, name) == 0)
            return &holders[i];
    return NULL;
}

bool family_has(const struct family *family, const struct entity *holder)
{
    return !holder->in_directory || family->algorithm != ALG_RSA_SHA256;
}
