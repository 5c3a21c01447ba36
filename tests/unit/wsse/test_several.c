/* Several enveloped signatures: one over the other, side by side, and what is neither. */
#include "unit/wsse/fixture.h"
#include "unit/wsse/xmlsec1.h"
#include "wsse/names.h"

#include <ctype.h>
#include <stdio.h>

#define BARE "<r><v>1</v></r>"
#define END "</ds:Signature>"

static const struct soap_params usual = { 0 };

/* A: RSA, B: ГОСТ 34.10-2015, C: ГОСТ 34.310-2004; small letters as well. */
static const struct key *key_of(char letter)
{
    static const enum keys keys[] = { KEYS_RSA, KEYS_GOST2015, KEYS_GOST2004 };

    return pki_of(keys[toupper((unsigned char)letter) - 'A'])->leaf.key;
}

static char *over(const char *xml, char letter)
{
    char *half = strndup(xml, strlen(xml) - strlen("</r>"));
    char *whole = xml_sign(half, &usual, "</r>", key_of(letter));

    free(half);
    return whole;
}

static char *alone(char letter)
{
    AUTO_FREE char *document = over(BARE, letter);

    return soap_cut(document, "<ds:Signature", END);
}

static char *append(const char *xml, const char *piece)
{
    AUTO_FREE char *half = strndup(xml, strlen(xml) - strlen("</r>"));

    return soap_join((const char *const[]){ half, piece, "</r>", NULL });
}

static char *beside(const char *xml, char letter)
{
    AUTO_FREE char *signature = alone(letter);

    return append(xml, signature);
}

/* A letter is one more signature: a capital one over all before it, a small one over the bare
 * document. */
static char *build(const char *shape)
{
    char *xml = strdup(BARE);

    for (; *shape; shape++) {
        char *next = isupper((unsigned char)*shape) ? over(xml, *shape) : beside(xml, *shape);

        free(xml);
        xml = next;
    }
    return xml;
}

static struct judge judge_of_all(void)
{
    struct judge how = pki_judge(pki_of(KEYS_RSA));

    how.trust = wsse_usual(KEYS_RSA).trust;
    return how;
}

static void expect_covers(const struct report *report, const char *shape, size_t i)
{
    const char *covers = report_signer_covers(report, i);
    char wanted[64] = "the whole document";

    if (i == 0 || islower((unsigned char)shape[i]))
        (void)snprintf(wanted, sizeof(wanted), "the whole document%s",
                       shape[1] ? " without any signature" : "");
    else if (i == 1)
        (void)snprintf(wanted, sizeof(wanted), "the whole document with signature 1");
    else
        (void)snprintf(wanted, sizeof(wanted), "the whole document with signatures 1 to %zu", i);
    assert_string_equal(covers, wanted);
}

/* Of several each row says which it is about. */
static void expect_rows_to_tell(const struct report *report)
{
    for (size_t i = 0; i < report_row_count(report); i++) {
        const struct report_row row = report_row(report, i);
        char who[32];

        (void)snprintf(who, sizeof(who), "signature %zu: ", row.signature);
        assert_int_equal(row.signature == 0, row.check == CHECK_FORMAT);
        if (row.signature)
            assert_int_equal(strncmp(row.detail, who, strlen(who)), 0);
    }
}

static void every_signature_has_its_coverage_and_verdict(void **state) /* req 0.13, 0.66 */
{
    static const char *const shapes[] = { "A", "AA", "AB", "Ab", "BA", "ABC", "Abc", "AbC", "aBc" };
    const struct judge how = judge_of_all();

    (void)state;
    for (size_t n = 0; n < sizeof(shapes) / sizeof(shapes[0]); n++) {
        AUTO_FREE char *xml = build(shapes[n]);
        AUTO(report_free) struct report *report = report_new();

        if (xmlsig_judge_enveloped(&how, slice_str(xml), &usual_limits, report) != VERDICT_VALID)
            fail_msg("%s: %s", shapes[n], report_reason(report));
        assert_int_equal(report_signer_count(report), strlen(shapes[n]));
        for (size_t i = 0; i < report_signer_count(report); i++) {
            const struct signer *signer = cert_signer(key_cert(key_of(shapes[n][i])));

            assert_int_equal(report_signer_verdict(report, i), VERDICT_VALID);
            assert_string_equal(report_signer(report, i)->serial, signer->serial);
            expect_covers(report, shapes[n], i);
        }
        if (report_signer_count(report) > 1)
            expect_rows_to_tell(report);
        assert_string_not_equal(report_covers(report), "");
    }
}

/* ---- what is refused ---- */

static char *swap(const char *xml)
{
    AUTO_FREE char *first = soap_cut(xml, "<ds:Signature", END);
    AUTO_FREE char *rest = soap_replace(xml, first, "");

    return append(rest, first);
}

static char *copy_first(const char *xml)
{
    AUTO_FREE char *first = soap_cut(xml, "<ds:Signature", END);

    return append(xml, first);
}

/* The same value in other words. */
static char *copy_with_blanks(const char *xml)
{
    AUTO_FREE char *first = soap_cut(xml, "<ds:Signature", END);
    AUTO_FREE char *other = soap_replace(first, "<ds:SignatureValue>", "<ds:SignatureValue>\n  \n");

    return append(xml, other);
}

static char *drop_first(const char *xml)
{
    AUTO_FREE char *first = soap_cut(xml, "<ds:Signature", END);

    return soap_replace(xml, first, "");
}

static char *break_second(const char *xml)
{
    char *changed = strdup(xml);
    char *value = strstr(strstr(changed, END), "<ds:SignatureValue>") + 24;

    *value = *value == 'A' ? 'B' : 'A';
    return changed;
}

static char *break_last_digest(const char *xml)
{
    char *changed = strdup(xml);
    char *value = changed;

    for (char *at = changed; (at = strstr(at, "<ds:DigestValue>")); at++)
        value = at + 18;
    assert_ptr_not_equal(value, changed);
    *value = *value == 'A' ? 'B' : 'A';
    return changed;
}

static char *blank_between(const char *xml)
{
    AUTO_FREE char *spaced = append(xml, "\n");

    return over(spaced, 'B');
}

static char *change_content(const char *xml)
{
    return soap_replace(xml, "<v>1</v>", "<v>2</v>");
}

static char *add_content(const char *xml)
{
    return append(xml, "<v>2</v>");
}

static char *bury_first(const char *xml)
{
    AUTO_FREE char *first = soap_cut(xml, "<ds:Signature", END);
    AUTO_FREE char *buried = soap_join((const char *const[]){ "<w>", first, "</w>", NULL });

    return soap_replace(xml, first, buried);
}

/* The second signs a document that hides the first in an element of its own. */
static char *wrap_first(const char *xml)
{
    AUTO_FREE char *buried = bury_first(xml);

    return over(buried, 'B');
}

static char *into_key_info(const char *xml)
{
    AUTO_FREE char *second = alone('B');
    AUTO_FREE char *held = soap_join((const char *const[]){ second, "</ds:KeyInfo>", NULL });

    return soap_replace(xml, "</ds:KeyInfo>", held);
}

static char *into_object(const char *xml)
{
    AUTO_FREE char *second = alone('B');
    AUTO_FREE char *held = soap_join(
        (const char *const[]){ "<ds:Object>", second, "</ds:Object></ds:Signature>", NULL });

    return soap_replace(xml, END, held);
}

static char *an_empty_one_more(const char *xml)
{
    return append(xml, "<ds:Signature xmlns:ds=\"" NS_DS "\"/>");
}

static char *many(const char *xml)
{
    char *grown = strdup(xml);

    for (unsigned i = 0; i < 16; i++) {
        char *next = an_empty_one_more(grown);

        free(grown);
        grown = next;
    }
    return grown;
}

/* verdicts: of each signature, V or I; "": the document was not judged so far. */
static const struct {
    const char *name;
    const char *shape;
    char *(*edit)(const char *xml);
    enum verdict verdict;
    enum check culprit;
    const char *words;
    const char *verdicts;
} refused[] = {
    { "the content of all is changed", "ABC", change_content, VERDICT_INVALID, CHECK_DIGEST,
      "signature 1: the whole document without any signature was changed", "III" },
    { "content is added behind", "AB", add_content, VERDICT_INVALID, CHECK_DIGEST,
      "signature 1: ", "II" },
    { "one value of three is another", "Abc", break_second, VERDICT_INVALID, CHECK_SIGNATURE,
      "signature 2: ds:SignatureValue does not belong", "VIV" },
    { "an earlier value is another", "ABC", break_second, VERDICT_INVALID, CHECK_SIGNATURE,
      "signature 2: ", "VII" },
    { "the last digest is another", "ABC", break_last_digest, VERDICT_INVALID, CHECK_DIGEST,
      "signature 3: the document was changed after signing: the digest is neither", "VVI" },
    { "the order is another", "AB", swap, VERDICT_INVALID, CHECK_DIGEST, "signature 1: ", "IV" },
    { "the first is gone", "AB", drop_first, VERDICT_INVALID, CHECK_DIGEST, "the whole document",
      NULL },
    { "a copy", "A", copy_first, VERDICT_INVALID, CHECK_COVERAGE,
      "signature 2: a copy of signature 1", "VI" },
    { "a copy in other words", "AB", copy_with_blanks, VERDICT_INVALID, CHECK_COVERAGE,
      "signature 3: a copy of signature 1", "VVI" },
    { "a line break between them", "A", blank_between, VERDICT_INVALID, CHECK_DIGEST,
      "signature 1: ", "IV" },
    { "deeper than a child", "A", bury_first, VERDICT_INVALID, CHECK_COVERAGE,
      "1 of 1 ds:Signature are not children of the document element", "" },
    { "a signature wrapped and signed", "A", wrap_first, VERDICT_INVALID, CHECK_COVERAGE,
      "1 of 2 ds:Signature are not children", "" },
    { "a signature in a KeyInfo", "A", into_key_info, VERDICT_INVALID, CHECK_COVERAGE,
      "1 of 2 ds:Signature are not children", "" },
    { "a signature in an Object", "A", into_object, VERDICT_INVALID, CHECK_COVERAGE,
      "1 of 2 ds:Signature are not children", "" },
    { "an empty Signature beside a good one", "A", an_empty_one_more, VERDICT_INVALID,
      CHECK_COVERAGE, "signature 2: ds:Signature does not start with ds:SignedInfo", "VI" },
    { "seventeen", "A", many, VERDICT_INDETERMINATE, CHECK_FORMAT, "the limit is 16", "" },
};

static bool has_verdicts(const struct report *report, const char *verdicts)
{
    if (!verdicts)
        return report_signer_count(report) == 0;
    if (report_signer_count(report) != strlen(verdicts))
        return false;
    for (size_t i = 0; verdicts[i]; i++)
        if ((report_signer_verdict(report, i) == VERDICT_VALID) != (verdicts[i] == 'V'))
            return false;
    return true;
}

static void anything_else_is_refused_by_the_signature_it_concerns(void **state)
{
    const struct judge how = judge_of_all();
    unsigned failures = 0;

    (void)state;
    for (size_t n = 0; n < sizeof(refused) / sizeof(refused[0]); n++) {
        AUTO_FREE char *good = build(refused[n].shape);
        AUTO_FREE char *evil = refused[n].edit(good);
        AUTO(report_free) struct report *report = report_new();
        const enum verdict verdict =
            xmlsig_judge_enveloped(&how, slice_str(evil), &usual_limits, report);

        if (verdict == refused[n].verdict && report_culprit(report) == refused[n].culprit &&
            strstr(report_reason(report), refused[n].words) &&
            has_verdicts(report, refused[n].verdicts))
            continue;
        print_message("%s: %s\n", refused[n].name, report_reason(report));
        print_report(report);
        failures++;
    }
    assert_int_equal(failures, 0);
}

static void a_signer_that_is_not_trusted_is_named(void **state)
{
    struct judge rsa_alone = pki_judge(pki_of(KEYS_RSA));
    struct judge without = judge_of_all();
    AUTO_FREE char *xml = build("ABC");
    AUTO(report_free) struct report *untrusted = report_new();
    AUTO(report_free) struct report *forbidden = report_new();

    (void)state;
    assert_int_equal(xmlsig_judge_enveloped(&rsa_alone, slice_str(xml), &usual_limits, untrusted),
                     VERDICT_INVALID);
    assert_int_equal(report_culprit(untrusted), CHECK_PATH);
    assert_non_null(strstr(report_reason(untrusted), "signature 2: "));
    assert_true(has_verdicts(untrusted, "VII"));
    assert_string_not_equal(report_covers(untrusted), ""); /* what stands is told all the same */
    without.algorithms = ALG_DEFAULT & ~(unsigned)ALG_GOST2015_512;
    assert_int_equal(xmlsig_judge_enveloped(&without, slice_str(xml), &usual_limits, forbidden),
                     VERDICT_INVALID);
    assert_int_equal(report_culprit(forbidden), CHECK_ALGORITHM);
    assert_true(has_verdicts(forbidden, "VIV"));
    assert_string_equal(report_signer(forbidden, 1)->subject, "");
    assert_string_equal(report_covers(forbidden), "");
}

/* So many times piece, and signatures behind it. */
static struct bytes *grow(const char *piece, size_t times, unsigned signatures)
{
    struct bytes *xml = bytes_new((size_t)16 << 20);

    bytes_add_str(xml, "<r xmlns:ds=\"" NS_DS "\">");
    for (size_t i = 0; i < times; i++)
        bytes_add_str(xml, piece);
    for (unsigned i = 0; i < signatures; i++)
        bytes_add_str(xml, "<ds:Signature/>");
    bytes_add_str(xml, "</r>");
    assert_false(xml->failed);
    return xml;
}

static void the_work_is_bounded(void **state)
{
    static const struct {
        const char *piece;
        size_t times;
        unsigned signatures;
        bool is_too_much;
    } cases[] = {
        { "0123456789abcdef", 768 << 10, 11, false }, /* 12 MiB, 21 times */
        { "0123456789abcdef", 768 << 10, 12, true },
        { "<a b='c'/>", 200000, 10, false }, /* 400,000 nodes, 19 times */
        { "<a b='c'/>", 200000, 11, true },
    };
    const struct judge how = judge_of_all();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(bytes_free)
        struct bytes *xml = grow(cases[i].piece, cases[i].times, cases[i].signatures);
        AUTO(report_free) struct report *report = report_new();
        const enum verdict verdict =
            xmlsig_judge_enveloped(&how, bytes_slice(xml), &usual_limits, report);

        assert_int_equal(verdict, cases[i].is_too_much ? VERDICT_INDETERMINATE : VERDICT_INVALID);
        assert_int_equal(strstr(report_reason(report), "too much work") != NULL,
                         cases[i].is_too_much);
    }
}

/* ---- signing ---- */

static char *sign_with(const char *xml, char letter)
{
    AUTO(bytes_free) struct bytes *out = NULL;
    struct err err;

    assert_ok(xmlsig_sign_enveloped(key_of(letter), slice_str(xml), &usual_limits, &out, &err),
              &err);
    return strdup(out->at);
}

static void a_signed_document_is_signed_over(void **state)
{
    static const char shape[] = "ABCA";
    const struct judge how = judge_of_all();
    AUTO(report_free) struct report *report = report_new();
    AUTO_FREE char *xml = strdup("<?xml version=\"1.0\"?><r>\n <v/><!-- x --></r>");

    (void)state;
    for (size_t i = 0; shape[i]; i++) {
        char *next = sign_with(xml, shape[i]);

        free(xml);
        xml = next;
    }
    if (xmlsig_judge_enveloped(&how, slice_str(xml), &usual_limits, report) != VERDICT_VALID)
        fail_msg("%s", report_reason(report));
    for (size_t i = 0; shape[i]; i++)
        expect_covers(report, shape, i);
}

/* xmlsec1 knows the enveloped-signature transform and nothing of ours: the last signature as the
 * document stands, an earlier one once those behind it are gone. */
static void xmlsec1_verifies_a_signature_over_a_signature(void **state)
{
    AUTO_FREE char *first = sign_with(BARE, 'A');
    AUTO_FREE char *both = sign_with(first, 'A');
    AUTO_FREE char *changed = soap_replace(both, "<v>1</v>", "<v>2</v>");
    struct question question = { .xml = both,
                                 .cert = key_cert(rsa_key()),
                                 .xpath = "/r/*[local-name()='Signature'][2]" };

    (void)state;
    if (!have_xmlsec1())
        skip();
    assert_int_equal(xmlsec1_verify(&question), 0);
    question.xml = changed;
    assert_int_not_equal(xmlsec1_verify(&question), 0);
    question = (struct question){ .xml = both, .cert = key_cert(rsa_key()) };
    assert_int_not_equal(xmlsec1_verify(&question), 0); /* the first, under the second */
    question.xml = first;
    assert_int_equal(xmlsec1_verify(&question), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_signature_has_its_coverage_and_verdict),
        cmocka_unit_test(anything_else_is_refused_by_the_signature_it_concerns),
        cmocka_unit_test(a_signer_that_is_not_trusted_is_named),
        cmocka_unit_test(the_work_is_bounded),
        cmocka_unit_test(a_signed_document_is_signed_over),
        cmocka_unit_test(xmlsec1_verifies_a_signature_over_a_signature),
    };

    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
