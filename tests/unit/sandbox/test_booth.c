/* The telephone in the browser: what it shows, whom it calls, how much it keeps. A scripted server
 * plays API №1 and API №2 at once: one object has the members of both. */
#include "unit/sandbox/fixture.h"

#include "base/clock.h"
#include "base/text.h"
#include "sandbox/booth_page.h"
#include "sandbox/view.h"
#include "sandbox/walks.h"
#include "sandbox/words.h"

#include "peer.h"

#define MINUTE_MS INT64_C(60000)

static struct clock now;
static struct peer *peer;
static struct rest *rest;

#define HOSTILE "</pre><script>alert(1)</script><b a=\\\"{{lang}}\\\">&amp;'"
#define HOSTILE_SHOWN                                                                              \
    "&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;b a=&quot;{{lang}}&quot;&gt;&amp;amp;'"

static char answer[4096];

/* uri: of API №2. */
static void start_peer(const char *uri)
{
    static char body[3072];
    const struct rest_params params = { .max_parallel = 1 };
    char url[128];
    struct err err;

    peer = peer_start((struct script){ answer, END_KEEP, false }, NULL);
    assert_true(text_format(
        body, sizeof(body),
        "{\"description\":\"" HOSTILE "\",\"expiry_date\":\"2023-09-30T10:00:00.000Z\","
        "\"organisation\":{\"nameRu\":\"" HOSTILE "\",\"nameEn\":\"NITEC\",\"bin\":\"" HOSTILE
        "\"},\"document\":{\"uri\":\"%s\",\"auth_type\":\"None\"},\"message\":\"" HOSTILE
        "\",\"backUrl\":\"javascript:alert(1)\",\"signMethod\":\"SIGN_BYTES_ARRAY\",\"version\":1,"
        "\"documentsToSign\":[{\"id\":1,\"nameRu\":\"" HOSTILE "\",\"nameEn\":\"Lease\","
        "\"meta\":[{\"name\":\"" HOSTILE "\",\"value\":\"" HOSTILE "\"}],"
        "\"document\":{\"file\":{\"mime\":\"text/plain\",\"data\":\"" HOSTILE "\"}}}]}",
        uri ? uri : peer_url(peer, "/documents", url)));
    assert_true(text_format(answer, sizeof(answer),
                            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                            "Content-Length: %zu\r\n\r\n%s",
                            strlen(body), body));
    assert_ok(rest_new(&params, &rest, &err), &err);
}

static void stop_peer(void)
{
    rest_free(rest);
    peer_stop(peer);
}

/* Of the scripted server's session; the caller's. */
static struct walk *make_walk(struct rest *by, enum language language)
{
    char url[128], qr[256];
    struct walk *walk = NULL;
    struct err err;
    const struct walk_wish wish = { .dir = sandbox_dir(),
                                    .authority_url = "http://127.0.0.1:1",
                                    .qr = qr,
                                    .family = &families[0],
                                    .holder = &holders[0],
                                    .language = language,
                                    .rest = by,
                                    .clock = &now };

    assert_true(text_format(qr, sizeof(qr), "mobileSign:%s", peer_url(peer, "/mgovSign", url)));
    assert_ok(walk_new(&wish, &walk, &err), &err);
    walk_fetch(walk);
    return walk;
}

/* ---- what it shows ---- */

static void what_a_server_says_is_text_wherever_it_stands(void **state)
{
    AUTO(bytes_free) struct bytes *shown = NULL;
    AUTO(bytes_free) struct bytes *ended = NULL;
    size_t seen = 0;

    (void)state;
    start_peer(NULL);
    struct walk *walk = make_walk(rest, LANGUAGE_RU);
    assert_true(walk_is_open(walk));
    shown = booth_page_walk(walk, "0123");
    assert_non_null(shown);
    assert_false(shown->failed);
    assert_null(strstr(shown->at, "<script"));
    for (const char *at = shown->at; (at = strstr(at, HOSTILE_SHOWN)) != NULL; at++)
        seen++;
    assert_int_equal(seen, 9); /* title, h1, organisation, BIN, name, meta twice, label, text */
    assert_non_null(strstr(shown->at, "Срок действия QR-кода: 30-09-2023, 16:00")); /* req 1.46 */
    walk_refuse(walk);
    ended = booth_page_walk(walk, "0123");
    assert_null(strstr(ended->at, "<script"));
    assert_non_null(strstr(ended->at, "<p class=\"message\">" HOSTILE_SHOWN "</p>"));
    walk_free(walk);
    stop_peer();
}

static void the_app_shows_names_in_its_language_and_follows_https_only(void **state)
{
    AUTO(bytes_free) struct bytes *shown = NULL;
    AUTO(bytes_free) struct bytes *ended = NULL;

    (void)state;
    start_peer(NULL);
    struct walk *walk = make_walk(rest, LANGUAGE_EN);
    shown = booth_page_walk(walk, "0123");
    assert_non_null(strstr(shown->at, "<h3>Lease</h3>"));
    assert_non_null(strstr(shown->at, "<dd>NITEC</dd>"));
    walk_sign(walk);
    assert_int_equal(walk_end(walk).step, WALK_SENT);
    assert_string_equal(walk_end(walk).answer->back_url, "javascript:alert(1)");
    ended = booth_page_walk(walk, "0123");
    assert_non_null(strstr(ended->at, "Signed and sent"));
    assert_null(strstr(ended->at, "javascript"));
    assert_false(walk_is_open(walk));
    walk_free(walk);
    stop_peer();
}

static const struct {
    const char *method, *mime, *value;
    enum view_kind want;
    const char *content;
} views[] = {
    /* req 1.32 */
    { "CMS_WITH_DATA", "text/plain", "MTIz", VIEW_TEXT, "123" },
    { "CMS_SIGN_ONLY", "text/plain", "MTIz", VIEW_TEXT, "123" },
    { "SIGN_BYTES_ARRAY", "text/plain", "MTIz", VIEW_TEXT, "MTIz" }, /* req 1.34: as it is */
    { "SIGN_BYTES_ARRAY", "application/xml", "<a/>", VIEW_XML, "<a/>" },
    { "CMS_WITH_DATA", "application/xml", "PGEvPg==", VIEW_HIDDEN, "<a/>" },
    { "XML", "", "<a/>", VIEW_HIDDEN, "<a/>" },
    { "CMS_SIGN_ONLY", "application/pdf", "JVBERg==", VIEW_PDF, "%PDF" },
    { "SIGN_BYTES_ARRAY", "application/pdf", "JVBERg==", VIEW_PDF, "%PDF" },
    { "CMS_WITH_DATA", "@file/pdf", "JVBERg==", VIEW_PDF, "%PDF" },
    { "CMS_WITH_DATA", "image/png", "MTIz", VIEW_HIDDEN, "123" },
    { "CMS_WITH_DATA", "Text/Plain", "MTIz", VIEW_HIDDEN, "123" }, /* req 1.40 */
    { "CMS_WITH_DATA", "text/html", "MTIz", VIEW_HIDDEN, "123" },
    { "CMS_WITH_DATA", "text/plain", "<a/>", VIEW_BROKEN, "<a/>" },
    { "CMS_WITH_DATA", "application/pdf", "%PDF", VIEW_BROKEN, "%PDF" },
};

static void each_type_is_shown_as_the_app_shows_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
        const struct phone_document document = { .method = slice_str(views[i].method),
                                                 .mime = slice_str(views[i].mime),
                                                 .value = slice_str(views[i].value) };
        AUTO(bytes_free) struct bytes *decoded = NULL;
        struct view view;
        struct err err;

        assert_ok(view_make(&document, &view, &decoded, &err), &err);
        if (view.kind != views[i].want || !slice_eq_str(view.content, views[i].content))
            fail_msg("%s, %s: shown as %d", views[i].method, views[i].mime, view.kind);
    }
}

static void every_key_that_signs_has_a_word_in_every_language(void **state)
{
    (void)state;
    for (int language = 0; language < LANGUAGE_COUNT_; language++) {
        for (size_t i = 0; i < HOLDER_COUNT; i++)
            if (booth_may_sign(&holders[i]))
                assert_int_not_equal(words_find((enum language)language, holders[i].name).len, 0);
        for (size_t i = 0; i < FAMILY_COUNT; i++)
            assert_int_not_equal(words_find((enum language)language, families[i].name).len, 0);
    }
}

/* ---- whom it calls ---- */

static void a_server_cannot_send_it_to_a_host_that_is_not_on_the_list(void **state)
{
    static const char *const hosts[] = { "127.0.0.1", NULL };
    const struct rest_params params = { .max_parallel = 1, .hosts = hosts };
    struct rest *listed = NULL;
    struct err err;

    (void)state;
    start_peer("http://10.255.255.1/documents"); /* API №2 of an API №1 that may be called */
    assert_ok(rest_new(&params, &listed, &err), &err);
    struct walk *walk = make_walk(listed, LANGUAGE_RU);
    AUTO(bytes_free) struct bytes *page = booth_page_walk(walk, "0123");
    assert_int_equal(walk_end(walk).step, WALK_FETCHED);
    assert_string_equal(walk_end(walk).err->code, "hostNotAllowed");
    assert_false(walk_is_open(walk));
    assert_non_null(strstr(page->at, "--phone-allow"));
    walk_free(walk);
    rest_free(listed);
    stop_peer();
}

/* ---- how much it keeps ---- */

struct kept {
    struct walks *walks;
    char id[5][WALKS_ID_TEXT];
};

static void keep(struct kept *kept, size_t max, size_t max_bytes)
{
    const struct walks_params params = { &now, max, max_bytes, 15 * MINUTE_MS };
    struct err err;

    now = clock_fixed_at(0);
    start_peer(NULL);
    assert_ok(walks_new(&params, &kept->walks, &err), &err);
    for (size_t i = 0; i < 5; i++) {
        assert_ok(walks_add(kept->walks, make_walk(rest, LANGUAGE_RU), kept->id[i], &err), &err);
        now.fixed_ms += MINUTE_MS;
    }
}

static bool is_kept(struct kept *kept, size_t i)
{
    struct walks_held *held = walks_take(kept->walks, slice_str(kept->id[i]));

    if (held)
        walks_return(kept->walks, held);
    return held != NULL;
}

static void check_kept(struct kept *kept, const char *want) /* + or - for each */
{
    for (size_t i = 0; i < 5; i++)
        if (is_kept(kept, i) != (want[i] == '+'))
            fail_msg("walk %zu, of %s", i, want);
}

static void let_go(struct kept *kept)
{
    walks_free(kept->walks);
    stop_peer();
}

static void the_oldest_walks_make_room(void **state)
{
    struct kept kept;

    (void)state;
    keep(&kept, 3, SIZE_MAX / 2);
    check_kept(&kept, "--+++");
    assert_null(walks_take(kept.walks, SLICE("")));
    assert_null(walks_take(kept.walks, slice_skip(slice_str(kept.id[4]), 1)));
    let_go(&kept);
}

static void documents_make_room_by_their_bytes(void **state)
{
    struct kept kept;
    size_t one = strlen("</pre><script>alert(1)</script><b a=\"{{lang}}\">&amp;'");

    (void)state;
    keep(&kept, 64, 2 * one);
    check_kept(&kept, "---++");
    let_go(&kept);
    keep(&kept, 64, one / 2); /* one is always there: what is on the screen now */
    check_kept(&kept, "----+");
    let_go(&kept);
}

static void a_walk_lives_fifteen_minutes(void **state)
{
    struct kept kept;

    (void)state;
    keep(&kept, 64, SIZE_MAX / 2);
    now.fixed_ms = 15 * MINUTE_MS - 1;
    check_kept(&kept, "+++++");
    now.fixed_ms = 16 * MINUTE_MS;
    check_kept(&kept, "--+++");
    let_go(&kept);
}

static void a_walk_in_somebodys_hands_outlives_its_place(void **state)
{
    struct kept kept;
    struct walks_held *held;

    (void)state;
    keep(&kept, 64, SIZE_MAX / 2);
    held = walks_take(kept.walks, slice_str(kept.id[0]));
    now.fixed_ms = 60 * MINUTE_MS;
    check_kept(&kept, "-----");
    assert_true(walk_is_open(walks_walk(held)));
    assert_string_equal(walks_id(held), kept.id[0]);
    walks_return(kept.walks, held);
    let_go(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_server_says_is_text_wherever_it_stands),
        cmocka_unit_test(the_app_shows_names_in_its_language_and_follows_https_only),
        cmocka_unit_test(each_type_is_shown_as_the_app_shows_it),
        cmocka_unit_test(every_key_that_signs_has_a_word_in_every_language),
        cmocka_unit_test(a_server_cannot_send_it_to_a_host_that_is_not_on_the_list),
        cmocka_unit_test(the_oldest_walks_make_room),
        cmocka_unit_test(documents_make_room_by_their_bytes),
        cmocka_unit_test(a_walk_lives_fifteen_minutes),
        cmocka_unit_test(a_walk_in_somebodys_hands_outlives_its_place),
    };

    now = clock_fixed_at(0);
    return cmocka_run_group_tests(tests, sandbox_setup, sandbox_teardown);
}
