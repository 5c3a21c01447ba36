/* Whoever calls the console: request, log-in, language; and the ways to answer. For the frame's
 * files only; pages see struct console_visit. */
#pragma once

#include "model/event.h"
#include "server/admin/console.h"
#include "server/admin/cookie.h"
#include "server/admin/door.h"

enum { GUEST_COOKIES = 3, GUEST_PAGE_MAX = 4 << 20 /* bytes */, GUEST_FIELD_MAX = 1024 };

struct guest {
    const struct service *service;
    struct http_request *request; /* answered exactly once */
    struct arena *arena;
    enum language language;
    int64_t start_ms;
    bool secure;
    enum session_look look;
    struct account account;   /* unless look is SESSION_LOOK_NONE */
    char cookie[COOKIE_TEXT]; /* of the log-in; "" none */
    bool binds;               /* forms are bound to it, not to `door`: so is this browser's next */
    uint8_t cookie_sha256[32];
    char door[COOKIE_TEXT]; /* of the log-in form; "" none */
    char set[GUEST_COOKIES][COOKIE_HEADER];
    size_t set_count;
};

/* Who it is. ST_UNAVAILABLE: the store cannot be asked. */
MUST_USE enum status guest_meet(struct guest *guest, struct err *err);
bool guest_is_in(const struct guest *guest);
struct doorway guest_doorway(const struct guest *guest);
/* Its name where it is logged in, else "-". */
const char *guest_account(const struct guest *guest);

/* A field of the form; false, and ret is "": it is not there, or cannot be what is asked for. */
bool guest_field(const struct guest *guest, const char *name, char *ret, size_t size);
/* A form of ours, sent by a page of ours to this browser. false: it has been refused, on record. */
MUST_USE bool guest_form_is_ours(struct guest *guest);

/* Sent with whatever is answered. */
void guest_set_cookie(struct guest *guest, enum cookie_kind kind, const char *value);

/* The token of the forms on this page; a browser that has no cookie yet gets one for it. */
void guest_token(struct guest *guest, char ret[COOKIE_TEXT]);

/* One line, of now; name, level, code and text are the event's, account where it is NULL. On
 * failure nothing may be given: it has been answered with 503. */
MUST_USE bool guest_record(struct guest *guest, const struct event *event);

/* ---- answers ---- */
/* The frame around body, which is taken; title: a word's name. The caller's; NULL: it could not be
 * made. */
struct bytes *guest_frame(struct guest *guest, const char *title, const char *path,
                          struct bytes *body);
/* What guest_frame() made, which is taken; 503 for NULL. */
void guest_give_html(struct guest *guest, int status, struct bytes *html);
/* Both at once. */
void guest_give_page(struct guest *guest, int status, const char *title, const char *path,
                     struct bytes *body);
/* The same for what does not succeed: hint is a word's name, text more of it or NULL. */
void guest_give_notice(struct guest *guest, int status, const char *title, const char *hint,
                       const char *text);
/* 303. */
void guest_send_to(struct guest *guest, const char *path);
/* Anything else, body taken; file_name NULL: shown, not saved. */
void guest_give_file(struct guest *guest, const char *content_type, const char *file_name,
                     struct bytes *body);
/* Puts the request off: 400, 404, 503 …, as the error says. */
void guest_fail(struct guest *guest, const struct err *err);
/* 403 and the event access.refused with this reason, in English. */
void guest_refuse(struct guest *guest, const char *reason);

/* ---- console_login.c, console_self.c: what there is to do ---- */
typedef void guest_fn(struct guest *guest);
guest_fn login_show, login_take, code_take, logout_take, language_take;
guest_fn password_show, password_take, totp_show, totp_take, totp_picture;
