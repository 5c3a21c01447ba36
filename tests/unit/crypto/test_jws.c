/* The JWS of ЦОИД: the contract's printed examples, every setting, and each way to be wrong. */
#include "unit/crypto/usual_pki.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "crypto/gost/kzgost.h"
#include "crypto/jws.h"

#include <stdio.h>
#include <stdlib.h>

#define BODY SLICE("{\"Data\":{\"ИИН\":\"123456789011\"}}")

static struct bytes *signed_as(const struct pki *by, const struct jws_settings *settings)
{
    struct bytes *text = NULL;
    struct err err;

    assert_ok(jws_sign(by->leaf.key, BODY, settings, &text, &err), &err);
    return text;
}

/* The judgement of the made PKI that knows its leaf's certificate. */
static struct judge knowing(const struct pki *by, const struct cert *const *certs)
{
    struct judge judge = pki_judge(by);

    judge.purpose = PURPOSE_TRANSPORT;
    judge.extra = certs;
    judge.extra_count = 1;
    return judge;
}

static void expect(const struct judge *judge, struct slice text, struct slice body,
                   const struct jws_params *params, enum verdict verdict, const char *words)
{
    AUTO(report_free) struct report *report = report_new();
    enum verdict given = jws_judge(judge, text, body, params, report);
    const char *said = given == VERDICT_VALID ? report_covers(report) : report_reason(report);

    if (given != verdict || !strstr(said, words))
        fail_msg("%s: «%s», expected %s: «%s»", verdict_name(given), said, verdict_name(verdict),
                 words);
}

static const struct jws_params usual = { .input = JWS_INPUT_BODY };

/* ---- the examples in print ---- */

/* The non-blank characters of the lines from..to of the contract. */
static struct bytes *printed(int from, int to)
{
    const char *shared = secure_getenv("SHEP_SHARED");
    struct bytes *text = bytes_new(4096);
    char path[512];
    char line[4096];

    assert_true(text_format(path, sizeof(path), "%s/seeds/002_00c26a04248b9011.txt",
                            shared ? shared : "../shared"));
    FILE *file = fopen(path, "rbe");
    if (!file) {
        print_message("SKIP: no ../shared\n");
        bytes_free(text);
        return NULL;
    }
    for (int number = 1; number <= to && fgets(line, sizeof(line), file); number++)
        for (const char *c = line; number >= from && *c; c++)
            if (!strchr(" \r\n", *c))
                bytes_add(text, slice_mem(c, 1));
    (void)fclose(file);
    return text;
}

/* req 2.45 */
static void the_printed_examples_are_read_and_made_again_byte_for_byte(void **state)
{
    static const struct {
        int from, to;
        const char *kid;
    } rows[] = {
        { 849, 855, "1aa4cdab8604dc75c86eefc0bbc5e1b8b0a518f439276da489fedbb88e1a1fb" },
        { 2021, 2027, "1a1c004f639577146e5704830b8106822028908d7cb32341fb9bf677feaa78bc" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(bytes_free) struct bytes *text = printed(rows[i].from, rows[i].to);
        AUTO(jws_free) struct jws *jws = NULL;
        struct slice payload;
        struct err err;

        if (!text) {
            skip();
            return;
        }
        assert_ok(jws_parse(bytes_slice(text), &jws, &err), &err);
        assert_true(slice_eq_str(jws_alg(jws), "ECGOST34310"));
        assert_true(slice_eq_str(jws_kid(jws), rows[i].kid));
        assert_int_equal(jws_iss(jws).len, 0);
        assert_int_equal(jws_signature(jws).len, 64);
        assert_false(jws_payload(jws, &payload));
        AUTO(bytes_free)
        struct bytes *again = jws_compose(jws_header(jws), (struct slice){ NULL, 0 },
                                          jws_signature(jws), JWS_BASE64_STD);
        assert_string_equal(again->at, text->at);
    }
}

/* ---- our own ---- */

struct family {
    const char *key, *alg;
    size_t bytes; /* of a signature */
};

static void check_form(struct slice text, const struct pki *by, const struct family *family,
                       const struct jws_settings *settings)
{
    AUTO(jws_free) struct jws *jws = NULL;
    struct slice payload;
    struct err err;

    assert_ok(jws_parse(text, &jws, &err), &err);
    assert_true(slice_eq_str(jws_alg(jws), family->alg));
    assert_true(slice_eq_str(jws_kid(jws), cert_signer(by->leaf.cert)->serial));
    assert_true(slice_eq_str(jws_iss(jws), settings->iss ? settings->iss : ""));
    assert_int_equal(jws_signature(jws).len, family->bytes);
    assert_int_equal(jws_payload(jws, &payload), settings->attached);
    assert_int_equal(strstr(text.at, "..") != NULL, !settings->attached);
    assert_int_equal(strpbrk(text.at, "+/=") != NULL, settings->alphabet == JWS_BASE64_STD);
}

static void check_verdicts(struct slice text, const struct pki *by,
                           const struct jws_settings *settings)
{
    const struct cert *const certs[] = { by->leaf.cert };
    const struct jws_params params = { .input = settings->input };
    const struct jws_params other = { .input = JWS_INPUT_RFC7515 - settings->input };
    struct judge judge = knowing(by, certs);

    expect(&judge, text, BODY, &params, VERDICT_VALID,
           settings->input == JWS_INPUT_BODY ? "the body, " : "header and body");
    expect(&judge, text, BODY, &other, VERDICT_INVALID, "signature: ");
    expect(&judge, text, SLICE("{}"), &params, VERDICT_INVALID,
           settings->attached ? "digest: " : "signature: ");
    expect(&judge, text, (struct slice){ NULL, 0 }, &params,
           settings->attached ? VERDICT_VALID : VERDICT_INDETERMINATE, "");
}

/* req 2.41, 2.43, 2.44, 2.51, C-09, C-10 */
static void every_setting_is_made_and_verified(void **state)
{
    static const struct family families[] = { { KZGOST_KEY_2015_512, "GOST3410-2015-512", 128 },
                                              { KZGOST_KEY_2004, "ECGOST34310", 64 },
                                              { KZGOST_KEY_GAMMA, "ECGOST34310", 64 } };

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        struct pki *one = pki_new(families[k].key);
        for (unsigned bits = 0; bits < 16; bits++) {
            const struct jws_settings settings = {
                .input = bits & 1 ? JWS_INPUT_RFC7515 : JWS_INPUT_BODY,
                .order = bits & 2 ? JWS_ORDER_BE_SR : JWS_ORDER_LE_RS,
                .alphabet = bits & 4 ? JWS_BASE64_STD : JWS_BASE64_URL,
                .attached = (bits & 8) != 0,
                .iss = bits & 2 ? "CN=ТЕСТ,C=KZ" : NULL,
            };
            AUTO(bytes_free) struct bytes *text = signed_as(one, &settings);
            check_form(bytes_slice(text), one, &families[k], &settings);
            check_verdicts(bytes_slice(text), one, &settings);
        }
        pki_free(one);
    }
}

/* A 34.310-2004 key writes LE(r) ‖ LE(s) itself, TumarCSP's the reverse. */
static void the_order_is_the_one_that_was_asked_for(void **state)
{
    static const struct {
        const char *key;
        enum jws_order order;
        const char *told;
    } rows[] = { { KZGOST_KEY_2004, JWS_ORDER_LE_RS, "own order" },
                 { KZGOST_KEY_2004, JWS_ORDER_BE_SR, "reversed order" },
                 { KZGOST_KEY_GAMMA, JWS_ORDER_LE_RS, "reversed order" },
                 { KZGOST_KEY_GAMMA, JWS_ORDER_BE_SR, "own order" } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pki *one = pki_new(rows[i].key);
        const struct cert *const certs[] = { one->leaf.cert };
        const struct jws_settings settings = { .order = rows[i].order };
        struct judge judge = knowing(one, certs);
        AUTO(bytes_free) struct bytes *text = signed_as(one, &settings);
        AUTO(report_free) struct report *report = report_new();
        bool found = false;

        assert_int_equal(jws_judge(&judge, bytes_slice(text), BODY, &usual, report), VERDICT_VALID);
        for (size_t r = 0; r < report_row_count(report); r++)
            found = found || strstr(report_row(report, r).detail, rows[i].told);
        if (!found)
            fail_msg("row %zu: not «%s»", i, rows[i].told);
        pki_free(one);
    }
}

/* req 2.48; kz-crypto.md section 4: 63 and 64 digits */
static void kid_is_a_number(void **state)
{
    static const struct {
        const char *kid;
        bool same;
    } rows[] = { { "1aa4cd", true },  { "01aa4cd", true },  { "0001AA4CD", true },
                 { "1aa4ce", false }, { "1aa4cd0", false }, { "", false },
                 { "0", false },      { "1aa4cdz", false } };
    const struct made_params params = { .cn = "S", .serial = "1746125" }; /* 0x1aa4cd */
    struct made made = made_new(&params, NULL);

    (void)state;
    assert_string_equal(cert_signer(made.cert)->serial, "1aa4cd");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (jws_kid_is(slice_str(rows[i].kid), made.cert) != rows[i].same)
            fail_msg("kid «%s»", rows[i].kid);
    made_free(&made);
    const struct made_params high = { .cn = "S", .serial = "-1746125" }; /* INTEGER e5 5b 33 */
    made = made_new(&high, NULL);
    assert_true(jws_kid_is(SLICE("e55b33"), made.cert));
    assert_true(jws_kid_is(SLICE("00E55B33"), made.cert));
    assert_false(jws_kid_is(SLICE("1aa4cd"), made.cert));
    made_free(&made);
}

/* req 2.45, 2.48: the printed kids are numbers of 63 and 64 digits */
static void the_printed_kids_are_serial_numbers_of_certificates(void **state)
{
    static const struct {
        const char *serial; /* decimal */
        const char *kid, *longer;
    } rows[] = {
        { "753207279003400008121447096847142160372800158500484451630312686509971579387",
          "1aa4cdab8604dc75c86eefc0bbc5e1b8b0a518f439276da489fedbb88e1a1fb",
          "01aa4cdab8604dc75c86eefc0bbc5e1b8b0a518f439276da489fedbb88e1a1fb" },
        { "11809607921301910837657508993927911387413863452487460140428893742891761563836",
          "1a1c004f639577146e5704830b8106822028908d7cb32341fb9bf677feaa78bc",
          "001A1C004F639577146E5704830B8106822028908D7CB32341FB9BF677FEAA78BC" },
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct made_params params = { .cn = "S", .serial = rows[i].serial };
        struct made made = made_new(&params, NULL);
        assert_true(jws_kid_is(slice_str(rows[i].kid), made.cert));
        assert_true(jws_kid_is(slice_str(rows[i].longer), made.cert));
        assert_false(jws_kid_is(slice_str(rows[1 - i].kid), made.cert));
        made_free(&made);
    }
}

/* C-09: either alphabet, with padding or without, in each part by itself */
static void base64_is_read_as_it_comes(void **state)
{
    const struct cert *const certs[] = { pki->leaf.cert };
    struct judge judge = knowing(pki, certs);

    (void)state;
    for (unsigned bits = 0; bits < 4; bits++) {
        const struct jws_settings settings = {
            .alphabet = bits & 1 ? JWS_BASE64_STD : JWS_BASE64_URL,
        };
        AUTO(bytes_free) struct bytes *text = signed_as(pki, &settings);
        AUTO(bytes_free) struct bytes *other = bytes_new(4096);
        for (size_t i = 0; i < text->len; i++)
            if (text->at[i] != '=')
                bytes_add(other, slice_mem(&text->at[i], 1));
        if (bits & 2)
            bytes_add_str(other, "="); /* 128 bytes of signature want one */
        expect(&judge, bytes_slice(other), BODY, &usual, VERDICT_VALID, "the body");
    }
}

static struct bytes *with_header(const char *header)
{
    AUTO(bytes_free) struct bytes *raw = NULL;
    struct err err;

    assert_ok(key_sign(pki->leaf.key, BODY, &raw, &err), &err);
    return jws_compose(slice_str(header), (struct slice){ NULL, 0 }, bytes_slice(raw),
                       JWS_BASE64_URL);
}

/* req 2.42, 2.47 */
static void what_is_no_jws_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *header, *words;
    } headers[] = {
        { "{}", "«alg»" },
        { "[]", "«alg»" },
        { "{\"alg\":\"ECGOST34310\"}", "«kid»" },
        { "{\"alg\":\"ECGOST34310\",\"kid\":12}", "«kid»" },
        { "{\"alg\":\"ECGOST34310\",\"kid\":\"\"}", "«kid»" },
        { "{\"alg\":\"ECGOST34310\",\"kid\":\"xyz\"}", "«kid»" },
        { "{\"alg\":1,\"kid\":\"12\"}", "«alg»" },
        { "{\"alg\":\"a\\nb\",\"kid\":\"12\"}", "«alg»" },
        { "{\"alg\":\"ECGOST34310\",\"kid\":\"12\",\"crit\":[\"b64\"]}", "«crit»" },
        { "{\"alg\":\"ECGOST34310\",\"kid\":\"12\",\"iss\":5}", "«iss»" },
        { "{\"alg\":\"ECGOST34310\",\"alg\":\"none\",\"kid\":\"12\"}", "JWS header" },
        { "nothing", "JWS header" },
    };
    static const char *const texts[] = { "",          ".",         "..",
                                         "a..b",      "e30.e30",   "e30..",
                                         "..e30",     "e30...e30", "e30.e30.e30.e30",
                                         "e30. .e30", "e30..e!0",  "e3 0..e30" };
    struct judge judge = pki_judge(pki);

    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        AUTO(bytes_free) struct bytes *text = with_header(headers[i].header);
        expect(&judge, bytes_slice(text), BODY, &usual, VERDICT_INDETERMINATE, headers[i].words);
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect(&judge, slice_str(texts[i]), BODY, &usual, VERDICT_INDETERMINATE, "format: JWS");
    AUTO(bytes_free) struct bytes *large = bytes_new(20000);
    memset(bytes_extend(large, 20000), 'A', 20000);
    expect(&judge, bytes_slice(large), BODY, &usual, VERDICT_INDETERMINATE, "the limit is 16384");
}

/* req 2.48 */
static void alg_must_be_known_allowed_and_the_keys(void **state)
{
    const struct cert *const certs[] = { pki->leaf.cert };
    const char *const names[] = { "none", "RS256", "gost3410-2015-512", "ECGOST34310" };
    struct judge judge = knowing(pki, certs);
    char header[256];

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_true(text_format(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"%s\"}", names[i],
                                cert_signer(pki->leaf.cert)->serial));
        AUTO(bytes_free) struct bytes *text = with_header(header);
        expect(&judge, bytes_slice(text), BODY, &usual, VERDICT_INVALID, "algorithm: ");
    }
    const struct jws_settings settings = { 0 };
    AUTO(bytes_free) struct bytes *good = signed_as(pki, &settings);
    judge.algorithms = ALG_GOST2004;
    expect(&judge, bytes_slice(good), BODY, &usual, VERDICT_INVALID, "is not allowed");
}

/* ---- the certificate ---- */

struct directory {
    const struct cert *certs[2];
    bool away;
};

static enum status find(void *ctx, const struct jws_want *want, struct jws_found *ret_found,
                        struct err *err)
{
    const struct directory *directory = ctx;

    assert_true(want->kid.len > 0);
    assert_true(want->deadline_ms > clock_monotonic_ms());
    if (directory->away)
        return RAISE(err, ST_TIMEOUT, "the directory does not answer");
    for (size_t i = 0; i < 2 && directory->certs[i]; i++)
        jws_found_add(ret_found, directory->certs[i]);
    return ret_found->count ? ST_OK : RAISE(err, ST_NOT_FOUND, "no such kid");
}

/* req 2.48 */
static void the_certificate_is_found_by_kid_or_the_verdict_stays_open(void **state)
{
    struct pki *other = pki_new(NULL);
    const struct cert *mine = pki->leaf.cert;
    const struct cert *foreign = other->leaf.cert;
    const struct jws_settings settings = { 0 };
    AUTO(bytes_free) struct bytes *text = signed_as(pki, &settings);
    struct judge judge = pki_judge(pki);
    struct directory directories[] = {
        { .certs = { mine } }, { .certs = { foreign } }, { .away = true }, { .away = false }
    };
    const struct jws_lookup good = { &directories[0], find };
    const struct jws_lookup wrong = { &directories[1], find };
    const struct jws_lookup away = { &directories[2], find };
    const struct jws_lookup empty = { &directories[3], find };

    (void)state;
    judge.purpose = PURPOSE_TRANSPORT;
    expect(&judge, bytes_slice(text), BODY, &usual, VERDICT_INDETERMINATE, "is not known");
    expect(&judge, bytes_slice(text), BODY, &(struct jws_params){ .lookup = &good }, VERDICT_VALID,
           "the body");
    expect(&judge, bytes_slice(text), BODY, &(struct jws_params){ .lookup = &wrong },
           VERDICT_INDETERMINATE, "is not known");
    expect(&judge, bytes_slice(text), BODY, &(struct jws_params){ .lookup = &away },
           VERDICT_INDETERMINATE, "the directory does not answer");
    expect(&judge, bytes_slice(text), BODY, &(struct jws_params){ .lookup = &empty },
           VERDICT_INDETERMINATE, "is not known");
    judge.pins = &mine;
    judge.pin_count = 1;
    judge.trust = NULL;
    expect(&judge, bytes_slice(text), BODY, &usual, VERDICT_VALID, "the body");
    pki_free(other);
}

static void of_two_certificates_with_one_number_the_signers_is_taken(void **state)
{
    const struct made_params same = { .cn = "SAME",
                                      .serial = "5000",
                                      .usage = "critical,digitalSignature" };
    struct made first = made_new(&same, &pki->ca);
    struct made second = made_new(&same, &pki->ca);
    const struct cert *const certs[] = { first.cert, second.cert };
    struct judge judge = knowing(pki, certs);
    const struct jws_settings settings = { 0 };
    struct err err;

    (void)state;
    judge.extra_count = 2;
    for (size_t i = 0; i < 2; i++) {
        struct bytes *one = NULL;
        assert_ok(jws_sign(i ? second.key : first.key, BODY, &settings, &one, &err), &err);
        expect(&judge, bytes_slice(one), BODY, &usual, VERDICT_VALID, "the body");
        const struct jws_lookup lookup = { &(struct directory){ .certs = { certs[0], certs[1] } },
                                           find };
        judge.extra_count = 0;
        expect(&judge, bytes_slice(one), BODY, &(struct jws_params){ .lookup = &lookup },
               VERDICT_VALID, "the body");
        judge.extra_count = 2;
        bytes_free(one);
    }
    AUTO(bytes_free) struct bytes *foreign = signed_as(pki, &settings);
    expect(&judge, bytes_slice(foreign), BODY, &usual, VERDICT_INDETERMINATE, "is not known");
    made_free(&first);
    made_free(&second);
}

static void every_changed_character_is_seen(void **state)
{
    const struct cert *const certs[] = { pki->leaf.cert };
    const struct jws_settings settings = { .input = JWS_INPUT_RFC7515 };
    const struct jws_params params = { .input = JWS_INPUT_RFC7515 };
    struct judge judge = knowing(pki, certs);
    AUTO(bytes_free) struct bytes *text = signed_as(pki, &settings);

    (void)state;
    judge.signature_only = true;
    /* the last character of a base64 text may hold bits that stand for nothing */
    for (size_t i = 0; i + 1 < text->len; i++) {
        AUTO(report_free) struct report *report = report_new();
        char kept = text->at[i];
        text->at[i] = kept == 'A' ? 'B' : 'A';
        if (jws_judge(&judge, bytes_slice(text), BODY, &params, report) == VERDICT_VALID)
            fail_msg("character %zu", i);
        text->at[i] = kept;
    }
}

static void an_rsa_key_signs_no_jws(void **state)
{
    struct pki *rsa = pki_new("RSA");
    const struct jws_settings settings = { 0 };
    struct bytes *text = NULL;
    struct err err;

    (void)state;
    assert_int_equal(jws_sign(rsa->leaf.key, BODY, &settings, &text, &err), ST_INPUT);
    assert_non_null(strstr(err.text, "RSA-SHA256"));
    pki_free(rsa);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_printed_examples_are_read_and_made_again_byte_for_byte),
        cmocka_unit_test(every_setting_is_made_and_verified),
        cmocka_unit_test(the_order_is_the_one_that_was_asked_for),
        cmocka_unit_test(kid_is_a_number),
        cmocka_unit_test(the_printed_kids_are_serial_numbers_of_certificates),
        cmocka_unit_test(base64_is_read_as_it_comes),
        cmocka_unit_test(what_is_no_jws_is_refused_with_its_reason),
        cmocka_unit_test(alg_must_be_known_allowed_and_the_keys),
        cmocka_unit_test(the_certificate_is_found_by_kid_or_the_verdict_stays_open),
        cmocka_unit_test(of_two_certificates_with_one_number_the_signers_is_taken),
        cmocka_unit_test(every_changed_character_is_seen),
        cmocka_unit_test(an_rsa_key_signs_no_jws),
    };

    return cmocka_run_group_tests(tests, setup_pki, teardown_pki);
}
