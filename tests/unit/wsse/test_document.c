/* The guards in front of the parser: each limit at its edge, and what is no XML for us. */
#include "unit/wsse/fixture.h"
#include "wsse/document.h"

static enum status parse(struct slice xml, const struct xml_limits *limits, unsigned flags,
                         struct err *err)
{
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;

    return document_parse(xml, limits, flags, &doc, err);
}

static const struct {
    const char *name;
    const char *xml;
    unsigned flags;
    const char *words; /* NULL: accepted */
} documents[] = {
    { "an element", "<a/>", 0, NULL },
    { "blanks around", " \r\n<a/>\n", 0, NULL },
    { "a BOM", "\xEF\xBB\xBF<a/>", 0, NULL },
    { "declared UTF-8", "<?xml version='1.0' encoding=\"utf-8\"?><a/>", 0, NULL },
    { "declared US-ASCII", "<?xml version='1.0' encoding = 'US-ASCII' ?><a/>", 0, NULL },
    { "declared UTF-16", "<?xml version='1.0' encoding='UTF-16'?><a/>", 0, "encoding UTF-16" },
    { "declared windows-1251", "<?xml version='1.0' encoding='windows-1251'?><a/>", 0,
      "encoding windows-1251" },
    { "UTF-16 in a string", "<?xml version='1.0' encoding='utf-16'?><a/>", DOCUMENT_IS_DECODED,
      NULL },
    { "bytes of Latin-1", "<a>\xE9</a>", 0, "not well-formed" },
    { "an overlong byte", "<a>\xC0\xBC</a>", 0, "not well-formed" },
    { "a control character", "<a>\x01</a>", 0, "not well-formed" },
    { "nothing", "", 0, "not XML" },
    { "blanks only", " \n", 0, "not XML" },
    { "no markup", "hello", 0, "not XML" },
    { "JSON", "{\"a\":1}", 0, "not XML" },
    { "an end tag missing", "<a>", 0, "not well-formed" },
    { "two roots", "<a/><b/>", 0, "not well-formed" },
    { "text behind the root", "<a/>x", 0, "not well-formed" },
    { "an attribute twice", "<a b='1' b='2'/>", 0, "not well-formed" },
    { "an attribute twice by namespace", "<a xmlns:x='urn:x' xmlns:y='urn:x' x:b='1' y:b='2'/>", 0,
      "not well-formed" },
    { "a prefix of nothing", "<x:a/>", 0, "not well-formed" },
    { "an attribute's prefix of nothing", "<a x:b='1'/>", 0, "not well-formed" },
    { "an xml:id that is no name", "<a xml:id='b#c' x='1'><b y='2'/></a>", 0, NULL },
    { "an xml:id twice", "<a xml:id='b'><b xml:id='b'/></a>", 0, NULL },
    { "an error raised between two attributes", "<a xmlns:b='' x='1' y:z='2'><b y='2'/></a>", 0,
      "not well-formed" },
    { "a tag inside a tag", "<a <b/>>", 0, "`<` inside a tag" },
    { "a tag without end", "<a b='>", 0, "a tag does not end" },
    { "a comment without end", "<a><!-- </a>", 0, "a comment does not end" },
    { "CDATA without end", "<a><![CDATA[ </a>", 0, "a CDATA section does not end" },
    { "a DTD", "<!DOCTYPE a><a/>", 0, "DTD" },
    { "a DTD behind a comment", "<!-- x --><!DOCTYPE a []><a/>", 0, "DTD" },
    { "an entity's bomb",
      "<!DOCTYPE a [<!ENTITY x 'xxxxxxxx'><!ENTITY y '&x;&x;&x;&x;'>]><a>&y;&y;</a>", 0, "DTD" },
    { "the word in a comment", "<a><!-- <!DOCTYPE a> --></a>", 0, NULL },
    { "the word in CDATA", "<a><![CDATA[<!DOCTYPE a>]]></a>", 0, NULL },
    { "a processing instruction", "<?x?><a/>", 0, "processing instructions" },
    { "one inside", "<a><?x y?></a>", 0, "processing instructions" },
    { "one in a document", "<?xml-stylesheet href='x'?><a/>", DOCUMENT_ALLOWS_PI, NULL },
    { "an entity of nothing", "<a>&nbsp;</a>", 0, "not well-formed" },
    { "a character reference to nothing", "<a>&#0;</a>", 0, "not well-formed" },
    { "`>` and quotes in text", "<a>\" > ' ]] ></a>", 0, NULL },
    { "`>` in an attribute", "<a b='>' c=\"'\"/>", 0, NULL },
};

static void documents_meet_their_guards(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        struct err err = { 0 };
        const enum status status =
            parse(slice_str(documents[i].xml), &usual_limits, documents[i].flags, &err);

        if (documents[i].words ? status != ST_FORMAT || !strstr(err.text, documents[i].words)
                               : status != ST_OK)
            fail_msg("%s: %s: %s", documents[i].name, status_name(status), err.text);
    }
}

static void utf16_and_utf32_are_named(void **state)
{
    static const struct slice others[] = {
        { "\xFF\xFE<\0a\0/\0>\0", 10 },
        { "\xFE\xFF\0<\0a\0/\0>", 10 },
        { "<\0a\0/\0>\0", 8 },
        { "\0<\0a\0/\0>", 8 },
        { "\0\0\0<", 4 },
        { "<\0\0\0", 4 },
    };
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(parse(others[i], &usual_limits, 0, &err), ST_FORMAT);
        assert_non_null(strstr(err.text, "UTF-8 is demanded"));
    }
}

/* open, middle, close repeated. */
static struct bytes *repeat(const char *head, const char *open, size_t count, const char *middle,
                            const char *close, const char *tail)
{
    struct bytes *xml = bytes_new(64 << 20);

    bytes_add_str(xml, head);
    for (size_t i = 0; i < count; i++)
        bytes_add_str(xml, open);
    bytes_add_str(xml, middle);
    for (size_t i = 0; i < count; i++)
        bytes_add_str(xml, close);
    bytes_add_str(xml, tail);
    assert_false(xml->failed);
    return xml;
}

static void expect(struct bytes *xml, const struct xml_limits *limits, const char *code)
{
    struct err err = { 0 };
    const enum status status = parse(bytes_slice(xml), limits, 0, &err);

    if (code ? status != ST_FORMAT || strcmp(err.code, code) != 0 : status != ST_OK)
        fail_msg("wanted %s, got %s %s: %s", code ? code : "ok", status_name(status), err.code,
                 err.text);
    bytes_free(xml);
}

static void every_limit_holds_at_its_edge(void **state)
{
    const struct xml_limits small = { 100, 64 };

    (void)state;
    expect(repeat("", "<a>", 64, "", "</a>", ""), &usual_limits, NULL);
    expect(repeat("", "<a>", 65, "", "</a>", ""), &usual_limits, "xmlDepth");
    expect(repeat("", "<a>", 1000000, "", "", ""), &usual_limits, "xmlDepth");
    expect(repeat("<a>", "x", 93, "", "", "</a>"), &small, NULL);
    expect(repeat("<a>", "x", 94, "", "", "</a>"), &small, "xmlTooLarge");
    expect(repeat("<a>", "<b/>", 999999, "", "", "</a>"), &usual_limits, NULL);
    expect(repeat("<a>", "<b/>", 1000000, "", "", "</a>"), &usual_limits, "xmlNodes");
    expect(repeat("<a>", "<!---->", 1000000, "", "", "</a>"), &usual_limits, "xmlNodes");
}

/* before, the number, after; repeated. */
static struct bytes *numbered(const char *head, const char *before, const char *after, size_t count,
                              const char *tail)
{
    struct bytes *xml = bytes_new(64 << 20);

    bytes_add_str(xml, head);
    for (size_t i = 0; i < count; i++)
        bytes_addf(xml, "%s%zu%s", before, i, after);
    bytes_add_str(xml, tail);
    return xml;
}

/* libxml2 compares each attribute of a tag with the others: a million of them would take hours. */
static void many_attributes_are_refused_before_they_cost(void **state)
{
    (void)state;
    expect(numbered("<a", " a", "=''", 256, "/>"), &usual_limits, NULL);
    expect(numbered("<a", " a", "=''", 257, "/>"), &usual_limits, "xmlAttributes");
    expect(numbered("<a", " a", "=\"\"", 1500000, "/>"), &usual_limits, "xmlAttributes");
    expect(numbered("<a", " xmlns:n", "='u'", 1500000, "/>"), &usual_limits, "xmlAttributes");
    expect(numbered("<b><a", " xmlns:a", "='u'", 200, "><c xmlns:d='u'/></a></b>"), &usual_limits,
           NULL);
    expect(numbered("<b xmlns:a='u' xmlns:b='u' xmlns:c='u'><a", " xmlns:a", "='u'", 254,
                    "><c xmlns:d='u'/></a></b>"),
           &usual_limits, "xmlNamespaces");
}

/* Canonical XML writes a namespace at each element that uses it again. */
static void a_document_that_would_swell_is_refused(void **state)
{
    const struct xml_limits limits = { 4 << 20, 64 };
    AUTO(bytes_free) struct bytes *uri = repeat("<a xmlns:n='", "u", 1000, "", "", "'>");
    AUTO(bytes_free) struct bytes *uri_too_long = repeat("<a xmlns:n='", "u", 1025, "", "", "'/>");
    struct err err;

    (void)state;
    expect(repeat(uri->at, "<n:b/>", 4000, "", "", "</a>"), &limits, NULL);
    expect(repeat(uri->at, "<n:b/>", 5000, "", "", "</a>"), &limits, "xmlExpansion");
    expect(repeat(uri->at, "<b n:c=''/>", 5000, "", "", "</a>"), &limits, "xmlExpansion");
    expect(repeat("<a>", ">", 2000000, "", "", "</a>"), &limits, "xmlExpansion");
    expect(repeat("<a b='", "\"", 2000000, "", "", "'/>"), &limits, "xmlExpansion");
    assert_int_equal(parse(bytes_slice(uri_too_long), &limits, 0, &err), ST_FORMAT);
    assert_string_equal(err.code, "xmlNamespaceUri");
}

static void a_text_of_thirty_megabytes_is_read(void **state)
{
    (void)state;
    expect(repeat("<a>", "0123456789abcdef", (30 << 20) / 16, "", "", "</a>"), &usual_limits, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_meet_their_guards),
        cmocka_unit_test(utf16_and_utf32_are_named),
        cmocka_unit_test(every_limit_holds_at_its_edge),
        cmocka_unit_test(many_attributes_are_refused_before_they_cost),
        cmocka_unit_test(a_document_that_would_swell_is_refused),
        cmocka_unit_test(a_text_of_thirty_megabytes_is_read),
    };

    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
