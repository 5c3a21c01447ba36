/* createSigningSession: every rule with its limit. */
#include "fixture.h"

#include "base/text.h"
#include "crypto/init.h"
#include "wsse/wsse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* What a row changes in a request that would pass. */
struct wish {
    struct create_session req;
    struct document documents[52];
    struct expected_signer signers[11];
    struct meta_item meta[51];
    char text[2100];
};

static char *filled(struct wish *w, size_t n)
{
    memset(w->text, 'x', n);
    w->text[n] = '\0';
    return w->text;
}

static void description_empty(struct wish *w)
{
    w->req.description = " \n";
}
static void description_null(struct wish *w)
{
    w->req.description = NULL;
}
static void description_long(struct wish *w)
{
    w->req.description = filled(w, 1001);
}
static void description_control(struct wish *w)
{
    w->req.description = "a\x01";
}
static void description_latin1(struct wish *w)
{
    w->req.description = "a\xff";
}
static void description_max(struct wish *w)
{
    w->req.description = filled(w, 1000);
}
static void language_unknown(struct wish *w)
{
    w->req.language = "de";
}
static void language_empty(struct wish *w)
{
    w->req.language = "";
}
static void language_kk(struct wish *w)
{
    w->req.language = "kk";
}
static void life_short(struct wish *w)
{
    w->req.expires_in_seconds = 59;
}
static void life_negative(struct wish *w)
{
    w->req.expires_in_seconds = -1;
}
static void life_long(struct wish *w)
{
    w->req.expires_in_seconds = 86401;
}
static void life_min(struct wish *w)
{
    w->req.expires_in_seconds = 60;
}
static void life_max(struct wish *w)
{
    w->req.expires_in_seconds = 86400;
}
static void method_sign_only(struct wish *w)
{
    w->req.method = METHOD_CMS_SIGN_ONLY;
}
static void method_mix(struct wish *w)
{
    w->req.method = METHOD_MIX_SIGN;
}
static void method_bytes(struct wish *w)
{
    w->req.method = METHOD_SIGN_BYTES_ARRAY;
}
static void method_bytes_text(struct wish *w)
{
    w->req.method = METHOD_SIGN_BYTES_ARRAY;
    w->documents[0].mime = "text/plain";
}
static void method_bytes_binary(struct wish *w)
{
    method_bytes_text(w);
    w->documents[0].content = SLICE("\xff\xfe");
}
static void method_mix_named(struct wish *w)
{
    w->req.method = METHOD_MIX_SIGN;
    w->documents[0].method = METHOD_CMS_SIGN_ONLY;
}
static void method_mix_nested(struct wish *w)
{
    w->req.method = METHOD_MIX_SIGN;
    w->documents[0].method = METHOD_MIX_SIGN;
}
static void method_none(struct wish *w)
{
    w->req.method = METHOD_NONE;
}
static void auth_eds(struct wish *w)
{
    w->req.auth = AUTH_EDS;
}
static void auth_token(struct wish *w)
{
    w->req.auth = AUTH_TOKEN;
}

static void organisation_own(struct wish *w)
{
    w->req.has_organisation = true;
    w->req.organisation.bin = SENDER_BIN;
}
static void organisation_other(struct wish *w)
{
    w->req.has_organisation = true;
    w->req.organisation.bin = "123456789012";
}
static void organisation_long(struct wish *w)
{
    w->req.has_organisation = true;
    w->req.organisation.name.ru = filled(w, 501);
}
/* Signers with IINs of their own. */
static void name_signers(struct wish *w, size_t count)
{
    static const char *const iins[] = { "000000000001", "000000000002", "000000000003",
                                        "000000000004", "000000000005", "000000000006",
                                        "000000000007", "000000000008", "000000000009",
                                        "000000000010", "000000000011" };

    for (size_t i = 0; i < count; i++)
        w->signers[i].iin = iins[i];
    w->req.signer_count = count;
}
static void signers_ten(struct wish *w)
{
    name_signers(w, 10);
}
static void signers_eleven(struct wish *w)
{
    name_signers(w, 11);
}
static void signers_twins(struct wish *w)
{
    name_signers(w, 2);
    w->signers[1].iin = w->signers[0].iin;
    w->signers[1].roles = ROLE_INDIVIDUAL;
}
static void signer_two_hats(struct wish *w)
{
    signers_twins(w);
    w->signers[1] = (struct expected_signer){ w->signers[0].iin, SENDER_BIN, ROLE_CEO, 0 };
}
static void signers_anybody(struct wish *w)
{
    w->req.signer_count = 2;
}
static void signer_individual_bin(struct wish *w)
{
    w->req.signer_count = 1;
    w->signers[0] = (struct expected_signer){ "", SENDER_BIN, ROLE_INDIVIDUAL, 0 };
}
static void signers_large(struct wish *w)
{
    static char content[(5 << 20) + 1];

    name_signers(w, 3);
    w->documents[0].content = (struct slice){ content, sizeof(content) };
}
static void signers_many_documents(struct wish *w)
{
    name_signers(w, 10);
    w->req.document_count = 51;
}
static void signer_one(struct wish *w)
{
    w->req.signer_count = 1;
    w->signers[0] = (struct expected_signer){ "123456789011", "", ROLE_INDIVIDUAL, 0 };
}
static void signer_iin_short(struct wish *w)
{
    w->req.signer_count = 1;
    w->signers[0].iin = "12345678901";
}
static void signer_bin_letters(struct wish *w)
{
    w->req.signer_count = 1;
    w->signers[0].bin = "12345678901x";
}
static void back_http(struct wish *w)
{
    w->req.back_url = "http://portal.kz/";
}
static void back_blank(struct wish *w)
{
    w->req.back_url = "https://portal.kz/a b";
}
static void back_script(struct wish *w)
{
    w->req.back_url = "javascript:alert(1)";
}
static void back_long(struct wish *w)
{
    filled(w, 1001);
    memcpy(w->text, "https://", 8);
    w->req.back_url = w->text;
}
static void back_good(struct wish *w)
{
    w->req.back_url = "https://portal.kz/done?id=1&x=2";
}
static void documents_none(struct wish *w)
{
    w->req.document_count = 0;
}
static void documents_51(struct wish *w)
{
    w->req.document_count = 51;
}
static void documents_50(struct wish *w)
{
    w->req.document_count = 50;
}
static void id_zero(struct wish *w)
{
    w->documents[0].id = 0;
}
static void id_negative(struct wish *w)
{
    w->documents[0].id = -1;
}
static void id_large(struct wish *w)
{
    w->documents[0].id = 2147483648;
}
static void id_max(struct wish *w)
{
    w->documents[0].id = 2147483647;
}
static void id_twice(struct wish *w)
{
    w->req.document_count = 2;
    w->documents[1].id = w->documents[0].id;
}
static void name_missing(struct wish *w)
{
    w->documents[0].name.ru = NULL;
}
static void name_long(struct wish *w)
{
    w->documents[0].name.kz = filled(w, 501);
}
static void name_ru_only(struct wish *w)
{
    w->documents[0].name.kz = NULL;
    w->documents[0].name.en = "";
}
static void meta_many(struct wish *w)
{
    for (size_t i = 0; i < 51; i++)
        w->meta[i] = (struct meta_item){ "n", "v" };
    w->documents[0].meta = w->meta;
    w->documents[0].meta_count = 51;
}
static void meta_nameless(struct wish *w)
{
    w->meta[0] = (struct meta_item){ "", "v" };
    w->documents[0].meta = w->meta;
}
static void meta_value_long(struct wish *w)
{
    w->meta[0] = (struct meta_item){ "n", filled(w, 1001) };
    w->documents[0].meta = w->meta;
}
static void meta_value_empty(struct wish *w)
{
    w->meta[0] = (struct meta_item){ "n", "" };
    w->documents[0].meta = w->meta;
}
static void content_empty(struct wish *w)
{
    w->documents[0].content.len = 0;
}
static void own_method(struct wish *w)
{
    w->documents[0].method = METHOD_XML;
}
static void mime_missing(struct wish *w)
{
    w->documents[0].mime = NULL;
}
static void mime_word(struct wish *w)
{
    w->documents[0].mime = "pdf";
}
static void mime_parameter(struct wish *w)
{
    w->documents[0].mime = "text/plain; charset=utf-8";
}
static void mime_old(struct wish *w)
{
    w->documents[0].mime = "@file/pdf";
}
static void large(struct wish *w)
{
    static char pdf[(15 << 20) + 1];
    w->documents[0].content = slice_mem(pdf, sizeof(pdf));
}
static void large_together(struct wish *w)
{
    static char pdf[8 << 20];
    w->req.document_count = 2;
    w->documents[0].content = w->documents[1].content = slice_mem(pdf, sizeof(pdf));
}

static void xml(struct wish *w, const char *text)
{
    w->req.method = METHOD_XML;
    w->documents[0] = fixture_xml;
    w->documents[0].content = slice_str(text);
}
static void xml_good(struct wish *w)
{
    xml(w, "<?xml version=\"1.0\" encoding='UTF-8'?>\n<a/>");
}
static void xml_file(struct wish *w)
{
    w->req.method = METHOD_XML;
}
static void xml_broken(struct wish *w)
{
    xml(w, "<a>");
}
static void xml_none(struct wish *w)
{
    xml(w, "text");
}
static void xml_dtd(struct wish *w)
{
    xml(w, "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>");
}
static void xml_cp1251(struct wish *w)
{
    xml(w, "<?xml version=\"1.0\" encoding=\"windows-1251\"?><a/>");
}
static void xml_signed(struct wish *w)
{
    xml(w, "<a><ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/></a>");
}
static void xml_deep(struct wish *w)
{
    size_t n = 0;
    for (int i = 0; i < 65; i++, n += 3)
        memcpy(w->text + n, "<a>", 3);
    for (int i = 0; i < 65; i++, n += 4)
        memcpy(w->text + n, "</a>", 4);
    w->text[n] = '\0';
    xml(w, w->text);
}

static const struct rule_row {
    const char *name;
    void (*change)(struct wish *w);
    const char *code; /* NULL: accepted */
    const char *field, *limit;
} rules[] = {
    { "a blank description", description_empty, "fieldMissing", "description", "" },
    { "no description", description_null, "fieldMissing", "description", "" },
    { "a description of 1001", description_long, "fieldTooLong", "description", "1000 characters" },
    { "a description of 1000", description_max, NULL, NULL, NULL },
    { "a control character", description_control, "fieldInvalid", "description", "" },
    { "no UTF-8", description_latin1, "fieldInvalid", "description", "" },
    { "an unknown language", language_unknown, "fieldInvalid", "language", "ru, kk, en" },
    { "no language", language_empty, NULL, NULL, NULL },
    { "Kazakh", language_kk, NULL, NULL, NULL },
    { "59 s", life_short, "fieldInvalid", "expiresInSeconds", "60..86400 s" },
    { "-1 s", life_negative, "fieldInvalid", "expiresInSeconds", "60..86400 s" },
    { "a day and a second", life_long, "fieldInvalid", "expiresInSeconds", "60..86400 s" },
    { "a minute", life_min, NULL, NULL, NULL },
    { "a day", life_max, NULL, NULL, NULL },
    /* req 1.08 1.10 1.11 1.27 */
    { "CMS_SIGN_ONLY", method_sign_only, NULL, NULL, NULL },
    { "SIGN_BYTES_ARRAY", method_bytes, NULL, NULL, NULL },
    { "SIGN_BYTES_ARRAY of a text", method_bytes_text, NULL, NULL, NULL },
    { "SIGN_BYTES_ARRAY of a text that is none", method_bytes_binary, "documentFileInvalid",
      "documents/document[1]/file/data", "UTF-8" },
    { "MIX_SIGN without methods", method_mix, "fieldMissing", "documents/document[1]/signMethod",
      "" },
    { "MIX_SIGN with methods", method_mix_named, NULL, NULL, NULL },
    { "MIX_SIGN in MIX_SIGN", method_mix_nested, "fieldMissing", "documents/document[1]/signMethod",
      "" },
    { "no method", method_none, "fieldMissing", "signMethod", "" },
    { "Eds", auth_eds, NULL, NULL, NULL },
    { "Token", auth_token, NULL, NULL, NULL },
    { "the sender's own BIN", organisation_own, NULL, NULL, NULL },
    { "another's BIN", organisation_other, "organisationNotYours", "organisation/bin", "" },
    { "a long organisation", organisation_long, "fieldTooLong", "organisation/nameRu",
      "500 characters" },
    { "ten signers", signers_ten, NULL, NULL, NULL },
    { "eleven signers", signers_eleven, "tooManySigners", "signers", "10" },
    { "one person twice", signers_twins, "duplicateSigner", "signers/signer[2]", "once" },
    { "one person in two capacities", signer_two_hats, NULL, NULL, NULL },
    { "anybody twice", signers_anybody, NULL, NULL, NULL },
    { "an individual with a BIN", signer_individual_bin, "fieldInvalid", "signers/signer[1]/role",
      "no bin" },
    { "two copies of a large document", signers_large, "documentsTooLarge", "documents",
      "5242880 bytes" },
    { "too many signatures", signers_many_documents, "tooManySignatures", "signers", "500" },
    { "one signer", signer_one, NULL, NULL, NULL },
    { "11 digits", signer_iin_short, "fieldInvalid", "signers/signer[1]/iin", "12 digits" },
    { "letters in a BIN", signer_bin_letters, "fieldInvalid", "signers/signer[1]/bin",
      "12 digits" },
    { "http backUrl", back_http, "fieldInvalid", "backUrl", "https URL" },
    { "a blank in backUrl", back_blank, "fieldInvalid", "backUrl", "https URL" },
    { "a script as backUrl", back_script, "fieldInvalid", "backUrl", "https URL" },
    { "a long backUrl", back_long, "fieldTooLong", "backUrl", "1000 characters" },
    { "a good backUrl", back_good, NULL, NULL, NULL },
    { "no documents", documents_none, "tooManyDocuments", "documents", "1..50 documents" },
    { "51 documents", documents_51, "tooManyDocuments", "documents", "1..50 documents" },
    { "50 documents", documents_50, NULL, NULL, NULL },
    { "id 0", id_zero, "documentIdInvalid", "documents/document[1]/id", "1..2147483647" },
    { "id -1", id_negative, "documentIdInvalid", "documents/document[1]/id", "1..2147483647" },
    { "id 2^31", id_large, "documentIdInvalid", "documents/document[1]/id", "1..2147483647" },
    { "id 2^31-1", id_max, NULL, NULL, NULL },
    { "an id twice", id_twice, "documentIdRepeated", "documents/document[2]/id", "" },
    { "no nameRu", name_missing, "fieldMissing", "documents/document[1]/nameRu", "" },
    { "a long nameKz", name_long, "fieldTooLong", "documents/document[1]/nameKz",
      "500 characters" },
    { "only nameRu", name_ru_only, NULL, NULL, NULL },
    { "51 meta items", meta_many, "metaTooMany", "documents/document[1]/meta", "50 items" },
    { "meta without name", meta_nameless, "fieldMissing", "documents/document[1]/meta/item[1]/name",
      "" },
    { "a long meta value", meta_value_long, "fieldTooLong",
      "documents/document[1]/meta/item[1]/value", "1000 characters" },
    { "an empty meta value", meta_value_empty, NULL, NULL, NULL },
    { "an empty file", content_empty, "fieldMissing", "documents/document[1]", "" },
    /* req 1.27 */
    { "a method of its own", own_method, "fieldInvalid", "documents/document[1]/signMethod",
      "MIX_SIGN only" },
    { "no file", mime_missing, "documentFileMissing", "documents/document[1]/file", "file" },
    { "mime pdf", mime_word, "fieldInvalid", "documents/document[1]/file/mime", "type/subtype" },
    { "mime with charset", mime_parameter, "fieldInvalid", "documents/document[1]/file/mime",
      "type/subtype" },
    { "the old @file/pdf", mime_old, NULL, NULL, NULL },
    { "15 MiB and a byte", large, "documentsTooLarge", "documents", "15728640 bytes" },
    { "16 MiB together", large_together, "documentsTooLarge", "documents", "15728640 bytes" },
    /* req 1.09 1.30 1.31 */
    { "an XML document", xml_good, NULL, NULL, NULL },
    { "a file for XML", xml_file, "documentXmlMissing", "documents/document[1]/documentXml",
      "documentXml" },
    { "broken XML", xml_broken, "documentXmlInvalid", "documents/document[1]/documentXml", NULL },
    { "no XML", xml_none, "documentXmlInvalid", "documents/document[1]/documentXml", NULL },
    { "a DTD", xml_dtd, "documentXmlInvalid", "documents/document[1]/documentXml", NULL },
    { "XML that says windows-1251", xml_cp1251, "documentXmlInvalid",
      "documents/document[1]/documentXml", "UTF-8" },
    { "65 levels", xml_deep, "documentXmlInvalid", "documents/document[1]/documentXml", NULL },
    { "a signed document", xml_signed, "documentXmlSigned", "documents/document[1]/documentXml",
      "" },
};

static void wish_init(struct wish *w)
{
    *w = (struct wish){ 0 };
    for (size_t i = 0; i < 52; i++) {
        w->documents[i] = fixture_file;
        w->documents[i].id = (int64_t)i + 1;
    }
    w->req = fixture_request(METHOD_CMS_WITH_DATA, AUTH_NONE, w->documents, 1);
    w->req.signers = w->signers;
}

static void every_rule_names_field_and_limit(void **state)
{
    static struct wish w;

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct rule_row *row = &rules[i];
        struct fixture f;
        struct err err = { 0 };

        print_message("  %s\n", row->name);
        fixture_init(&f);
        fixture_open(&f);
        wish_init(&w);
        row->change(&w);
        assert_int_equal(fixture_try(&f, &w.req, &err), row->code ? ST_INPUT : ST_OK);
        if (row->code) {
            assert_string_equal(err.code, row->code);
            assert_string_equal(err.field, row->field);
            if (row->limit)
                assert_string_equal(err.limit, row->limit);
            assert_true(err.text[0]);
            assert_int_equal(f.store.count, 0);
        }
        fixture_close(&f);
    }
}

static void settings_that_cannot_work_are_refused(void **state)
{
    struct fixture f;
    struct err err;

    (void)state;
    fixture_init(&f);
    f.params.public_url = "https://sign.example.kz/";
    assert_int_equal(mobile_new(&f.params, &f.mobile, &err), ST_INPUT);
    f.params.public_url = "sign.example.kz";
    assert_int_equal(mobile_new(&f.params, &f.mobile, &err), ST_INPUT);
    fixture_init(&f);
    f.params.expiry_zone = "Almaty";
    assert_int_equal(mobile_new(&f.params, &f.mobile, &err), ST_INPUT);
    fixture_init(&f);
    f.params.link_template = "https://m.egov.kz/";
    assert_int_equal(mobile_new(&f.params, &f.mobile, &err), ST_INPUT);
    fixture_init(&f);
    f.params.cluster_key.len = 31;
    assert_int_equal(mobile_new(&f.params, &f.mobile, &err), ST_INPUT);
    assert_string_equal(err.field, "cluster_key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_names_field_and_limit),
        cmocka_unit_test(settings_that_cannot_work_are_refused),
    };
    struct err err;

    if (crypto_init(&err) != ST_OK || wsse_init(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
