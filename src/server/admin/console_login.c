/* Logging in and out, and the language: POST /admin/login, /admin/code, /admin/logout,
 * /admin/language. */
#include "base/text.h"
#include "http/peer.h"
#include "server/admin/console_html.h"
#include "server/admin/guest.h"
#include "server/strangers.h"

enum { CODE_MAX = 16, BACK_MAX = 512, SAID_MAX = 16 };

/* ---- the form ---- */

static void give_form(struct guest *guest, int status, const char *part, const char *said)
{
    struct bytes *body = bytes_new(GUEST_PAGE_MAX);
    char token[COOKIE_TEXT];

    guest_token(guest, token);
    const struct template_value values[] = {
        { .name = "token", .text = slice_str(token) },
        { .name = "said", .text = slice_str(said ? console_text(guest->language, said) : "") },
        { NULL },
    };
    if (body && said)
        console_part(body, status >= 400 ? "said-bad" : "said", guest->language, values,
                     guest->arena);
    if (body)
        console_part(body, part, guest->language, values, guest->arena);
    guest_give_page(guest, status, strcmp(part, "code") == 0 ? "code_title" : "login_title",
                    "/admin/login", body);
}

static void give_login(struct guest *guest, int status, const char *said)
{
    give_form(guest, status, guest->look == SESSION_LOOK_HALF ? "code" : "login", said);
}

/* What another page may have this one say. */
static const char *const sayings[] = { "said_out", "said_over" };

void login_show(struct guest *guest)
{
    struct slice query = http_query(guest->request);

    if (guest_is_in(guest)) {
        guest_send_to(guest, "/admin/");
        return;
    }
    if (guest->look == SESSION_LOOK_ENDED) {
        give_login(guest, 200, "said_over");
        return;
    }
    for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++)
        if (slice_eq_str(query, sayings[i])) {
            give_login(guest, 200, sayings[i]);
            return;
        }
    give_login(guest, 200, NULL);
}

/* ---- addresses that fail ---- */

static struct address caller_of(const struct guest *guest)
{
    struct address address = { 0 };

    (void)address_parse(slice_str(http_peer(guest->request)), &address);
    return address;
}

static bool is_throttled(const struct guest *guest)
{
    const struct address caller = caller_of(guest);

    return strangers_wait_ms(service_rooms(guest->service)->door_failures, &caller,
                             clock_monotonic_ms()) > 0;
}

/* false: it could not be put on record, and has been answered. */
static bool count_address(struct guest *guest)
{
    const struct conf_admin *conf = &service_conf(guest->service)->admin;
    const struct strangers_limit limit = { (unsigned)conf->max_address_failures,
                                           conf->address_window_s * 1000 };
    const struct address caller = caller_of(guest);
    char text[160];

    if (!strangers_count(service_rooms(guest->service)->door_failures, &limit, &caller,
                         clock_monotonic_ms()))
        return true;
    (void)text_format(text, sizeof(text),
                      "%u failed log-ins within %lld s: the address may not try again until they "
                      "have passed",
                      limit.max, (long long)conf->address_window_s);
    const struct event event = {
        .level = EVENT_WARNING, .name = "auth.throttled", .code = "429", .text = text
    };
    return guest_record(guest, &event);
}

/* ---- a try ---- */

/* On record, then told: the same words for whatever was wrong. */
static void tell_failure(struct guest *guest, const struct door_answer *answer)
{
    char text[DOOR_TEXT];
    struct event event;

    door_event(answer, text, &event);
    event.code = "403";
    if (!guest_record(guest, &event) || !count_address(guest))
        return;
    give_login(guest, 403, guest->look == SESSION_LOOK_HALF ? "code_wrong" : "login_wrong");
}

/* A new cookie for whoever comes in: the one before, if any, opens nothing (session fixation). */
static enum status begin(struct guest *guest, const struct door_answer *answer, bool half,
                         struct err *err)
{
    const struct doorway way = guest_doorway(guest);
    char cookie[COOKIE_TEXT], agent[256];
    uint8_t hash[32];

    cookie_new(cookie);
    cookie_sha256(cookie, hash);
    (void)text_copy_slice(agent, sizeof(agent), http_header(guest->request, "User-Agent"));
    const struct account_session session = { .cookie_sha256 = hash,
                                             .address = http_peer(guest->request),
                                             .user_agent = agent,
                                             .half = half };
    if (*guest->cookie)
        TRY(store_account_logout(way.store, guest->cookie_sha256, err));
    TRY(store_account_login(way.store, &answer->account, &way.limits, &session, err));
    text_copy(guest->cookie, sizeof(guest->cookie), cookie);
    memcpy(guest->cookie_sha256, hash, sizeof(hash));
    guest_set_cookie(guest, COOKIE_SESSION, cookie);
    explicit_bzero(cookie, sizeof(cookie));
    return ST_OK;
}

/* What is not on record is not open. */
static void let_in(struct guest *guest, const struct door_answer *answer)
{
    const bool half = answer->outcome == DOOR_CODE_WANTED;
    struct err err = { 0 }, ignored;
    char text[DOOR_TEXT];
    struct event event;

    if (begin(guest, answer, half, &err) != ST_OK) {
        guest_fail(guest, &err);
        return;
    }
    if (half) {
        guest_send_to(guest, "/admin/code");
        return;
    }
    door_event(answer, text, &event);
    if (guest_record(guest, &event))
        guest_send_to(guest, "/admin/");
    else
        (void)!store_account_logout(service_rooms(guest->service)->store, guest->cookie_sha256,
                                    &ignored);
}

static void tell(struct guest *guest, enum status judged, const struct door_answer *answer,
                 const struct err *err)
{
    if (judged != ST_OK)
        guest_fail(guest, err);
    else if (answer->outcome == DOOR_OPEN || answer->outcome == DOOR_CODE_WANTED)
        let_in(guest, answer);
    else
        tell_failure(guest, answer);
}

void login_take(struct guest *guest)
{
    const struct doorway way = guest_doorway(guest);
    char name[ACCOUNT_NAME_BYTES], password[PASSWORD_BYTES];
    struct door_answer answer;
    struct err err = { 0 };

    if (is_throttled(guest)) {
        give_login(guest, 429, "login_throttled");
        return;
    }
    (void)guest_field(guest, "name", name, sizeof(name));
    (void)guest_field(guest, "password", password, sizeof(password));
    guest->look = SESSION_LOOK_NONE; /* whoever was in here begins anew */
    const struct door_try try = { .name = name, .password = slice_str(password) };
    const enum status judged = door_judge(&way, &try, &answer, &err);
    explicit_bzero(password, sizeof(password));
    tell(guest, judged, &answer, &err);
}

void code_take(struct guest *guest)
{
    const struct doorway way = guest_doorway(guest);
    struct door_answer answer;
    struct err err = { 0 };
    char code[CODE_MAX];

    if (guest->look != SESSION_LOOK_HALF) {
        guest_send_to(guest, "/admin/login");
        return;
    }
    if (is_throttled(guest)) {
        give_login(guest, 429, "login_throttled");
        return;
    }
    (void)guest_field(guest, "code", code, sizeof(code));
    tell(guest, door_judge_code(&way, &guest->account, code, &answer, &err), &answer, &err);
}

/* ---- out ---- */

void logout_take(struct guest *guest)
{
    const struct event event = { .level = EVENT_NOTICE,
                                 .name = "auth.logout",
                                 .text = "logged out" };
    const bool was_in = guest_is_in(guest);
    struct err err = { 0 };

    if (*guest->cookie && store_account_logout(service_rooms(guest->service)->store,
                                               guest->cookie_sha256, &err) != ST_OK) {
        guest_fail(guest, &err);
        return;
    }
    if (was_in && !guest_record(guest, &event))
        return;
    guest_set_cookie(guest, COOKIE_SESSION, "");
    guest_send_to(guest, was_in ? "/admin/login?said_out" : "/admin/login");
}

/* ---- language ---- */

/* A place of the console's, whatever the form says. */
static bool is_inside(const char *path)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-._~";

    return strncmp(path, "/admin/", strlen("/admin/")) == 0 && path[strspn(path, allowed)] == '\0';
}

void language_take(struct guest *guest)
{
    char word[4], back[BACK_MAX];

    if (guest_field(guest, "language", word, sizeof(word)) &&
        (strcmp(word, "ru") == 0 || strcmp(word, "kk") == 0 || strcmp(word, "en") == 0))
        guest_set_cookie(guest, COOKIE_LANGUAGE, word);
    if (!guest_field(guest, "back", back, sizeof(back)) || !is_inside(back))
        (void)text_copy(back, sizeof(back), "/admin/");
    guest_send_to(guest, back);
}
