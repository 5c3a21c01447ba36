/* Path building among several candidates: each scene is a small country of authorities. */
#include "unit/crypto/path_maker.h"

#include "base/text.h"
#include "crypto/trust_impl.h"

#include <stdio.h>
#include <string.h>

#define ROOT                                                                                       \
    {                                                                                              \
        .id = "root", .place = FOLDER                                                              \
    }
#define CA                                                                                         \
    {                                                                                              \
        .id = "ca", .by = "root", .place = FOLDER                                                  \
    }
#define LEAF                                                                                       \
    {                                                                                              \
        .id = "leaf", .by = "ca", .place = SIGNER                                                  \
    }
#define NOBODY "0102030405060708090A0B0C0D0E0F1011121314"

struct scene {
    const char *name;
    const struct spec specs[16];
    const char *path;    /* ids, signer first; "" where there is none */
    enum check culprit;  /* CHECK_COUNT_: valid */
    const char *says[2]; /* words of the reason: the certificate and why */
};

static const struct scene scenes[] = {
    { "a plain path", { ROOT, CA, LEAF }, "leaf ca root", CHECK_COUNT_, { NULL } },
    { "three authorities between",
      { ROOT,
        CA,
        { .id = "ca2", .by = "ca", .place = MESSAGE },
        { .id = "ca3", .by = "ca2", .place = FOLDER },
        { .id = "leaf", .by = "ca3", .place = SIGNER } },
      "leaf ca3 ca2 ca root",
      CHECK_COUNT_,
      { NULL } },
    /* several candidates */
    { "cross-certified by a root that is not trusted",
      { { .id = "foreign" },
        { .id = "cross", .by = "foreign", .place = FOLDER, .cn = "ca", .key = "ca" },
        ROOT,
        CA,
        LEAF },
      "leaf ca root",
      CHECK_COUNT_,
      { NULL } },
    { "cross-certified, and the trusted way has ended",
      { { .id = "old root", .place = FOLDER, .to_days = -2, .from_days = -20 },
        { .id = "cross", .by = "old root", .place = FOLDER, .cn = "ca", .key = "ca" },
        ROOT,
        { .id = "ca", .by = "root", .place = MESSAGE },
        LEAF },
      "leaf ca root",
      CHECK_COUNT_,
      { NULL } },
    { "an expired certificate of the CA beside the renewed one, same key",
      { ROOT,
        { .id = "old ca",
          .by = "root",
          .place = FOLDER,
          .cn = "ca",
          .key = "ca",
          .from_days = -20,
          .to_days = -2 },
        { .id = "ca", .by = "root", .place = MESSAGE },
        LEAF },
      "leaf ca root",
      CHECK_COUNT_,
      { NULL } },
    { "a CA of the same name with another key, its key identifier tells them apart",
      { ROOT, { .id = "ca2", .by = "root", .place = FOLDER, .cn = "ca" }, CA, LEAF },
      "leaf ca root",
      CHECK_COUNT_,
      { NULL } },
    { "the same without key identifiers: the signature decides",
      { ROOT,
        { .id = "ca2", .by = "root", .place = FOLDER, .cn = "ca" },
        CA,
        { .id = "leaf", .by = "ca", .place = SIGNER, .key_id = "-" } },
      "leaf ca root",
      CHECK_COUNT_,
      { NULL } },
    { "a key identifier that is nobody's is a hint only",
      { ROOT, CA, { .id = "leaf", .by = "ca", .place = SIGNER, .key_id = NOBODY } },
      "leaf ca root",
      CHECK_COUNT_,
      { NULL } },
    { "a renewed root with the same name and another key",
      { { .id = "root2", .place = FOLDER, .cn = "root" }, ROOT, CA, LEAF },
      "leaf ca root",
      CHECK_COUNT_,
      { NULL } },
    { "one way breaks a path length, the other does not",
      { { .id = "narrow", .place = FOLDER, .basic = "critical,CA:TRUE,pathlen:0" },
        { .id = "cross", .by = "narrow", .place = FOLDER, .cn = "mid", .key = "mid" },
        ROOT,
        { .id = "mid", .by = "root", .place = MESSAGE },
        { .id = "ca", .by = "mid", .place = FOLDER },
        LEAF },
      "leaf ca mid root",
      CHECK_COUNT_,
      { NULL } },
    { "a self-signed twin of the CA in the message does not hide the trusted one",
      { ROOT,
        { .id = "twin", .place = MESSAGE, .cn = "ca", .key = "ca" },
        { .id = "ca", .by = "root", .place = MESSAGE },
        LEAF },
      "leaf ca root",
      CHECK_COUNT_,
      { NULL } },
    /* loops and lengths */
    { "two authorities that certify each other",
      { { .id = "b seed", .cn = "b", .key = "b" },
        { .id = "a", .by = "b seed", .place = FOLDER },
        { .id = "b", .by = "a", .place = FOLDER },
        { .id = "leaf", .by = "b", .place = SIGNER } },
      "",
      CHECK_PATH,
      { NULL } },
    { "nine certificates",
      { ROOT,
        { .id = "c1", .by = "root", .place = FOLDER },
        { .id = "c2", .by = "c1", .place = FOLDER },
        { .id = "c3", .by = "c2", .place = FOLDER },
        { .id = "c4", .by = "c3", .place = FOLDER },
        { .id = "c5", .by = "c4", .place = FOLDER },
        { .id = "c6", .by = "c5", .place = FOLDER },
        { .id = "c7", .by = "c6", .place = FOLDER },
        { .id = "leaf", .by = "c7", .place = SIGNER } },
      "",
      CHECK_PATH,
      { "leaf", "longer than 8 certificates" } },
    { "eight certificates",
      { ROOT,
        { .id = "c1", .by = "root", .place = FOLDER },
        { .id = "c2", .by = "c1", .place = FOLDER },
        { .id = "c3", .by = "c2", .place = FOLDER },
        { .id = "c4", .by = "c3", .place = FOLDER },
        { .id = "c5", .by = "c4", .place = FOLDER },
        { .id = "c6", .by = "c5", .place = FOLDER },
        { .id = "leaf", .by = "c6", .place = SIGNER } },
      "leaf c6 c5 c4 c3 c2 c1 root",
      CHECK_COUNT_,
      { NULL } },
    { "a path length that is exceeded",
      { ROOT,
        { .id = "mid", .by = "root", .place = FOLDER, .basic = "critical,CA:TRUE,pathlen:0" },
        { .id = "ca", .by = "mid", .place = FOLDER },
        LEAF },
      "",
      CHECK_PATH,
      { "mid", "path length" } },
    /* who may issue */
    { "an issuer without basicConstraints",
      { ROOT, { .id = "ca", .by = "root", .place = FOLDER, .basic = "-" }, LEAF },
      "",
      CHECK_PATH,
      { "ca, serial", "no basicConstraints" } },
    { "an issuer that says it is no CA",
      { ROOT, { .id = "ca", .by = "root", .place = FOLDER, .basic = "critical,CA:FALSE" }, LEAF },
      "",
      CHECK_PATH,
      { "ca, serial", "not a CA's" } },
    { "an issuer whose key usage lacks keyCertSign",
      { ROOT, { .id = "ca", .by = "root", .place = FOLDER, .usage = "critical,cRLSign" }, LEAF },
      "",
      CHECK_PATH,
      { "ca, serial", "keyCertSign" } },
    { "an issuer of version 1",
      { ROOT, { .id = "ca", .by = "root", .place = FOLDER, .version_1 = true }, LEAF },
      "",
      CHECK_PATH,
      { "ca, serial", "version 3" } },
    { "an anchor of version 1",
      { { .id = "root", .place = FOLDER, .version_1 = true }, CA, LEAF },
      "",
      CHECK_PATH,
      { "root, serial", "version 3" } },
    { "an unknown critical extension of an issuer",
      { ROOT, { .id = "ca", .by = "root", .place = FOLDER, .unknown_critical = true }, LEAF },
      "",
      CHECK_PATH,
      { "ca, serial", "critical extension" } },
    { "an unknown critical extension of the signer",
      { ROOT, CA, { .id = "leaf", .by = "ca", .place = SIGNER, .unknown_critical = true } },
      "",
      CHECK_PATH,
      { "leaf, serial", "critical extension" } },
    /* trust */
    { "a self-signed certificate of the message is no anchor",
      { { .id = "root", .place = MESSAGE }, CA, LEAF },
      "",
      CHECK_PATH,
      { "root, serial", "not among the trusted roots" } },
    { "a self-signed signer",
      { ROOT, { .id = "leaf", .place = SIGNER, .basic = "critical,CA:TRUE" } },
      "",
      CHECK_PATH,
      { "leaf, serial", "not among the trusted roots" } },
    { "the issuer is nowhere",
      { ROOT, { .id = "ca", .by = "root" }, LEAF },
      "",
      CHECK_PATH,
      { "leaf, serial", "not here" } },
    { "the issuer's issuer is nowhere",
      { { .id = "root" }, CA, LEAF },
      "",
      CHECK_PATH,
      { "ca, serial", "not here" } },
    { "another key under the issuer's name",
      { ROOT,
        { .id = "real ca", .by = "root", .cn = "ca" },
        CA,
        { .id = "leaf", .by = "real ca", .place = SIGNER } },
      "",
      CHECK_PATH,
      { "leaf, serial", "not signed by the issuer" } },
    /* names */
    { "letter case, blanks and string types of a name do not matter",
      { { .id = "root", .place = FOLDER, .name = "CN=Root  One,C=KZ" },
        { .id = "ca", .by = "root", .place = FOLDER, .names = "CN=ROOT ONE,C=KZ" },
        LEAF },
      "leaf ca root",
      CHECK_COUNT_,
      { NULL } },
    { "the same RDNs in another order are another name",
      { { .id = "root", .place = FOLDER, .name = "CN=root,C=KZ" },
        { .id = "ca", .by = "root", .place = FOLDER, .names = "C=KZ,CN=root" },
        LEAF },
      "",
      CHECK_PATH,
      { "ca, serial", "not here" } },
    /* dates */
    { "an anchor that has ended",
      { { .id = "root", .place = FOLDER, .from_days = -20, .to_days = -2 }, CA, LEAF },
      "leaf ca root",
      CHECK_DATES,
      { "root, serial", "expired" } },
    { "an issuer that has not begun",
      { ROOT, { .id = "ca", .by = "root", .place = FOLDER, .from_days = 2 }, LEAF },
      "leaf ca root",
      CHECK_DATES,
      { "ca, serial", "not valid before" } },
};

static void find(const struct chain *chain, char dst[256])
{
    const struct judge judge = chain_judge(chain);
    struct path path = { .count = 0 };

    dst[0] = '\0';
    (void)trust_find_path(chain->trust, chain->signer, &judge, NOW_MS, &path);
    for (size_t i = 0; i < path.count; i++) {
        size_t len = strlen(dst);
        text_format(dst + len, 256 - len, "%s%s", i ? " " : "", chain_id(chain, path.certs[i]));
    }
    path_clear(&path);
}

static void check_report(const struct scene *scene, const struct chain *chain)
{
    AUTO(report_free) struct report *report = report_new();
    const struct judge judge = chain_judge(chain);
    enum verdict verdict = trust_judge(&judge, chain->signer, report);
    const char *reason = report_reason(report);

    if (report_culprit(report) != scene->culprit)
        fail_msg("%s: %s", scene->name, reason);
    if (scene->culprit == CHECK_COUNT_) {
        assert_int_equal(verdict, VERDICT_VALID);
        return;
    }
    assert_int_equal(verdict, VERDICT_INVALID);
    for (size_t i = 0; i < 2; i++)
        if (scene->says[i] && !strstr(reason, scene->says[i]))
            fail_msg("%s: «%s» does not say «%s»", scene->name, reason, scene->says[i]);
    for (size_t i = 0; i < report_row_count(report); i++)
        if (report_row(report, i).outcome == OUTCOME_FAILED)
            assert_int_equal(report_row(report, i).check, scene->culprit);
}

static void play(const char *key_type)
{
    for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
        struct chain chain;
        char path[256];

        chain_make(&chain, scenes[i].specs, key_type);
        find(&chain, path);
        if (strcmp(path, scenes[i].path) != 0)
            fail_msg("%s: the path is «%s»", scenes[i].name, path);
        check_report(&scenes[i], &chain);
        chain_clear(&chain);
    }
}

static void the_valid_path_is_found_among_candidates_by_gost(void **state) /* req 0.20, 0.21 */
{
    (void)state;
    play(NULL);
}

static void the_valid_path_is_found_among_candidates_by_rsa(void **state) /* req 0.20, 0.21 */
{
    (void)state;
    play("RSA");
}

static void name_constraints_hold(void **state)
{
    static const struct {
        const char *constraint;
        const char *leaf;
        bool good;
    } rows[] = {
        { "permitted;dirName:kz", "C=KZ,CN=x", true },
        { "permitted;dirName:kz", "C=RU,CN=x", false },
        { "permitted;dirName:kz-x", "C=KZ,O=X,CN=x", true },
        { "permitted;dirName:kz-x", "C=KZ,O=Y,CN=x", false },
        { "excluded;dirName:kz-x", "C=KZ,O=X,CN=x", false },
        { "excluded;dirName:kz-x", "C=KZ,O=Y,CN=x", true },
        { "permitted;email:example.kz", "CN=x,C=KZ,emailAddress=a@example.kz", true },
        { "permitted;email:example.kz", "CN=x,C=KZ,emailAddress=a@example.ru", false },
        { "excluded;email:example.kz", "CN=x,C=KZ,emailAddress=a@example.kz", false },
        { "excluded;email:example.kz", "CN=x,C=KZ,emailAddress=a@other.kz", true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct spec specs[] = {
            ROOT,
            { .id = "ca", .by = "root", .place = FOLDER, .constraints = rows[i].constraint },
            { .id = "leaf", .by = "ca", .place = SIGNER, .name = rows[i].leaf },
            { .id = NULL },
        };
        struct chain chain;
        AUTO(report_free) struct report *report = report_new();

        chain_make(&chain, specs, NULL);
        const struct judge judge = chain_judge(&chain);
        enum verdict verdict = trust_judge(&judge, chain.signer, report);
        if (verdict != (rows[i].good ? VERDICT_VALID : VERDICT_INVALID))
            fail_msg("row %zu: %s", i, report_reason(report));
        assert_int_equal(report_culprit(report), rows[i].good ? CHECK_COUNT_ : CHECK_PATH);
        if (!rows[i].good)
            assert_non_null(strstr(report_reason(report), "x, serial"));
        chain_clear(&chain);
    }
}

static void weak_links_fail_whatever_is_allowed(void **state)
{
    static const struct {
        const char *digest, *key;
        unsigned algorithms;
        bool good;
        const char *says;
    } rows[] = {
        { "SHA256", "ca", 0, true, "" },
        { "SHA512", "ca", 0, true, "" },
        { "SHA1", "ca", 0, false, "over SHA-1" },
        { "SHA1", "ca", ALG_DEFAULT | ALG_RSA_SHA1, true, "" },
        { "MD5", "ca", 0, false, "proves nothing" },
        { "MD5", "ca", ALG_DEFAULT | ALG_RSA_SHA1, false, "proves nothing" },
        { "SHA256", "short", 0, false, "too short" },
        { "SHA256", "short", ALG_DEFAULT | ALG_RSA_SHA1, false, "too short" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct spec specs[] = {
            { .id = "root",
              .place = FOLDER,
              .digest = "SHA1" }, /* its own signature is not asked */
            { .id = "ca",
              .by = "root",
              .place = FOLDER,
              .digest = rows[i].digest,
              .key = rows[i].key },
            LEAF,
            { .id = NULL },
        };
        struct chain chain;
        AUTO(report_free) struct report *report = report_new();

        chain_make(&chain, specs, "RSA");
        struct judge judge = chain_judge(&chain);
        judge.algorithms = rows[i].algorithms;
        enum verdict verdict = trust_judge(&judge, chain.signer, report);
        if (verdict != (rows[i].good ? VERDICT_VALID : VERDICT_INVALID))
            fail_msg("row %zu: %s", i, report_reason(report));
        if (!rows[i].good) {
            assert_int_equal(report_culprit(report), CHECK_PATH);
            assert_non_null(strstr(report_reason(report), "ca, serial"));
            assert_non_null(strstr(report_reason(report), rows[i].says));
        }
        /* what the lenient judge found is not remembered for the strict one */
        if (rows[i].algorithms) {
            AUTO(report_free) struct report *strict = report_new();
            judge.algorithms = 0;
            assert_int_equal(trust_judge(&judge, chain.signer, strict), VERDICT_INVALID);
        }
        chain_clear(&chain);
    }
}

/* Many of one name: the search ends, and says so. */
static void a_message_full_of_namesakes_costs_a_bounded_search(void **state)
{
    enum { NAMESAKES = 200 };
    static const struct spec specs[] = { ROOT, { .id = "ca", .by = "root" }, LEAF, { .id = NULL } };
    struct chain chain;
    struct made made[4];
    const struct cert *extra[NAMESAKES];
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    chain_make(&chain, specs, NULL);
    for (size_t i = 0; i < 4; i++)
        made[i] =
            made_new(&(struct made_params){ .cn = "ca", .ca = true, .usage = "keyCertSign" }, NULL);
    for (size_t i = 0; i < NAMESAKES; i++)
        extra[i] = made[i % 4].cert;
    struct judge judge = chain_judge(&chain);
    judge.extra = extra;
    judge.extra_count = NAMESAKES;
    assert_int_equal(trust_judge(&judge, chain.signer, report), VERDICT_INVALID);
    assert_int_equal(report_culprit(report), CHECK_PATH);
    /* the key identifier finds the right one among them */
    AUTO(report_free) struct report *found = report_new();
    extra[NAMESAKES - 1] = chain.certs[1];
    assert_int_equal(trust_judge(&judge, chain.signer, found), VERDICT_VALID);
    for (size_t i = 0; i < 4; i++)
        made_free(&made[i]);
    chain_clear(&chain);
}

static void the_path_rows_name_each_certificate_and_its_dates(void **state) /* req 0.18–0.20 */
{
    static const struct spec specs[] = { ROOT, CA, LEAF, { .id = NULL } };
    static const char *const want[] = {
        "signer: leaf, serial 66, valid 2026-11-21T14:00:00+05:00 to 2027-11-22T14:00:00+05:00",
        "intermediate: ca, serial 65, valid 2026-11-21T14:00:00+05:00 to 2027-11-22T14:00:00+05:00",
        "anchor: root, serial 64, valid 2026-11-21T14:00:00+05:00 to 2027-11-22T14:00:00+05:00",
    };
    struct chain chain;
    AUTO(report_free) struct report *report = report_new();
    AUTO(bytes_free) struct bytes *json = NULL;
    struct err err;

    (void)state;
    chain_make(&chain, specs, NULL);
    const struct judge judge = chain_judge(&chain);
    assert_int_equal(trust_judge(&judge, chain.signer, report), VERDICT_VALID);
    assert_ok(report_json(report, &json, &err), &err);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(report_row(report, i).check, CHECK_PATH);
        assert_string_equal(report_row(report, i).detail, want[i]);
        assert_non_null(strstr(json->at, want[i]));
    }
    chain_clear(&chain);
}

/* Both ends count, to the second; a bad date of any link is told by Astana's clock. */
static void the_ends_of_each_certificate_are_inclusive(void **state) /* req 0.18, 0.19 */
{
    static const struct spec specs[] = {
        { .id = "root", .place = FOLDER, .from_days = -30, .to_days = 30 },
        { .id = "ca", .by = "root", .place = FOLDER, .from_days = -20, .to_days = 20 },
        { .id = "leaf", .by = "ca", .place = SIGNER, .from_days = -10, .to_days = 10 },
        { .id = NULL },
    };
    static const struct {
        int64_t at_ms;
        const char *says; /* NULL: valid */
    } rows[] = {
        { NOW_MS - 10LL * DAY_MS, NULL },
        { NOW_MS - 10LL * DAY_MS - 1,
          "leaf, serial 66: not valid before 2026-11-12T14:00:00+05:00" },
        { NOW_MS + 10LL * DAY_MS, NULL },
        { NOW_MS + 10LL * DAY_MS + 999, NULL },
        { NOW_MS + 10LL * DAY_MS + 1000, "leaf, serial 66: expired on 2026-12-02T14:00:00+05:00" },
    };
    struct chain chain;

    (void)state;
    chain_make(&chain, specs, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(report_free) struct report *report = report_new();
        struct judge judge = chain_judge(&chain);
        judge.now_ms = rows[i].at_ms;
        enum verdict verdict = trust_judge(&judge, chain.signer, report);
        assert_int_equal(verdict, rows[i].says ? VERDICT_INVALID : VERDICT_VALID);
        if (rows[i].says) {
            assert_int_equal(report_culprit(report), CHECK_DATES);
            assert_non_null(strstr(report_reason(report), rows[i].says));
        }
    }
    chain_clear(&chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_valid_path_is_found_among_candidates_by_gost),
        cmocka_unit_test(the_valid_path_is_found_among_candidates_by_rsa),
        cmocka_unit_test(name_constraints_hold),
        cmocka_unit_test(weak_links_fail_whatever_is_allowed),
        cmocka_unit_test(a_message_full_of_namesakes_costs_a_bounded_search),
        cmocka_unit_test(the_path_rows_name_each_certificate_and_its_dates),
        cmocka_unit_test(the_ends_of_each_certificate_are_inclusive),
    };

    return cmocka_run_group_tests(tests, setup_crypto, path_maker_teardown);
}
