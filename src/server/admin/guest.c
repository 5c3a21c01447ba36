#include "server/admin/guest.h"

#include "base/log.h"
#include "base/text.h"
#include "http/form.h"
#include "server/admin/console_html.h"
#include "server/diary.h"

enum { HEADERS_MAX = 16, LINE_MAX_BYTES = 512, PATH_SHOWN = 200 };

/* Nothing but our own style and pictures, no script at all; forms to ourselves alone.
 * Referrer-Policy is not no-referrer: then browsers would send forms with «Origin: null». */
static const char policy[] =
    "Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
static const char *const page_headers[] = {
    policy,
    "X-Frame-Options: DENY",
    "X-Content-Type-Options: nosniff",
    "Referrer-Policy: same-origin",
    "Cross-Origin-Opener-Policy: same-origin",
    "Cross-Origin-Resource-Policy: same-origin",
    "Permissions-Policy: camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cache-Control: no-store",
};

/* ---- who it is ---- */

bool guest_is_in(const struct guest *guest)
{
    return guest->look == SESSION_LOOK_LIVE;
}

const char *guest_account(const struct guest *guest)
{
    return guest_is_in(guest) ? guest->account.name : "-";
}

struct doorway guest_doorway(const struct guest *guest)
{
    const struct rooms *rooms = service_rooms(guest->service);

    return (struct doorway){ rooms->door, rooms->store,
                             door_limits(&service_conf(guest->service)->admin) };
}

static bool find_whole(const struct guest *guest, enum cookie_kind kind, char ret[COOKIE_TEXT])
{
    const struct slice header = http_header(guest->request, "Cookie");

    if (cookie_find(header, guest->secure, kind, ret, COOKIE_TEXT) && cookie_is_whole(ret))
        return true;
    ret[0] = '\0';
    return false;
}

static enum language language_of_guest(const struct guest *guest)
{
    char word[8];

    if (cookie_find(http_header(guest->request, "Cookie"), guest->secure, COOKIE_LANGUAGE, word,
                    sizeof(word)))
        return language_of(word);
    return language_accepted(http_header(guest->request, "Accept-Language"));
}

enum status guest_meet(struct guest *guest, struct err *err)
{
    const struct doorway way = guest_doorway(guest);

    guest->secure = cookie_is_secure(guest->request);
    guest->language = language_of_guest(guest);
    guest->look = SESSION_LOOK_NONE;
    (void)find_whole(guest, COOKIE_DOOR, guest->door);
    if (!find_whole(guest, COOKIE_SESSION, guest->cookie))
        return ST_OK;
    cookie_sha256(guest->cookie, guest->cookie_sha256);
    TRY(store_account_look(way.store, guest->cookie_sha256, &way.limits, &guest->look,
                           &guest->account, err));
    guest->binds = guest->look == SESSION_LOOK_LIVE || guest->look == SESSION_LOOK_HALF;
    return ST_OK;
}

/* ---- what it sends ---- */

bool guest_field(const struct guest *guest, const char *name, char *ret, size_t size)
{
    return form_value(http_body(guest->request), name, ret, size);
}

static const char *cookie_of_forms(const struct guest *guest)
{
    return guest->binds ? guest->cookie : guest->door;
}

bool guest_form_is_ours(struct guest *guest)
{
    const struct http_request *request = guest->request;
    const char *cookie = cookie_of_forms(guest);
    char token[COOKIE_TEXT];

    if (!origin_is_ours(http_header(request, "Origin"), http_header(request, "Sec-Fetch-Site"),
                        http_base_url(request))) {
        guest_refuse(guest, "the form came from another site");
        return false;
    }
    if (!*cookie || !guest_field(guest, "token", token, sizeof(token)) ||
        !form_token_is_right(cookie, token)) {
        guest_refuse(guest, "the form's token is missing or wrong");
        return false;
    }
    return true;
}

void guest_set_cookie(struct guest *guest, enum cookie_kind kind, const char *value)
{
    if (guest->set_count < GUEST_COOKIES)
        cookie_header(guest->secure, kind, value, guest->set[guest->set_count++]);
}

/* ---- the journal ---- */

bool guest_record(struct guest *guest, const struct event *event)
{
    const struct rooms *rooms = service_rooms(guest->service);
    struct event line = *event;

    if (!line.account)
        line.account = guest_account(guest);
    line.ip = http_peer(guest->request);
    line.start_ms = guest->start_ms;
    if (diary_note(rooms->journal, rooms->clock, &line))
        return true;
    http_answer_text(guest->request, 503, "the journal cannot be written: nothing is shown");
    return false;
}

/* "GET /admin/x: why", for the journal. */
static void describe(const struct guest *guest, const char *why, char *ret, size_t size)
{
    const struct slice path = http_path(guest->request);

    (void)text_format(ret, size, "%s %.*s: %s", http_method(guest->request),
                      (int)(path.len < PATH_SHOWN ? path.len : PATH_SHOWN), path.at, why);
    text_make_plain(ret);
}

/* ---- answers ---- */

struct answer_parts {
    int status;
    const char *content_type;
    const char *extra; /* one more header; NULL: none */
    struct bytes *body;
};

static void answer(struct guest *guest, struct answer_parts parts)
{
    const size_t fixed = sizeof(page_headers) / sizeof(page_headers[0]);
    const char *headers[HEADERS_MAX + 1] = { NULL };
    size_t count = fixed;

    memcpy(headers, page_headers, sizeof(page_headers));
    for (size_t i = 0; i < guest->set_count; i++)
        headers[count++] = guest->set[i];
    if (parts.extra)
        headers[count++] = parts.extra;
    const struct http_reply reply = { parts.status, parts.content_type, headers, parts.body };
    http_answer(guest->request, &reply);
}

void guest_token(struct guest *guest, char ret[COOKIE_TEXT])
{
    if (!*cookie_of_forms(guest)) {
        cookie_new(guest->door);
        guest_set_cookie(guest, COOKIE_DOOR, guest->door);
    }
    form_token(cookie_of_forms(guest), ret);
}

struct bytes *guest_frame(struct guest *guest, const char *title, const char *path,
                          struct bytes *body)
{
    const bool inside = guest_is_in(guest) && !guest->account.must_change;
    char token[COOKIE_TEXT], back[LINE_MAX_BYTES];
    struct bytes *html = NULL;
    struct err err = { 0 };

    guest_token(guest, token);
    (void)text_copy(back, sizeof(back), path);
    const struct frame_view view = {
        .language = guest->language,
        .title = title,
        .path = back,
        .token = token,
        .instance = service_conf(guest->service)->instance.name,
        .sandbox = service_conf(guest->service)->sandbox.enabled,
        .account = guest_is_in(guest) ? guest->account.name : NULL,
        .role = guest->account.role,
        .with_menu = inside,
        .main = bytes_slice(body),
    };
    if (!body || body->failed || frame_html(&view, guest->arena, &html, &err) != ST_OK)
        html = NULL;
    bytes_free(body);
    return html;
}

void guest_give_html(struct guest *guest, int status, struct bytes *html)
{
    if (html)
        answer(guest, (struct answer_parts){ status, "text/html; charset=utf-8", NULL, html });
    else
        http_answer_text(guest->request, 503, "the page could not be made");
}

void guest_give_page(struct guest *guest, int status, const char *title, const char *path,
                     struct bytes *body)
{
    guest_give_html(guest, status, guest_frame(guest, title, path, body));
}

void guest_give_notice(struct guest *guest, int status, const char *title, const char *hint,
                       const char *text)
{
    const struct template_value values[] = {
        { .name = "hint", .text = slice_str(console_text(guest->language, hint)) },
        { .name = "text", .text = slice_str(text) },
        { NULL },
    };
    struct bytes *body = bytes_new(GUEST_PAGE_MAX);
    char path[PATH_SHOWN];

    (void)text_copy_slice(path, sizeof(path), http_path(guest->request));
    if (body)
        console_part(body, text ? "notice-text" : "notice", guest->language, values, guest->arena);
    guest_give_page(guest, status, title, path, body);
}

void guest_send_to(struct guest *guest, const char *path)
{
    char location[LINE_MAX_BYTES];

    if (!text_format(location, sizeof(location), "Location: %s", path))
        (void)text_copy(location, sizeof(location), "Location: /admin/");
    answer(guest, (struct answer_parts){ 303, NULL, location, NULL });
}

void guest_give_file(struct guest *guest, const char *content_type, const char *file_name,
                     struct bytes *body)
{
    char disposition[LINE_MAX_BYTES];

    if (file_name)
        (void)text_format(disposition, sizeof(disposition),
                          "Content-Disposition: attachment; filename=\"%s\"", file_name);
    answer(guest, (struct answer_parts){ 200, content_type, file_name ? disposition : NULL, body });
}

static const struct failure {
    enum status from;
    int status;
    const char *title, *hint;
    bool with_text;
} failures[] = {
    { ST_INPUT, 400, "wrong_title", "wrong_hint", true },
    { ST_NOT_FOUND, 404, "missing_title", "missing_hint", false },
    { ST_CONFLICT, 409, "conflict_title", "conflict_hint", false },
    { ST_UNAVAILABLE, 503, "away_title", "away_hint", false },
    { ST_NOMEM, 503, "away_title", "away_hint", false },
    { ST_INTERNAL, 500, "broken_title", "broken_hint", false },
};

void guest_fail(struct guest *guest, const struct err *err)
{
    const size_t count = sizeof(failures) / sizeof(failures[0]);
    char code[8], text[PATH_SHOWN + 300];
    size_t i = 0;

    while (i < count - 1 && failures[i].from != err->status)
        i++;
    const struct failure *row = &failures[i];
    if (row->status >= 500)
        log_err(LOG_LEVEL_ERROR, "console.failed", err);
    (void)text_format(code, sizeof(code), "%d", row->status);
    describe(guest, row->with_text ? err->text : status_name(err->status), text, sizeof(text));
    const struct event event = {
        .level = EVENT_WARNING, .name = "console.failed", .code = code, .text = text
    };
    if (guest_record(guest, &event))
        guest_give_notice(guest, row->status, row->title, row->hint,
                          row->with_text ? err->text : NULL);
}

void guest_refuse(struct guest *guest, const char *reason)
{
    char text[PATH_SHOWN + 300];

    describe(guest, reason, text, sizeof(text));
    const struct event event = {
        .level = EVENT_WARNING, .name = "access.refused", .code = "403", .text = text
    };
    if (guest_record(guest, &event))
        guest_give_notice(guest, 403, "refused_title", "refused_hint", NULL);
}
