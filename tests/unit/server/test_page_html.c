/* The signing page in every state, language and device: no template asks for what is not there, and
 * nothing that others wrote becomes markup. */
#include "server/page_html.h"

#include "support/cmocka.h"

#define ID "AAAAAAAAAAAAAAAAAAAAAA"

static struct mobile_page session_in(enum session_state state)
{
    return (struct mobile_page){
        .state = state,
        .why = "",
        .expires_ms = 1795000000000,
        .left_ms = state <= SESSION_DOCUMENTS_SENT ? 1799001 : 0,
        .organisation = "АО \"ТЕСТ\" <b>&",
        .back_url = "https://bank.example/done?a=1&b=2",
        .signer_count = 1,
        .qr_text = "mobileSign:https://h/m/T/mgovSign",
        .link = "https://m.egov.kz/mobileSign/?link=https://h/m/T/mgovSign",
        .business_link = "https://m.egov.kz/businessSign/?link=https://h/m/T/mgovSign",
    };
}

static struct page_view view_of(const struct mobile_page *session)
{
    return (struct page_view){ .session = session, .id = SLICE(ID), .phone_url = "" };
}

static struct bytes *page_of(const struct page_view *view)
{
    struct bytes *html = NULL;
    struct err err;

    if (page_html(view, &html, &err) != ST_OK)
        fail_msg("%s: %s", session_state_name(view->session->state), err.text);
    return html;
}

static void check(const struct bytes *html, const char *what, bool wanted)
{
    if ((strstr(html->at, what) != NULL) != wanted)
        fail_msg("%s «%s»:\n%s", wanted ? "no" : "there is", what, html->at);
}

static size_t count_of(const char *text, const char *what)
{
    size_t n = 0;

    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

/* Languages and devices of one session, with and without the sandbox's telephone. */
static void try_all(const struct mobile_page *session)
{
    static const char *const phones[] = { "", "http://127.0.0.1:8089/phone/" };

    for (int i = 0; i < LANGUAGE_COUNT_ * PAGE_DEVICE_COUNT_ * 2; i++) {
        struct page_view view = view_of(session);
        view.language = (enum language)(i % LANGUAGE_COUNT_);
        view.device = (enum page_device)(i / LANGUAGE_COUNT_ % PAGE_DEVICE_COUNT_);
        view.sandbox = i / LANGUAGE_COUNT_ / PAGE_DEVICE_COUNT_;
        view.phone_url = phones[view.sandbox];
        AUTO(bytes_free) struct bytes *html = page_of(&view);
        check(html, "{{", false);
        check(html, "<b>", false);
        check(html, " style=", false);
        check(html, "onclick", false);
        check(html, "АО &quot;ТЕСТ&quot; &lt;b&gt;&amp;", true);
        check(html, "<p class=\"state\"></p>", false);
        check(html, "<p></p>", false);
        check(html, "&amp;qr=mobileSign%3Ahttps%3A%2F%2Fh%2Fm%2FT%2FmgovSign\"",
              view.sandbox && session->state <= SESSION_DOCUMENTS_SENT);
        assert_int_equal(count_of(html->at, "<h1"), 1);
        assert_int_equal(count_of(html->at, "<main"), 1);
        assert_int_equal(count_of(html->at, "<div"), count_of(html->at, "</div>"));
        assert_int_equal(count_of(html->at, "<p"), count_of(html->at, "</p>"));
        assert_int_equal(count_of(html->at, "aria-current=\"true\""), 1);
    }
}

static void every_page_can_be_made_in_every_language(void **state)
{
    (void)state;
    for (int s = SESSION_CREATED; s <= SESSION_FAILED; s++)
        for (uint32_t refusals = 0; refusals < 2; refusals++) {
            struct mobile_page session = session_in((enum session_state)s);
            session.refusals = refusals;
            session.why = refusals || s == SESSION_FAILED ? "Ваш сертификат отозван." : "";
            session.was_opened = refusals;
            session.signer_count = 1 + refusals;
            try_all(&session);
        }
}

static void the_error_pages_can_be_made_in_every_language(void **state)
{
    static const struct page_error errors[] = {
        { .state = "unknown", .hint = MSG_UNKNOWN },
        { .state = "unavailable", .hint = MSG_UNAVAILABLE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(errors) * LANGUAGE_COUNT_; i++) {
        struct page_error error = errors[i % COUNT(errors)];
        AUTO(bytes_free) struct bytes *html = NULL;
        struct err err;
        error.language = (enum language)(i / COUNT(errors));
        assert_int_equal(page_error_html(&error, &html, &err), ST_OK);
        check(html, message_text(error.hint, error.language), true);
        check(html, "<h1></h1>", false);
        check(html, "sign.js", false);
        assert_int_equal(count_of(html->at, "<div"), count_of(html->at, "</div>"));
    }
}

static const struct {
    enum session_state state;
    enum page_device device;
    const char *what;
    bool wanted;
} cases[] = {
    { SESSION_CREATED, PAGE_DESKTOP, "/qr.svg", true },
    { SESSION_CREATED, PAGE_DESKTOP, "businessSign", false },
    { SESSION_CREATED, PAGE_DESKTOP, "aria-current=\"step\">Ожидается сканирование", true },
    { SESSION_CREATED, PAGE_DESKTOP, "role=\"timer\">30:00<", true }, /* 29:59.001, rounded up */
    { SESSION_CREATED, PAGE_TELEPHONE, "<details>", true },
    { SESSION_CREATED, PAGE_TELEPHONE, "businessSign", true },
    { SESSION_CREATED, PAGE_TELEPHONE, "канирова", false },
    { SESSION_SCANNED, PAGE_DESKTOP, "Ожидается сканирование<span class=\"unseen\">: выполнено",
      true },
    { SESSION_SCANNED, PAGE_DESKTOP, "aria-current=\"step\">QR-код отсканирован", true },
    { SESSION_DOCUMENTS_SENT, PAGE_DESKTOP, "aria-current=\"step\">Документы открыты", true },
    { SESSION_DOCUMENTS_SENT, PAGE_DESKTOP, "bank.example", false },
    { SESSION_SIGNED, PAGE_DESKTOP, "href=\"https://bank.example/done?a=1&amp;b=2\"", true },
    { SESSION_SIGNED, PAGE_DESKTOP, "Вернуться на сайт организации", true },
    { SESSION_SIGNED, PAGE_DESKTOP, "aria-current=\"step\"", false },
    { SESSION_SIGNED, PAGE_DESKTOP, "qr.svg", false },
    { SESSION_SIGNED, PAGE_DESKTOP, "sign.js", false }, /* nothing to wait for */
    { SESSION_SIGNED, PAGE_DESKTOP, "http-equiv", false },
    { SESSION_EXPIRED, PAGE_DESKTOP, "Срок действия истёк", true },
    { SESSION_EXPIRED, PAGE_TELEPHONE, "m.egov.kz", false },
    { SESSION_CANCELLED, PAGE_DESKTOP, "Запрос отменён", true },
};

static void each_state_shows_what_can_be_done_now(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mobile_page session = session_in(cases[i].state);
        struct page_view view = view_of(&session);
        view.device = cases[i].device;
        AUTO(bytes_free) struct bytes *html = page_of(&view);
        check(html, cases[i].what, cases[i].wanted);
    }
}

static void a_failure_says_why_in_words(void **state)
{
    struct mobile_page session = session_in(SESSION_FAILED);
    struct page_view view = view_of(&session);

    (void)state;
    session.why = message_text(MSG_REFUSED, LANGUAGE_RU); /* by the citizen */
    AUTO(bytes_free) struct bytes *refused = page_of(&view);
    check(refused, session.why, true);
    check(refused, "Не получилось.", false);
    session.why = message_text(MSG_REVOKED, LANGUAGE_RU); /* five times by us */
    session.refusals = 5;
    AUTO(bytes_free) struct bytes *failed = page_of(&view);
    check(failed, session.why, true);
    check(failed, message_text(MSG_FAILED, LANGUAGE_RU), true);
    check(failed, "Не получилось.", true);
}

/* A login that was refused is no signature, but a telephone that did not get on. */
static void a_refused_login_is_explained_while_it_may_be_tried_again(void **state)
{
    struct mobile_page session = session_in(SESSION_SCANNED);
    struct page_view view = view_of(&session);

    (void)state;
    session.why = message_text(MSG_LOGIN_TIME, LANGUAGE_RU);
    AUTO(bytes_free) struct bytes *html = page_of(&view);
    check(html, session.why, true);
    check(html, "class=\"refused\"", true);
}

static void who_has_signed_so_far_is_told_when_several_must(void **state)
{
    struct mobile_page session = session_in(SESSION_DOCUMENTS_SENT);
    struct page_view view = view_of(&session);

    (void)state;
    AUTO(bytes_free) struct bytes *alone = page_of(&view);
    check(alone, "Подписали", false);
    session.signer_count = 2;
    session.signed_count = 1;
    AUTO(bytes_free) struct bytes *two = page_of(&view);
    check(two, "Подписали: 1 из 2", true);
}

static void the_version_changes_with_all_that_is_news(void **state)
{
    const struct mobile_page before = session_in(SESSION_CREATED);
    struct mobile_page after[5] = { before, before, before, before, before };
    char old[PAGE_VERSION_TEXT], new[PAGE_VERSION_TEXT];

    (void)state;
    after[0].left_ms = 1; /* is none */
    after[1].state = SESSION_SCANNED;
    after[2].refusals = 1;
    after[3].signed_count = 1;
    after[4].why = "Вход подтверждён для другого QR-кода.";
    page_version(&before, old);
    for (size_t i = 0; i < COUNT(after); i++) {
        page_version(&after[i], new);
        assert_int_equal(strcmp(old, new) != 0, i != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_can_be_made_in_every_language),
        cmocka_unit_test(the_error_pages_can_be_made_in_every_language),
        cmocka_unit_test(each_state_shows_what_can_be_done_now),
        cmocka_unit_test(a_failure_says_why_in_words),
        cmocka_unit_test(a_refused_login_is_explained_while_it_may_be_tried_again),
        cmocka_unit_test(who_has_signed_so_far_is_told_when_several_must),
        cmocka_unit_test(the_version_changes_with_all_that_is_news),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
