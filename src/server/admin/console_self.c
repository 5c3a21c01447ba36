/* What everybody may do about their own account: the password, and the second factor. */
#include "base/text.h"
#include "crypto/encode.h"
#include "crypto/password.h"
#include "crypto/totp.h"
#include "mobile/qr.h"
#include "server/admin/console_html.h"
#include "server/admin/guest.h"

enum { CODE_MAX = 16, VALUES_MAX = 6 };

static const char *const fault_words[] = {
    [PASSWORD_SHORT] = "password_short", [PASSWORD_LONG] = "password_long",
    [PASSWORD_TEXT] = "password_text",   [PASSWORD_NAME] = "password_name",
    [PASSWORD_SAME] = "password_same",
};

/* A form of the person's own, with what is said above it. */
static void give(struct guest *guest, int status, const char *part, const char *said,
                 const struct template_value *more)
{
    const char *title =
        strncmp(part, "totp", strlen("totp")) == 0 ? "totp_title" : "password_title";
    const char *path = *title == 't' ? "/admin/totp" : "/admin/password";
    char token[COOKIE_TEXT];
    struct bytes *body = bytes_new(GUEST_PAGE_MAX);

    guest_token(guest, token);
    const struct template_value values[VALUES_MAX] = {
        { .name = "token", .text = slice_str(token) },
        { .name = "account", .text = slice_str(guest->account.name) },
        { .name = "said", .text = slice_str(said ? console_text(guest->language, said) : "") },
        { .name = NULL, .more = more },
    };
    if (body && !guest->account.must_change)
        console_part(body, *title == 't' ? "tabs-totp" : "tabs-password", guest->language, values,
                     guest->arena);
    if (body && said)
        console_part(body, status >= 400 ? "said-bad" : "said", guest->language, values,
                     guest->arena);
    if (body)
        console_part(body, part, guest->language, values, guest->arena);
    guest_give_page(guest, status, title, path, body);
}

/* Whoever has found an open browser does not know the password. false: it has been answered. */
static bool knows_password(struct guest *guest, const char *part)
{
    const struct doorway way = guest_doorway(guest);
    char password[PASSWORD_BYTES], text[DOOR_TEXT];
    struct door_answer answer;
    struct err err = { 0 };
    struct event event;

    (void)guest_field(guest, "password", password, sizeof(password));
    const enum status judged =
        door_judge_password(&way, &guest->account, slice_str(password), &answer, &err);
    explicit_bzero(password, sizeof(password));
    if (judged != ST_OK) {
        guest_fail(guest, &err);
        return false;
    }
    if (answer.outcome == DOOR_OPEN)
        return true;
    door_event(&answer, text, &event);
    event.code = "403";
    if (guest_record(guest, &event))
        give(guest, 403, part, "password_wrong", NULL);
    return false;
}

/* On record before it is made. */
static bool record(struct guest *guest, const char *text)
{
    const struct event event = { .level = EVENT_NOTICE, .name = "account.changed", .text = text };

    return guest_record(guest, &event);
}

/* ---- the password ---- */

void password_show(struct guest *guest)
{
    char said[24];
    const bool done = text_copy_slice(said, sizeof(said), http_query(guest->request)) &&
                      strcmp(said, "done") == 0;

    give(guest, 200, "password",
         guest->account.must_change ? "password_must"
         : done                     ? "password_done"
                                    : NULL,
         NULL);
}

static enum status set_password(struct guest *guest, const char *password, struct err *err)
{
    char phc[ACCOUNT_PHC_BYTES];

    TRY(password_hash(slice_str(password), phc, err));
    return store_account_set_password(service_rooms(guest->service)->store, guest->account.name,
                                      phc, false, guest->cookie_sha256, err);
}

static void change_password(struct guest *guest, const char *password)
{
    struct err err = { 0 };

    if (!record(guest, "own password changed, other log-ins ended"))
        return;
    if (set_password(guest, password, &err) == ST_OK)
        guest_send_to(guest, "/admin/password?done");
    else
        guest_fail(guest, &err);
}

void password_take(struct guest *guest)
{
    char password[PASSWORD_BYTES], again[PASSWORD_BYTES], now[PASSWORD_BYTES];

    if (!knows_password(guest, "password"))
        return;
    (void)guest_field(guest, "password", now, sizeof(now));
    const bool fits = guest_field(guest, "new", password, sizeof(password));
    (void)guest_field(guest, "again", again, sizeof(again));
    const enum password_fault fault =
        fits ? password_check(guest->account.name, slice_str(password)) : PASSWORD_LONG;
    if (fault != PASSWORD_FINE)
        give(guest, 400, "password", fault_words[fault], NULL);
    else if (strcmp(password, again) != 0)
        give(guest, 400, "password", "password_differs", NULL);
    else if (strcmp(password, now) == 0)
        give(guest, 400, "password", "password_old", NULL);
    else
        change_password(guest, password);
    explicit_bzero(password, sizeof(password));
    explicit_bzero(again, sizeof(again));
    explicit_bzero(now, sizeof(now));
}

/* ---- the second factor ---- */

/* Groups of four, to be typed. */
static void spell(const struct bytes *text, char *ret, size_t size)
{
    size_t at = 0;

    for (size_t i = 0; i < text->len && at + 2 < size; i++) {
        if (i > 0 && i % 4 == 0)
            ret[at++] = ' ';
        ret[at++] = text->at[i];
    }
    ret[at] = '\0';
}

static void show_pending(struct guest *guest, int status, const char *said)
{
    struct totp_secret secret = { .len = 0 };
    struct err err = { 0 };
    char key[80];

    if (store_totp_secret(service_rooms(guest->service)->store, guest->account.name, true, &secret,
                          &err) != ST_OK) {
        guest_fail(guest, &err);
        return;
    }
    AUTO(bytes_wipe) struct bytes *text = base32_encode(slice_mem(secret.at, secret.len));
    explicit_bzero(&secret, sizeof(secret));
    if (text)
        spell(text, key, sizeof(key));
    const struct template_value values[] = {
        { .name = "key", .text = slice_str(text ? key : "") },
        { NULL },
    };
    give(guest, status, "totp-pending", said, values);
    explicit_bzero(key, sizeof(key));
}

void totp_show(struct guest *guest)
{
    if (guest->account.has_totp)
        give(guest, 200, "totp-on", NULL, NULL);
    else if (guest->account.has_totp_pending)
        show_pending(guest, 200, NULL);
    else
        give(guest, 200, "totp-off", NULL, NULL);
}

/* The QR code for the app; only while it is not confirmed. */
void totp_picture(struct guest *guest)
{
    const struct conf *conf = service_conf(guest->service);
    struct totp_secret secret = { .len = 0 };
    struct bytes *svg = NULL;
    struct err err = { 0 };
    char issuer[100];

    (void)text_format(issuer, sizeof(issuer), "shepd %s", conf->instance.name);
    enum status status = store_totp_secret(service_rooms(guest->service)->store,
                                           guest->account.name, true, &secret, &err);
    if (status == ST_OK) {
        AUTO(bytes_wipe)
        struct bytes *uri = totp_uri(issuer, guest->account.name, slice_mem(secret.at, secret.len));
        status = uri ? qr_svg(uri->at, &svg, &err) : RAISE(&err, ST_NOMEM, "second factor");
    }
    explicit_bzero(&secret, sizeof(secret));
    if (status == ST_OK)
        guest_give_file(guest, "image/svg+xml", NULL, svg);
    else
        guest_fail(guest, &err);
}

static void totp_begin(struct guest *guest)
{
    uint8_t secret[TOTP_SECRET_BYTES];
    struct err err = { 0 };

    if (guest->account.has_totp) {
        guest_send_to(guest, "/admin/totp");
        return;
    }
    if (!knows_password(guest, "totp-off"))
        return;
    random_fill(secret, sizeof(secret));
    const enum status status =
        store_totp_begin(service_rooms(guest->service)->store, guest->account.name,
                         slice_mem(secret, sizeof(secret)), &err);
    explicit_bzero(secret, sizeof(secret));
    if (status != ST_OK)
        guest_fail(guest, &err);
    else
        guest_send_to(guest, "/admin/totp");
}

/* *ret_step -1: wrong. */
static enum status judge_pending(struct guest *guest, const char *code, int64_t *ret_step,
                                 struct err *err)
{
    struct totp_secret secret = { .len = 0 };

    TRY(store_totp_secret(service_rooms(guest->service)->store, guest->account.name, true, &secret,
                          err));
    const enum status status = totp_find(slice_mem(secret.at, secret.len), guest->account.now_ms,
                                         slice_str(code), ret_step, err);
    explicit_bzero(&secret, sizeof(secret));
    return status;
}

static void totp_confirm(struct guest *guest)
{
    struct err err = { 0 };
    int64_t step = -1;
    char code[CODE_MAX];

    (void)guest_field(guest, "code", code, sizeof(code));
    if (judge_pending(guest, code, &step, &err) != ST_OK) {
        guest_fail(guest, &err);
        return;
    }
    if (step < 0) {
        show_pending(guest, 400, "totp_wrong");
        return;
    }
    if (!record(guest, "own second factor switched on"))
        return;
    if (store_totp_confirm(service_rooms(guest->service)->store, guest->account.name, step, &err) ==
        ST_OK)
        guest_send_to(guest, "/admin/totp");
    else
        guest_fail(guest, &err);
}

static void totp_end(struct guest *guest)
{
    struct err err = { 0 };

    if (!knows_password(guest, guest->account.has_totp ? "totp-on" : "totp-off"))
        return;
    if (!record(guest, "own second factor switched off"))
        return;
    if (store_totp_off(service_rooms(guest->service)->store, guest->account.name, &err) == ST_OK)
        guest_send_to(guest, "/admin/totp");
    else
        guest_fail(guest, &err);
}

void totp_take(struct guest *guest)
{
    static const struct {
        const char *word;
        guest_fn *run;
    } steps[] = { { "begin", totp_begin }, { "confirm", totp_confirm }, { "off", totp_end } };
    char word[16];

    (void)guest_field(guest, "do", word, sizeof(word));
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (strcmp(word, steps[i].word) == 0) {
            steps[i].run(guest);
            return;
        }
    guest_send_to(guest, "/admin/totp");
}
