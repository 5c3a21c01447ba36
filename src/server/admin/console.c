#include "server/admin/console.h"

#include "base/embedded.h"
#include "base/text.h"
#include "crypto/encode.h"
#include "server/admin/guest.h"

extern const struct embedded console_assets[]; /* src/server/admin/assets */

enum { ARENA_MAX = 32 << 20, ETAG_BYTES = 16, ETAG_TEXT = 2 * ETAG_BYTES + 3 };

/* ---- the console's own files: for everybody who reaches the listener ---- */

static const struct file {
    const char *path, *name, *type;
} files[] = {
    { "/admin/console.css", "console.css", "text/css; charset=utf-8" },
    { "/admin/console.svg", "console.svg", "image/svg+xml" },
};

static const struct file *file_at(struct slice path)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (slice_eq_str(path, files[i].path))
            return &files[i];
    return NULL;
}

static void give_file(struct http_request *request, const struct file *file)
{
    const struct embedded *asset = embedded_find(console_assets, slice_str(file->name));
    const struct slice known = http_header(request, "If-None-Match");
    uint8_t hash[SHA256_BYTES];
    char hex[2 * ETAG_BYTES + 1], etag[ETAG_TEXT], header[ETAG_TEXT + 8];
    const char *headers[] = { header, "Cache-Control: no-cache", "X-Content-Type-Options: nosniff",
                              "Cross-Origin-Resource-Policy: same-origin", NULL };

    sha256(asset->bytes, hash);
    text_hex(slice_mem(hash, ETAG_BYTES), hex);
    (void)text_format(etag, sizeof(etag), "\"%s\"", hex);
    (void)text_format(header, sizeof(header), "ETag: %s", etag);
    const bool is_known = known.len > 0 && memmem(known.at, known.len, etag, strlen(etag));
    const struct http_reply reply = { is_known ? 304 : 200, is_known ? NULL : file->type, headers,
                                      is_known ? NULL : bytes_dup(asset->bytes) };
    http_answer(request, &reply);
}

/* ---- what there is to do ---- */

/* The first page of the menu that it may see. */
static void go_home(struct guest *guest)
{
    for (const struct console_page *page = console_pages; page->path; page++)
        if (page->in_menu && page->roles & (1U << guest->account.role)) {
            guest_send_to(guest, page->path);
            return;
        }
    guest_send_to(guest, "/admin/password");
}

enum access {
    ACCESS_ALL,    /* nobody need be logged in */
    ACCESS_OWN,    /* whoever is logged in, even where the password must be changed first */
    ACCESS_INSIDE, /* and where it need not */
};

/* Who does a GET shows; who does a POST has been asked for the token of its form. */
static const struct action {
    const char *path;
    enum access access;
    guest_fn *get; /* HEAD too; NULL: 405 */
    guest_fn *post;
} actions[] = {
    { "/admin", ACCESS_INSIDE, go_home, NULL },
    { "/admin/", ACCESS_INSIDE, go_home, NULL },
    { "/admin/login", ACCESS_ALL, login_show, login_take },
    { "/admin/code", ACCESS_ALL, login_show, code_take },
    { "/admin/logout", ACCESS_ALL, NULL, logout_take },
    { "/admin/language", ACCESS_ALL, NULL, language_take },
    { "/admin/password", ACCESS_OWN, password_show, password_take },
    { "/admin/totp", ACCESS_INSIDE, totp_show, totp_take },
    { "/admin/totp.svg", ACCESS_INSIDE, totp_picture, NULL },
};

static const struct action *action_at(struct slice path)
{
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        if (slice_eq_str(path, actions[i].path))
            return &actions[i];
    return NULL;
}

static bool page_is_at(const struct console_page *page, struct slice path)
{
    const size_t len = strlen(page->path);

    if (page->path[len - 1] == '/')
        return path.len > len && slice_starts(path, slice_str(page->path));
    return slice_eq_str(path, page->path);
}

static const struct console_page *page_at(struct slice path)
{
    for (const struct console_page *page = console_pages; page->path; page++)
        if (page_is_at(page, path))
            return page;
    return NULL;
}

/* ---- a page: looked at, on record, given ---- */

static bool record_view(struct guest *guest, const struct console_answer *answer)
{
    const struct slice path = http_path(guest->request);
    char text[CONSOLE_LOOKED_AT + 200];

    (void)text_format(text, sizeof(text), "%.*s%s%s", (int)(path.len < 150 ? path.len : 150),
                      path.at, *answer->looked_at ? ": " : "", answer->looked_at);
    text_make_plain(text);
    const struct event event = {
        .level = answer->personal ? EVENT_NOTICE : EVENT_INFO,
        .name = answer->personal ? "personal.viewed" : "console.viewed",
        .exchange = answer->exchange,
        .signing = answer->signing,
        .iin = answer->iin,
        .code = "200",
        .text = text,
    };
    return guest_record(guest, &event);
}

/* Whole before it goes on record, so that the record's 200 is what it gets. */
static void give(struct guest *guest, const struct console_page *page,
                 struct console_answer *answer)
{
    const struct err err = { .status = ST_NOMEM, .text = "the page could not be made" };

    if (!answer->content_type)
        answer->body = guest_frame(guest, page->title, page->path, answer->body);
    if (!answer->body)
        guest_fail(guest, &err);
    else if (!record_view(guest, answer))
        bytes_free(answer->body);
    else if (answer->content_type)
        guest_give_file(guest, answer->content_type, answer->file_name, answer->body);
    else
        guest_give_html(guest, 200, answer->body);
}

static void give_page(struct guest *guest, const struct console_page *page)
{
    const struct console_visit visit = {
        .service = guest->service,
        .request = guest->request,
        .account = guest->account.name,
        .role = guest->account.role,
        .language = guest->language,
        .arena = guest->arena,
    };
    struct console_answer answer = { .content_type = NULL };
    struct err err = { 0 };

    if (!(page->roles & (1U << guest->account.role))) {
        guest_refuse(guest, "not for this role");
        return;
    }
    if (page->give(&visit, &answer, &err) != ST_OK) {
        bytes_free(answer.body);
        guest_fail(guest, &err);
        return;
    }
    give(guest, page, &answer);
}

static void miss(struct guest *guest)
{
    const struct err err = { .status = ST_NOT_FOUND, .text = "there is no such page" };

    guest_fail(guest, &err);
}

/* ---- the door ---- */

static bool is_reading(const struct guest *guest)
{
    const char *method = http_method(guest->request);

    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static void refuse_method(struct guest *guest, const struct action *action)
{
    char allow[64];
    const char *headers[] = { allow, "Cache-Control: no-store", NULL };

    (void)text_format(
        allow, sizeof(allow), "Allow: %s%s%s", !action || action->get ? "GET, HEAD" : "",
        action && action->get && action->post ? ", " : "", action && action->post ? "POST" : "");
    const struct http_reply reply = { 405, "text/plain; charset=utf-8", headers,
                                      bytes_dup(SLICE("this path does not take that method\n")) };
    http_answer(guest->request, &reply);
}

/* Nobody, or somebody who must do something else first. false: it has been answered. */
static bool may_enter(struct guest *guest, enum access access)
{
    if (access == ACCESS_ALL)
        return true;
    if (!guest_is_in(guest)) {
        if (guest->look == SESSION_LOOK_ENDED)
            guest_send_to(guest, "/admin/login?said_over");
        else if (is_reading(guest))
            guest_send_to(guest, "/admin/login");
        else
            guest_refuse(guest, "nobody is logged in");
        return false;
    }
    if (access == ACCESS_INSIDE && guest->account.must_change) {
        guest_send_to(guest, "/admin/password");
        return false;
    }
    return true;
}

static void act(struct guest *guest, const struct action *action)
{
    guest_fn *run = is_reading(guest)                                  ? action->get
                    : strcmp(http_method(guest->request), "POST") == 0 ? action->post
                                                                       : NULL;

    if (!run)
        refuse_method(guest, action);
    else if (may_enter(guest, action->access) && (is_reading(guest) || guest_form_is_ours(guest)))
        run(guest);
}

/* A log-in that was not used too long ends when it is used again, and is gone then. */
static bool note_end(struct guest *guest)
{
    const struct event event = { .level = EVENT_NOTICE,
                                 .name = "auth.expired",
                                 .account = guest->account.name,
                                 .text = "the log-in was over: not used for too long, or too old" };

    if (guest->look != SESSION_LOOK_ENDED)
        return true;
    guest_set_cookie(guest, COOKIE_SESSION, "");
    return guest_record(guest, &event);
}

static void handle(struct guest *guest)
{
    const struct slice path = http_path(guest->request);
    const struct action *action = action_at(path);
    const struct console_page *page = page_at(path);
    struct err err = { 0 };

    if (guest_meet(guest, &err) != ST_OK) {
        guest_fail(guest, &err);
        return;
    }
    if (!note_end(guest))
        return;
    if (action) {
        act(guest, action);
    } else if (!is_reading(guest)) {
        refuse_method(guest, NULL);
    } else if (may_enter(guest, ACCESS_INSIDE)) {
        if (page)
            give_page(guest, page);
        else
            miss(guest);
    }
}

void console_handle(const struct service *service, struct http_request *request)
{
    const struct file *file = file_at(http_path(request));
    AUTO(arena_free) struct arena *arena = arena_new(ARENA_MAX);
    struct guest guest = { .service = service,
                           .request = request,
                           .arena = arena,
                           .start_ms = clock_now(service_rooms(service)->clock) };

    if (!arena)
        http_answer_text(request, 503, "busy: try again in a moment");
    else if (file && is_reading(&guest))
        give_file(request, file);
    else
        handle(&guest);
    explicit_bzero(&guest, sizeof(guest));
}
