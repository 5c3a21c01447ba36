/* The telephone in the browser, for whoever develops against the sandbox: a thin shell of HTML
 * forms around struct phone, so that what goes over the wire is what the app sends.
 *
 * GET  /phone/[?qr=TEXT&key=FAMILY/HOLDER&lang=ru|kk|en]   what to scan, with whose key
 * POST /phone/                qr, key, lang: fetches API №1 and №2, then 303 to the walk
 * GET  /phone/ID              what the app shows, or how it ended
 * GET  /phone/ID/N.pdf[?save] a document's PDF
 * POST /phone/ID/sign, /phone/ID/refuse   «Подписать» and «Отказать», then 303 back
 *
 * It calls what somebody typed, so it calls hosts on a list only, and listens to its own pages
 * only: Host must be on that list too (a name that leads here by DNS is no page of ours), and a
 * POST must carry our own Origin. */
#pragma once

#include "base/clock.h"
#include "http/http.h"
#include "sandbox/pki.h"

struct booth;

/* Borrowed for the booth's life, but for hosts. */
struct booth_params {
    const struct pki *pki;
    const char
        *authority_url; /* http://HOST:PORT of the TSA, which is on the list, as loopback is */
    const char *const *hosts; /* further ones, IPv6 in brackets; NULL at the end; may be NULL */
    const struct clock *clock;
};

/* ST_INPUT: too many hosts; DIR/tls/ca.pem cannot be read. */
MUST_USE enum status booth_new(const struct booth_params *params, struct booth **ret_booth,
                               struct err *err);
/* Breaks off what is under way and answers it. NULL is fine. */
void booth_free(struct booth *booth);
DEFINE_AUTO(struct booth, booth_free)

/* path is one of ours. */
bool booth_owns(struct slice path);
/* On the I/O thread: hands the request to a worker, for a signature asks shepd, which asks the
 * authority of this very process. */
void booth_handle(struct booth *booth, struct http_request *request);
