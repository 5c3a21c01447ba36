/* Every kind of signed document that may come back, with real signatures, good and bad
 * (req 0.30, 1.36–1.39, 1.41). */
#include "scene.h"
#include "support/cmocka.h"

#include "base/text.h"
#include "crypto/init.h"
#include "wsse/wsse.h"

#define CMS_ROW(name, content, ...)                                                                \
    static void name(struct scene *s)                                                              \
    {                                                                                              \
        const struct cms_wish wish = { __VA_ARGS__ };                                              \
        scene_cms(s, 0, &wish, content);                                                           \
    }
CMS_ROW(cms_good, NULL, 0)
CMS_ROW(cms_gost2015, NULL, .family = "gost2015")
CMS_ROW(cms_gost2004, NULL, .family = "gost2004")
CMS_ROW(cms_auth_key, NULL, .holder = "individual-auth")
CMS_ROW(cms_expired, NULL, .holder = "individual-expired")
CMS_ROW(cms_revoked, NULL, .holder = "individual-revoked")
CMS_ROW(cms_other_person, NULL, .holder = "individual-2")
CMS_ROW(cms_other_role, NULL, .holder = "legal-entity")
CMS_ROW(cms_no_stamp, NULL, .stamp = STAMP_NONE)
CMS_ROW(cms_foreign_stamp, NULL, .stamp = STAMP_FOREIGN)
CMS_ROW(cms_detached, NULL, .detached = true)
CMS_ROW(cms_other_content, "%PDF-1.7 another lease\n", 0)
CMS_ROW(cms_longer_content, "%PDF-1.7 a lease\n ", 0)

static void cms_pem(struct scene *s)
{
    AUTO(bytes_free) struct bytes *pem = bytes_new(1 << 20);
    struct slice data;

    cms_good(s);
    assert_true(json_string(json_member(scene_file(s, 0), "data"), &data));
    bytes_add_str(pem, "-----BEGIN CMS-----\n");
    bytes_add(pem, data);
    bytes_add_str(pem, "\n-----END CMS-----\n");
    assert_true(json_replace_string(scene_file(s, 0), "data", bytes_slice(pem)));
}

static void cms_tampered(struct scene *s)
{
    AUTO(bytes_free)
    struct bytes *der = notary_cms(
        notary, &(struct cms_wish){ "rsa", "individual", STAMP_NONE, false }, fixture_file.content);

    der->at[der->len - 5] ^= 1; /* in the signature value, which stands last */
    scene_set_data(s, 0, bytes_slice(der));
}

static void unsigned_as_issued(struct scene *s)
{
    (void)s;
}
static void no_base64(struct scene *s)
{
    assert_true(json_replace_string(scene_file(s, 0), "data", SLICE("не base64")));
}
static void no_cms(struct scene *s)
{
    scene_set_data(s, 0, SLICE("hello"));
}
static void empty_data(struct scene *s)
{
    assert_true(json_replace_string(scene_file(s, 0), "data", SLICE("")));
}

#define TEXT_ROW(name, from, to)                                                                   \
    static void name(struct scene *s)                                                              \
    {                                                                                              \
        scene_good(s);                                                                             \
        scene_swap_text(s, from, to);                                                              \
    }
TEXT_ROW(other_name, "Договор аренды", "Договор дарения")
TEXT_ROW(other_meta, "123/ABC", "123/ABD")
TEXT_ROW(other_mime, "application/pdf", "text/plain")
TEXT_ROW(other_id, "\"id\":54321", "\"id\":54322")
TEXT_ROW(id_as_text, "\"id\":54321", "\"id\":\"54321\"")
TEXT_ROW(other_method, "CMS_WITH_DATA", "CMS_SIGN_ONLY")
TEXT_ROW(other_version, "\"version\":1", "\"version\":2")
TEXT_ROW(other_case, "\"signMethod\"", "\"signmethod\"") /* req 1.40 */
TEXT_ROW(new_member, "\"version\":1", "\"version\":1,\"x\":true")
TEXT_ROW(new_document_member, "\"id\":54321", "\"id\":54321,\"x\":1")
TEXT_ROW(lost_name, "\"nameEn\":\"Lease Agreement\",", "")
TEXT_ROW(no_version, "\"version\":1,", "") /* never required */
TEXT_ROW(one_point_zero, "\"version\":1", "\"version\":1.0")

#define XML_ROW(name, holder, text)                                                                \
    static void name(struct scene *s)                                                              \
    {                                                                                              \
        scene_xml(s, 0, holder, text);                                                             \
    }
XML_ROW(xml_good, "individual", NULL)
XML_ROW(xml_other, "individual", "<xml>другой документ</xml>")
XML_ROW(xml_space, "individual", "<xml>Тут XML документ для подписания </xml>")
XML_ROW(xml_comment, "individual", "<xml>Тут XML <!-- не -->документ для подписания</xml>")
XML_ROW(xml_attribute, "individual", "<xml a=\"1\">Тут XML документ для подписания</xml>")
XML_ROW(xml_auth_key, "individual-auth", NULL)
XML_ROW(xml_expired, "individual-expired", NULL)
XML_ROW(xml_revoked, "individual-revoked", NULL)
XML_ROW(xml_other_person, "individual-2", NULL)

static void xml_changed_later(struct scene *s)
{
    xml_good(s);
    scene_swap_text(s, "<xml>Тут", "<xml>Там");
}
static void xml_wrapped(struct scene *s)
{
    xml_good(s);
    scene_swap_text(s, "<xml>Тут", "<evil/><xml>Тут");
}
static void xml_broken(struct scene *s)
{
    assert_true(json_replace_string(scene_document(s, 0), "documentXml", SLICE("<xml>")));
}
static void xml_empty(struct scene *s)
{
    assert_true(json_replace_string(scene_document(s, 0), "documentXml", SLICE("")));
}
static void xml_dtd(struct scene *s)
{
    xml_good(s);
    scene_swap_text(s, "<xml>Тут", "<!DOCTYPE xml><xml>Тут");
}

/* ---- one document ---- */

static const struct put_row {
    const char *name;
    void (*sign)(struct scene *s);
    enum sign_method method;
    int status;
    const char *message, *reason; /* what the citizen and what the journal reads */
} rows[] = {
    /* req 1.07 1.37 1.38 1.41 */
    { "a good CMS", cms_good, METHOD_CMS_WITH_DATA, 200, "success", "" },
    { "a good CMS, 2015-512", cms_gost2015, METHOD_CMS_WITH_DATA, 200, "success", "" },
    { "a good CMS, 34.310", cms_gost2004, METHOD_CMS_WITH_DATA, 200, "success", "" },
    { "a good CMS as PEM", cms_pem, METHOD_CMS_WITH_DATA, 200, "success", "" },
    { "no version", no_version, METHOD_CMS_WITH_DATA, 200, "success", "" },
    { "version 1.0", one_point_zero, METHOD_CMS_WITH_DATA, 200, "success", "" },
    /* req 1.39 */
    { "other content", cms_other_content, METHOD_CMS_WITH_DATA, 403, CHANGED, "coverage" },
    { "longer content", cms_longer_content, METHOD_CMS_WITH_DATA, 403, CHANGED, "coverage" },
    { "detached", cms_detached, METHOD_CMS_WITH_DATA, 403, "", "" },
    { "tampered", cms_tampered, METHOD_CMS_WITH_DATA, 403, CONTENT, "signature" },
    { "an AUTH key", cms_auth_key, METHOD_CMS_WITH_DATA, 403, "This key is not meant", "keyUsage" },
    { "expired", cms_expired, METHOD_CMS_WITH_DATA, 403, "Your certificate has expired", "dates" },
    { "revoked", cms_revoked, METHOD_CMS_WITH_DATA, 403, "Your certificate has been revoked",
      "revocation" },
    { "another person", cms_other_person, METHOD_CMS_WITH_DATA, 403, "Somebody else must",
      "owner" },
    { "another role", cms_other_role, METHOD_CMS_WITH_DATA, 403, "This document needs", "role" },
    { "no timestamp", cms_no_stamp, METHOD_CMS_WITH_DATA, 403, "The signature has no valid time",
      "timestamp" },
    { "another signature's timestamp", cms_foreign_stamp, METHOD_CMS_WITH_DATA, 403,
      "The signature has no valid time", "timestamp" },
    { "unsigned", unsigned_as_issued, METHOD_CMS_WITH_DATA, 403, FORMAT, "format" },
    { "no base64", no_base64, METHOD_CMS_WITH_DATA, 403, FORMAT, "document 1" },
    { "no CMS", no_cms, METHOD_CMS_WITH_DATA, 403, FORMAT, "format" },
    { "empty", empty_data, METHOD_CMS_WITH_DATA, 403, FORMAT, "" },
    /* req 1.36 */
    { "another name", other_name, METHOD_CMS_WITH_DATA, 403, CHANGED, "nameRu of document 1" },
    { "another meta", other_meta, METHOD_CMS_WITH_DATA, 403, CHANGED, "meta of document 1" },
    { "another mime", other_mime, METHOD_CMS_WITH_DATA, 403, CHANGED, "document of document 1" },
    { "another id", other_id, METHOD_CMS_WITH_DATA, 403, CHANGED, "id of document 1" },
    { "id as text", id_as_text, METHOD_CMS_WITH_DATA, 403, CHANGED, "id of document 1" },
    { "another method", other_method, METHOD_CMS_WITH_DATA, 403, CHANGED, "signMethod" },
    { "another version", other_version, METHOD_CMS_WITH_DATA, 403, CHANGED, "version" },
    { "a key in another case", other_case, METHOD_CMS_WITH_DATA, 403, CHANGED, "signMethod" },
    { "a new member", new_member, METHOD_CMS_WITH_DATA, 403, CHANGED, "never issued" },
    { "a new member of a document", new_document_member, METHOD_CMS_WITH_DATA, 403, CHANGED,
      "document 1" },
    { "a lost name", lost_name, METHOD_CMS_WITH_DATA, 403, CHANGED, "nameEn of document 1" },
    /* req 1.09 1.41 */
    { "a good XML", xml_good, METHOD_XML, 200, "success", "" },
    { "other XML", xml_other, METHOD_XML, 403, CHANGED, "coverage" },
    { "a blank more", xml_space, METHOD_XML, 403, CHANGED, "coverage" },
    { "a comment more", xml_comment, METHOD_XML, 403, CHANGED, "coverage" },
    { "an attribute more", xml_attribute, METHOD_XML, 403, CHANGED, "coverage" },
    { "XML by an AUTH key", xml_auth_key, METHOD_XML, 403, "This key is not meant", "keyUsage" },
    { "XML, expired", xml_expired, METHOD_XML, 403, "Your certificate has expired", "dates" },
    { "XML, revoked", xml_revoked, METHOD_XML, 403, "Your certificate has been revoked",
      "revocation" },
    { "XML, another person", xml_other_person, METHOD_XML, 403, "Somebody else must", "owner" },
    { "changed after signing", xml_changed_later, METHOD_XML, 403, CONTENT, "digest" },
    { "two roots", xml_wrapped, METHOD_XML, 403, FORMAT, "format" },
    { "unsigned XML", unsigned_as_issued, METHOD_XML, 403, FORMAT, "format" },
    { "broken XML", xml_broken, METHOD_XML, 403, FORMAT, "format" },
    { "empty XML", xml_empty, METHOD_XML, 403, FORMAT, "document 1" },
    { "XML with a DTD", xml_dtd, METHOD_XML, 403, FORMAT, "format" },
};

static void every_put_gets_its_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene s;

        print_message("  %s\n", rows[i].name);
        scene_init(&s, rows[i].method, 1);
        rows[i].sign(&s);
        scene_must_end(&s, rows[i].status, rows[i].message, rows[i].reason);
        scene_close(&s);
    }
}

/* ---- what is kept ---- */

static void count_evidence(const struct signed_document *document, size_t ret_kinds[6])
{
    for (size_t i = 0; i < document->evidence_count; i++) {
        assert_true(document->evidence[i].data.len > 0);
        ret_kinds[document->evidence[i].kind]++;
    }
}

static void the_evidence_is_kept_before_the_answer(void **state)
{
    AUTO(bytes_free) struct bytes *json = NULL;
    size_t kinds[6] = { 0 };
    const struct signed_document *document;
    struct scene s;

    (void)state;
    scene_init(&s, METHOD_CMS_WITH_DATA, 1);
    scene_good(&s);
    assert_int_equal(scene_put(&s, &json), 200);
    assert_string_equal(json->at, "{\"message\":\"success\",\"status\":\"success\","
                                  "\"backUrl\":\"https://portal.kz/done\"}");
    assert_int_equal(s.f.store.sessions[0].signed_count, 1);
    document = &s.f.store.sessions[0].signed_documents[0];
    assert_int_equal(document->id, 54321);
    assert_string_equal(document->signer.iin, "123456789011");
    assert_int_equal((uint8_t)document->content.at[0], 0x30); /* DER */
    assert_in_range(s.f.clock.fixed_ms - document->signed_at_ms + 60000, 0, 120000);
    count_evidence(document, kinds);
    assert_in_range(kinds[EVIDENCE_CERTIFICATE], 2, 6);
    assert_in_range(kinds[EVIDENCE_OCSP], 1, 4);
    assert_int_equal(kinds[EVIDENCE_TSP], 1);
    assert_int_equal(kinds[EVIDENCE_REPORT], 1);
    assert_string_equal(scene_last(&s)->iin, "123456789011");
    scene_close(&s);
}

static void without_back_url_there_is_none(void **state)
{
    AUTO(bytes_free) struct bytes *json = NULL;
    struct scene s;

    (void)state;
    scene_init(&s, METHOD_XML, 1);
    s.f.store.sessions[0].session.back_url = "";
    scene_good(&s);
    assert_int_equal(scene_put(&s, &json), 200);
    assert_string_equal(json->at, "{\"message\":\"success\",\"status\":\"success\"}");
    scene_close(&s);
}

/* ---- two documents ---- */

static void two_swapped(struct scene *s)
{
    const struct cms_wish wish = { 0 };
    scene_cms(s, 0, &wish, "second file");
    scene_cms(s, 1, &wish, fixture_file.content.at);
}
static void two_swapped_ids(struct scene *s)
{
    scene_good(s);
    scene_swap_text(s, "\"id\":54321", "\"id\":8");
    scene_swap_text(s, "\"id\":7", "\"id\":54321");
    scene_swap_text(s, "\"id\":8", "\"id\":7");
}
static void two_one_missing(struct scene *s)
{
    size_t i;

    scene_good(s);
    scene_swap_text(s, ",{\"id\":7", "]}\n{\"id\":7");
    for (i = 0; s->body->at[i] != '\n'; i++)
        ;
    s->body->len = i;
}
static void two_one_more(struct scene *s)
{
    scene_good(s);
    scene_swap_text(s, "\"documentsToSign\":[", "\"documentsToSign\":[{\"id\":9},");
}
static void two_one_unsigned(struct scene *s)
{
    const struct cms_wish wish = { 0 };
    scene_cms(s, 0, &wish, NULL);
}
static void two_second_by_another(struct scene *s)
{
    const struct cms_wish wish = { 0 }, other = { .holder = "individual-2" };
    scene_cms(s, 0, &wish, NULL);
    scene_cms(s, 1, &other, NULL);
}

static const struct two_row {
    const char *name;
    void (*sign)(struct scene *s);
    int status;
    const char *message, *reason;
} two_rows[] = {
    { "both good", scene_good, 200, "success", "" },
    { "contents swapped", two_swapped, 403, CHANGED, "coverage" },
    { "ids swapped", two_swapped_ids, 403, CHANGED, "id of document 1" },
    { "one missing", two_one_missing, 403, CHANGED, "1 documents came back, 2 were issued" },
    { "one more", two_one_more, 403, CHANGED, "3 documents came back, 2 were issued" },
    { "one unsigned", two_one_unsigned, 403, FORMAT, "document 7: format" },
    { "the second by another", two_second_by_another, 403, "Somebody else must", "document 7" },
};

static void all_documents_are_signed_or_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(two_rows); i++) {
        struct scene s;

        print_message("  %s\n", two_rows[i].name);
        scene_init(&s, METHOD_CMS_WITH_DATA, 2);
        two_rows[i].sign(&s);
        scene_must_end(&s, two_rows[i].status, two_rows[i].message, two_rows[i].reason);
        scene_close(&s);
    }
}

static void one_person_signs_all_documents(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, METHOD_CMS_WITH_DATA, 2);
    s.f.store.sessions[0].session.signer_count = 0; /* anybody, but one */
    two_second_by_another(&s);
    scene_must_put(&s, 403, "One person must sign all documents");
    assert_non_null(strstr(scene_stored(&s)->reason, "another signer"));
    scene_close(&s);
}

static void a_signature_over_a_part_is_refused(void **state)
{
    static const char text[] = "<a><b Id=\"b1\">сумма 1</b><c>сумма 2</c></a>";
    AUTO(bytes_free)
    struct bytes *xml = notary_xml_part(notary, "individual", slice_str(text), "b1");
    struct document document = fixture_xml;
    struct scene s;

    (void)state;
    document.content = slice_str(text);
    scene_init_document(&s, METHOD_XML, &document);
    assert_true(json_replace_string(scene_document(&s, 0), "documentXml", bytes_slice(xml)));
    scene_must_put(&s, 403, "");
    print_message("  %s\n", scene_stored(&s)->reason);
    assert_int_equal(scene_stored(&s)->state, SESSION_DOCUMENTS_SENT);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_put_gets_its_answer),
        cmocka_unit_test(the_evidence_is_kept_before_the_answer),
        cmocka_unit_test(without_back_url_there_is_none),
        cmocka_unit_test(all_documents_are_signed_or_none),
        cmocka_unit_test(one_person_signs_all_documents),
        cmocka_unit_test(a_signature_over_a_part_is_refused),
    };
    struct err err;

    if (crypto_init(&err) != ST_OK || wsse_init(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, scene_open_notary, scene_close_notary);
}
