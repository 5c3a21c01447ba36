/* Every kind of login that may come to a session with authType Eds, with real signatures, good and
 * bad (req 0.27, 0.36, 1.16, 1.19, 1.22). */
#include "entrance.h"

#include "base/text.h"
#include "crypto/init.h"
#include "wsse/wsse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The journal's last line is of a refused login, says this, and names neither person nor secret. */
static void must_be_refused_for(const struct scene *s, const char *reason)
{
    const struct fake_event *last = scene_last(s);

    assert_string_equal(last->name, "login.refused");
    assert_int_equal(last->level, EVENT_WARNING);
    if (strncmp(last->text, reason, strlen(reason)) != 0)
        fail_msg("%s does not begin with %s", last->text, reason);
    assert_null(strstr(last->text, "123456789011"));
    assert_null(strstr(last->text, s->created.api2 + strlen("https://sign.example.kz/m/")));
}

static void a_login_opens_the_documents(void **state)
{
    static const char *const families[] = { "rsa", "gost2015", "gost2004" };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct fake_event *accepted;
        struct scene s;

        entrance_open(&s, METHOD_XML);
        entrance_must_login(&s, &(struct login_wish){ .family = families[i] }, 200, "\"XML\"");
        assert_int_equal(json_count(json_member(s.json, "documentsToSign")), 1);
        assert_int_equal(scene_stored(&s)->state, SESSION_DOCUMENTS_SENT);
        assert_string_equal(scene_last(&s)->name, "api2.fetched");
        accepted = &s.f.journal.events[s.f.journal.count - 2]; /* req 0.36 */
        assert_string_equal(accepted->name, "login.accepted");
        assert_int_equal(accepted->level, EVENT_INFO);
        assert_string_equal(accepted->iin, "123456789011");
        assert_string_equal(accepted->ip, "10.1.2.3");
        scene_close(&s);
    }
}

static const struct refusal {
    const char *name;
    struct login_wish wish;
    const char *message, *reason;
} refusals[] = {
    { "nobody signed", { .holder = "" }, LOGIN_INVALID, "format: login: 0 signatures" },
    { "another root",
      { .xml = "<logon><url>@URL@</url><timeStamp>@TIME@</timeStamp></logon>" },
      LOGIN_INVALID,
      "format: login: the document element is not login" },
    { "a root of a namespace",
      { .xml = "<login xmlns=\"u:a\"><url>@URL@</url><timeStamp>@TIME@</timeStamp></login>" },
      LOGIN_INVALID,
      "format: login: the document element is not login" },
    { "a further element",
      { .xml = "<login><url>@URL@</url><timeStamp>@TIME@</timeStamp><x/></login>" },
      LOGIN_INVALID,
      "format: login: holds something beside" },
    { "text beside the elements",
      { .xml = "<login><url>@URL@</url>and<timeStamp>@TIME@</timeStamp></login>" },
      LOGIN_INVALID,
      "format: login: holds something beside" },
    { "an attribute",
      { .xml = "<login a=\"1\"><url>@URL@</url><timeStamp>@TIME@</timeStamp></login>" },
      LOGIN_INVALID,
      "format: login: holds something beside" },
    { "an attribute of url",
      { .xml = "<login><url a=\"1\">@URL@</url><timeStamp>@TIME@</timeStamp></login>" },
      LOGIN_INVALID,
      "format: login: url does not hold text alone" },
    { "a comment in the time",
      { .xml = "<login><url>@URL@</url><timeStamp>@TIME@<!-- --></timeStamp></login>" },
      LOGIN_INVALID,
      "format: login: holds something beside" },
    { "two URLs",
      { .xml = "<login><url>@URL@</url><url>https://other.kz</url><timeStamp>@TIME@</timeStamp>"
               "</login>" },
      LOGIN_INVALID,
      "format: login: holds something beside" },
    { "two URLs and no time",
      { .xml = "<login><url>@URL@</url><url>@HOME@</url></login>" },
      LOGIN_INVALID,
      "format: login: 2 elements url" },
    { "no URL",
      { .xml = "<login><timeStamp>@TIME@</timeStamp><x/></login>" },
      LOGIN_INVALID,
      "format: login: 0 elements url" },
    { "a DTD",
      { .from = "<login>", .to = "<!DOCTYPE login [<!ENTITY a \"b\">]><login>" },
      LOGIN_INVALID,
      "format: " },
    { "a processing instruction",
      { .from = "<login>", .to = "<?a b?><login>" },
      LOGIN_INVALID,
      "format: " },
    { "another host",
      { .url = "https://other.example.kz/m/AAAAAAAAAAAAAAAAAAAAAA/documents" },
      LOGIN_ADDRESS,
      "url: not below [http] public_url" },
    { "another scheme",
      { .url = "http://sign.example.kz/m/AAAAAAAAAAAAAAAAAAAAAA/documents" },
      LOGIN_ADDRESS,
      "url: not below [http] public_url" },
    { "another session",
      { .url = "https://sign.example.kz/m/AAAAAAAAAAAAAAAAAAAAAA/documents" },
      LOGIN_ADDRESS,
      "url: another address" },
    { "more behind the URL", { .url = "@HOME@?a=b" }, LOGIN_ADDRESS, "url: another address" },
    { "a blank in front of the URL", { .url = " @HOME@" }, LOGIN_ADDRESS, "url: not below" },
    { "an empty URL", { .url = "" }, LOGIN_ADDRESS, "url: not below" },
    { "no time", { .time = "" }, LOGIN_TIME, "timeStamp: neither" },
    { "a bare date", { .time = "2026-11-22" }, LOGIN_TIME, "timeStamp: neither" },
    { "eleven digits", { .time = "17953380000" }, LOGIN_TIME, "timeStamp: neither" },
    { "last century", { .time = "1999-12-31T23:59:59Z" }, LOGIN_TIME, "timeStamp: " },
    { "another content", { .from = "/m/", .to = "/M/" }, LOGIN_ADDRESS, "url: " },
    { "a signing key", { .holder = "individual" }, LOGIN_KEY, "keyUsage: " },
    { "an expired key",
      { .holder = "individual-auth-expired" },
      "Your certificate has expired",
      "dates: " },
    { "a revoked key",
      { .holder = "individual-auth-revoked" },
      "Your certificate has been revoked",
      "revocation: " },
    { "an information system",
      { .holder = "caller-auth" },
      LOGIN_KEY,
      "signer: the certificate names no IIN" },
    { "another signature value",
      { .from = "<ds:SignatureValue>", .to = "<ds:SignatureValue>AAAA" },
      LOGIN_INVALID,
      "signature: " },
    { "white space in what is signed",
      { .from = "</url>", .to = "</url> " },
      LOGIN_INVALID,
      "digest: " },
};

static void what_is_wrong_is_401_and_says_what_to_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal *row = &refusals[i];
        struct scene s;

        print_message("  %s\n", row->name);
        entrance_open(&s, METHOD_XML);
        entrance_must_login(&s, &row->wish, 401, row->message);
        must_be_refused_for(&s, row->reason);
        assert_string_equal(scene_last(&s)->code, "401");
        assert_memory_equal(scene_stored(&s)->reason, "login: ", 7); /* for getSigningStatus */
        assert_int_equal(scene_stored(&s)->state, SESSION_SCANNED);
        assert_int_equal(s.f.store.sessions[0].tally.refused, 1);
        entrance_must_login(&s, &(struct login_wish){ 0 }, 200, "\"XML\"");
        assert_string_equal(scene_stored(&s)->reason, "");
        scene_close(&s);
    }
}

static void bodies_without_a_login_are_401(void **state)
{
    static const char *const bodies[] = {
        "",
        "x",
        "[]",
        "null",
        "{}",
        "{\"xml\":1}",
        "{\"xml\":\"\"}",
        "{\"xml\":\"no XML\"}",
        "{\"XML\":\"<login/>\"}", /* req 1.40 */
        "{\"xml\":\"<login/>\"}",
        "{\"xml\":\"<login/>\",\"xml\":\"<login/>\"}",
        "<login/>",
    };
    struct scene s;

    (void)state;
    entrance_open(&s, METHOD_XML);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        entrance_must_post(&s, slice_str(bodies[i]), 401, LOGIN_INVALID);
        must_be_refused_for(&s, "format: ");
    }
    scene_close(&s);
}

static void a_login_has_a_ceiling_of_its_own(void **state)
{
    AUTO(bytes_free) struct bytes *xml = NULL;
    AUTO(bytes_free) struct bytes *body = NULL;
    struct bytes *padded = bytes_new(1 << 20);
    struct scene s;

    (void)state;
    entrance_open(&s, METHOD_XML);
    xml = entrance_xml(&s, &(struct login_wish){ 0 });
    body = entrance_body(bytes_slice(xml));
    bytes_add(padded, bytes_slice(body));
    while (padded->len < 64 << 10)
        bytes_add_str(padded, " ");
    bytes_add_str(padded, " ");
    entrance_must_post(&s, bytes_slice(padded), 413, LOGIN_INVALID);
    must_be_refused_for(&s, "format: the login is over its limit");
    padded->len--;
    entrance_must_post(&s, bytes_slice(padded), 200, "\"XML\"");
    bytes_free(padded);
    scene_close(&s);
}

/* ---- the time ---- */

typedef void time_fn(int64_t ms, char dst[TIME_TEXT]);

static void local_time(int64_t ms, const char *format, char dst[TIME_TEXT])
{
    char text[TIME_TEXT];

    time_utc_offset_text(ms, text); /* 2026-11-22T14:03:07.120+05:00 */
    text_format(dst, TIME_TEXT, strcmp(format, "T") == 0 ? "%.10sT%.12s" : "%.10s %.8s", text,
                text + 11);
}
static void no_zone(int64_t ms, char dst[TIME_TEXT])
{
    local_time(ms, "T", dst);
}
static void sql_style(int64_t ms, char dst[TIME_TEXT])
{
    local_time(ms, " ", dst);
}
static void seconds(int64_t ms, char dst[TIME_TEXT])
{
    text_format(dst, TIME_TEXT, "%lld", (long long)ms / 1000);
}
static void milliseconds(int64_t ms, char dst[TIME_TEXT])
{
    text_format(dst, TIME_TEXT, "%lld", (long long)ms);
}

static const struct time_row {
    const char *name;
    time_fn *write;
} times[] = {
    { "ISO 8601, UTC", time_utc_text }, { "ISO 8601, an offset", time_utc_offset_text },
    { "ISO 8601, Astana", no_zone },    { "yyyy-MM-dd HH:mm:ss, Astana", sql_style },
    { "epoch seconds", seconds },       { "epoch milliseconds", milliseconds },
};

static void the_time_may_be_written_in_several_ways_and_must_be_in_the_window(void **state)
{
    static const struct {
        int64_t off_ms;
        int want;
    } offs[] = {
        { 0, 200 },      { -299000, 200 },  { 299000, 200 },  { -302000, 401 },
        { 302000, 401 }, { -3600000, 401 }, { 3600000, 401 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        for (size_t k = 0; k < sizeof(offs) / sizeof(offs[0]); k++) {
            char text[TIME_TEXT];
            struct scene s;

            print_message("  %s, %lld ms\n", times[i].name, (long long)offs[k].off_ms);
            entrance_open(&s, METHOD_XML);
            times[i].write(clock_now(&s.f.clock) + offs[k].off_ms, text);
            entrance_must_login(&s, &(struct login_wish){ .time = text }, offs[k].want,
                                offs[k].want == 200 ? "\"XML\"" : LOGIN_TIME);
            if (offs[k].want == 401)
                must_be_refused_for(&s, "timeStamp: ");
            scene_close(&s);
        }
}

static void the_window_is_a_setting(void **state)
{
    char text[TIME_TEXT];
    struct scene s;

    (void)state;
    entrance_open(&s, METHOD_XML);
    mobile_free(s.f.mobile);
    s.f.params.login_window_ms = 10000;
    fixture_open(&s.f);
    time_utc_text(clock_now(&s.f.clock) - 11000, text);
    entrance_must_login(&s, &(struct login_wish){ .time = text }, 401, LOGIN_TIME);
    assert_non_null(strstr(scene_last(&s)->text, "11 s behind our clock, at most 10 s"));
    scene_close(&s);
}

/* ---- once ---- */

static void a_login_counts_once_however_it_is_dressed(void **state)
{
    static const struct {
        const char *from, *to;
    } dresses[] = {
        { "<login>", "<login>" }, /* the very same */
        { "<ds:KeyInfo>", "<ds:KeyInfo> \n" },
        { "</ds:Signature>", "\n\t</ds:Signature>" },
        { "<ds:SignatureValue>", "<ds:SignatureValue>\n" },
        { "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "" },
        { "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<!-- a -->" },
        { "<login>", "<login >" },
    };
    AUTO(bytes_free) struct bytes *xml = NULL;
    char time[TIME_TEXT];
    struct scene s;

    (void)state;
    entrance_open(&s, METHOD_XML);
    time_utc_text(clock_now(&s.f.clock), time);
    xml = entrance_xml(&s, &(struct login_wish){ .time = time });
    {
        AUTO(bytes_free) struct bytes *body = entrance_body(bytes_slice(xml));
        entrance_must_post(&s, bytes_slice(body), 200, "\"XML\"");
    }
    for (size_t i = 0; i < sizeof(dresses) / sizeof(dresses[0]); i++) {
        const char *at = strstr(xml->at, dresses[i].from);
        struct bytes *other = bytes_new(1 << 20);

        print_message("  %s\n", dresses[i].to);
        assert_non_null(at);
        bytes_add(other, (struct slice){ xml->at, (size_t)(at - xml->at) });
        bytes_add_str(other, dresses[i].to);
        bytes_add_str(other, at + strlen(dresses[i].from));
        AUTO(bytes_free) struct bytes *body = entrance_body(bytes_slice(other));
        entrance_must_post(&s, bytes_slice(body), 401, LOGIN_SEEN);
        must_be_refused_for(&s, "replay: ");
        assert_string_equal(scene_last(&s)->iin, "123456789011");
        bytes_free(other);
    }
    /* signed anew, but the same in all that counts: ГОСТ signatures differ each time, RSA's not */
    entrance_must_login(&s, &(struct login_wish){ .time = time }, 401, LOGIN_SEEN);
    /* another key is another login, and so is another time */
    entrance_must_login(&s, &(struct login_wish){ .time = time, .family = "gost2015" }, 200,
                        "\"XML\"");
    entrance_must_login(&s, &(struct login_wish){ .time = time, .family = "gost2015" }, 401,
                        LOGIN_SEEN);
    fixture_pass(&s.f, 1000);
    entrance_must_login(&s, &(struct login_wish){ 0 }, 200, "\"XML\"");
    assert_int_equal(s.f.store.sessions[0].tally.accepted, 3);
    scene_close(&s);
}

static void the_signature_must_cover_what_is_read(void **state)
{
    AUTO(bytes_free) struct bytes *inner = NULL;
    AUTO(bytes_free) struct bytes *part = NULL;
    AUTO(bytes_free) struct bytes *body = NULL;
    struct bytes *wrapped = bytes_new(1 << 20);
    const char *signature, *end;
    struct scene s;

    (void)state;
    entrance_open(&s, METHOD_XML);
    inner =
        entrance_xml(&s, &(struct login_wish){ .xml = "<a><login Id=\"x\"><url>@URL@</url>"
                                                      "<timeStamp>@TIME@</timeStamp></login></a>",
                                               .time = "2020-01-01T00:00:00Z",
                                               .holder = "" });
    part = notary_xml_part(notary, "individual-auth", bytes_slice(inner), "x");
    signature = strstr(part->at, "<Signature");
    end = strstr(part->at, "</Signature>");
    assert_true(signature && end);
    /* what is signed goes into ds:Object, what is read stands where it should */
    AUTO(bytes_free)
    struct bytes *outer = entrance_xml(&s, &(struct login_wish){ .holder = "" });
    bytes_add(wrapped, (struct slice){ outer->at, outer->len - strlen("</login>") });
    bytes_add(wrapped, (struct slice){ signature, (size_t)(end - signature) });
    bytes_addf(wrapped, "<Object>%s</Object></Signature></login>", inner->at);
    body = entrance_body(bytes_slice(wrapped));
    entrance_must_post(&s, bytes_slice(body), 401, LOGIN_INVALID);
    assert_string_equal(scene_last(&s)->name, "login.refused");
    bytes_free(wrapped);
    scene_close(&s);
}

static void a_signature_inside_another_element_is_refused(void **state)
{
    AUTO(bytes_free) struct bytes *xml = NULL;
    AUTO(bytes_free) struct bytes *body = NULL;
    struct bytes *wrapped = bytes_new(1 << 20);
    struct scene s;

    (void)state;
    entrance_open(&s, METHOD_XML);
    xml = entrance_xml(&s, &(struct login_wish){ .xml = "<login><url>@URL@</url>"
                                                        "<timeStamp>@TIME@</timeStamp></login>" });
    bytes_addf(wrapped,
               "<login><url>https://other.kz</url><timeStamp>1</timeStamp><a>%s</a></login>",
               strstr(xml->at, "<login>"));
    body = entrance_body(bytes_slice(wrapped));
    entrance_must_post(&s, bytes_slice(body), 401, LOGIN_INVALID);
    must_be_refused_for(&s, "format: login: 0 signatures");
    bytes_free(wrapped);
    scene_close(&s);
}

/* ---- who ---- */

static void whom_no_signer_can_be_is_refused_at_the_door(void **state)
{
    static const struct expected_signer one[] = { { "123456789011", "", ROLE_INDIVIDUAL, 0 } };
    static const struct expected_signer open[] = { { "123456789011", "", ROLE_INDIVIDUAL, 0 },
                                                   { "", "123456789021", 0, 0 } };
    static const struct {
        const struct expected_signer *signers;
        const char *holder;
        int want;
    } rows[] = {
        { one, "individual-auth", 200 },
        { one, "legal-entity-auth", 200 }, /* the same person */
        { one, "individual-2-auth", 401 },
        { open, "individual-2-auth", 200 }, /* anybody of that company */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene s;

        entrance_open_for(&s, rows[i].signers, rows[i].signers == open ? 2 : 1);
        entrance_must_login(&s, &(struct login_wish){ .holder = rows[i].holder }, rows[i].want,
                            rows[i].want == 200 ? "\"XML\"" : "Somebody else must sign");
        if (rows[i].want == 401)
            must_be_refused_for(&s, "owner: none of the expected signers");
        scene_close(&s);
    }
}

/* ---- what cannot be learnt, and how often ---- */

static void unknown_revocation_is_503_and_not_counted(void **state)
{
    struct scene s;

    (void)state;
    entrance_open(&s, METHOD_XML);
    notary_set_ocsp(notary, true);
    entrance_must_login(&s, &(struct login_wish){ 0 }, 503, "Whether your certificate is valid");
    assert_string_equal(scene_last(&s)->name, "login.deferred");
    assert_int_equal(s.f.store.sessions[0].tally.refused, 0);
    entrance_must_login(&s, &(struct login_wish){ .holder = "individual" }, 401, LOGIN_KEY);
    notary_set_ocsp(notary, false);
    entrance_must_login(&s, &(struct login_wish){ 0 }, 200, "\"XML\"");
    scene_close(&s);
}

static void unknown_revocation_is_let_through_where_a_setting_says_so(void **state)
{
    const struct fake_event *accepted;
    struct scene s;

    (void)state;
    entrance_open(&s, METHOD_XML);
    mobile_free(s.f.mobile);
    s.f.params.unknown = UNKNOWN_ACCEPT;
    fixture_open(&s.f);
    notary_set_ocsp(notary, true);
    entrance_must_login(&s, &(struct login_wish){ .holder = "individual" }, 401, LOGIN_KEY);
    entrance_must_login(&s, &(struct login_wish){ 0 }, 200, "\"XML\"");
    notary_set_ocsp(notary, false);
    accepted = &s.f.journal.events[s.f.journal.count - 2];
    assert_string_equal(accepted->name, "login.accepted");
    assert_int_equal(accepted->level, EVENT_WARNING);
    assert_non_null(strstr(accepted->text, "[trust] user_unknown = accept: revocation: "));
    scene_close(&s);
}

static void twenty_logins_are_enough(void **state)
{
    struct scene s;

    (void)state;
    entrance_open(&s, METHOD_XML);
    for (int i = 0; i < 20; i++) {
        fixture_pass(&s.f, 1000);
        if (i % 2)
            entrance_must_login(&s, &(struct login_wish){ 0 }, 200, "\"XML\"");
        else
            entrance_must_post(&s, SLICE("{}"), 401, LOGIN_INVALID);
    }
    fixture_pass(&s.f, 1000);
    entrance_must_login(&s, &(struct login_wish){ 0 }, 429, LOGIN_LIMIT);
    must_be_refused_for(&s, "limit: ");
    assert_int_equal(s.f.store.sessions[0].tally.refused, 10);
    assert_int_equal(s.f.store.sessions[0].tally.accepted, 10);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_opens_the_documents),
        cmocka_unit_test(what_is_wrong_is_401_and_says_what_to_do),
        cmocka_unit_test(bodies_without_a_login_are_401),
        cmocka_unit_test(a_login_has_a_ceiling_of_its_own),
        cmocka_unit_test(the_time_may_be_written_in_several_ways_and_must_be_in_the_window),
        cmocka_unit_test(the_window_is_a_setting),
        cmocka_unit_test(a_login_counts_once_however_it_is_dressed),
        cmocka_unit_test(the_signature_must_cover_what_is_read),
        cmocka_unit_test(a_signature_inside_another_element_is_refused),
        cmocka_unit_test(whom_no_signer_can_be_is_refused_at_the_door),
        cmocka_unit_test(unknown_revocation_is_503_and_not_counted),
        cmocka_unit_test(unknown_revocation_is_let_through_where_a_setting_says_so),
        cmocka_unit_test(twenty_logins_are_enough),
    };
    struct err err;

    if (crypto_init(&err) != ST_OK || wsse_init(&err) != ST_OK || clock_use_astana(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, scene_open_notary, scene_close_notary);
}
