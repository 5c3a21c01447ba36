/* The administrator's console: who may see which page, and the frame around each. The frame (door,
 * session, CSRF, role, journal, menu, headers) is console.c's; a page writes what stands in <main>.
 * Every page given is an event in the journal before it leaves (req 0.39); one that cannot be
 * written is not given. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/template.h"
#include "http/http.h"
#include "mobile/messages.h"
#include "model/account.h"
#include "server/service.h"

/* Somebody who is logged in asks for a page. All borrowed, for the call. */
struct console_visit {
    const struct service *service;
    const struct http_request *request;
    const char *account;
    enum account_role role;
    enum language language;
    struct arena *arena; /* for what the answer is made of */
};

enum { CONSOLE_LOOKED_AT = 1024 };

/* Zeroed by the frame. An answer is 200; what is not fails. */
struct console_answer {
    const char *content_type; /* NULL: HTML for <main>, the frame goes around it */
    const char *file_name;    /* a download's; NULL: none. Of A-Z a-z 0-9 . _ - */
    struct bytes *body;       /* taken */
    /* For the journal: what was looked at, in words and ids, no IIN, nothing secret. Of a search:
     * its conditions and how many rows came. */
    char looked_at[CONSOLE_LOOKED_AT];
    const char *iin; /* whom it was about, plain; written as pseudonym; NULL: nobody */
    const char *exchange, *signing; /* ids in the journal's columns; NULL: none */
    bool personal; /* personal data are in it: event personal.viewed instead of console.viewed */
};

struct console_page {
    const char *path;  /* /admin/journal; with a trailing '/': everything below it */
    const char *title; /* name in the tables of words, for <title>, menu and <h1> */
    unsigned roles;    /* ROLES_…: anybody else gets 403 and an event access.refused */
    bool in_menu;
    /* GET and HEAD alone; never changes anything. ST_NOT_FOUND becomes 404, ST_INPUT 400 with its
     * text, ST_UNAVAILABLE 503, each as a page. */
    enum status (*give)(const struct console_visit *visit, struct console_answer *ret,
                        struct err *err);
};
/* In the menu's order, ended by a NULL path (server/admin/pages.c). */
extern const struct console_page console_pages[];

/* The words of the console: those of the frame (console_texts.c) and those of the pages
 * (pages_texts.c). A name stands once in both together. */
struct console_word {
    const char *name; /* NULL ends the table */
    const char *in[LANGUAGE_COUNT_];
};
extern const struct console_word console_texts[], pages_texts[];
/* "" when there is no such word. */
const char *console_text(enum language language, const char *name);
/* All of them as values of templates; `more` goes on behind them. The arena's; NULL: out of memory.
 */
const struct template_value *console_words(enum language language,
                                           const struct template_value *more, struct arena *arena);

/* GET /admin/…, POST /admin/login and the like: everything below /admin/. */
void console_handle(const struct service *service, struct http_request *request);
