#include "sandbox/booth.h"

#include "base/log.h"
#include "base/text.h"
#include "base/work.h"
#include "http/form.h"
#include "sandbox/booth_page.h"
#include "sandbox/file.h"
#include "sandbox/view.h"
#include "sandbox/walks.h"

#include <stdlib.h>
#include <strings.h>

enum {
    THREADS = 4,
    QUEUED_MAX = 64,
    HOSTS_MAX = 32,
    HOST_TEXT = 256,
    KEY_TEXT = 64,
    WALKS_MAX = 64,
    WALKS_BYTES_MAX = 256 * 1024 * 1024,
    WALKS_LIFE_MS = 15 * 60 * 1000,
};

struct booth {
    const struct pki *pki;
    const char *authority_url;
    const struct clock *clock;
    char host_texts[HOSTS_MAX][HOST_TEXT];
    const char *hosts[HOSTS_MAX + 1];
    char ca_file[FILE_PATH_MAX];
    struct rest *rest;
    struct walks *walks;
    struct work *work;
};

/* ---- answers ---- */

/* No scripts, nothing from elsewhere, not to be framed or kept; the Referer is for our own pages,
 * since without one a browser sends no Origin either. */
static const char *const page_headers[] = {
    "Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'",
    "Content-Security-Policy: form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options: nosniff",
    "Referrer-Policy: same-origin",
    "Cache-Control: no-store",
    NULL,
};

static void answer_page(struct http_request *request, int status, struct bytes *page)
{
    const struct http_reply reply = { status, "text/html; charset=utf-8", page_headers, page };
    struct err err;

    if (bytes_check(page, "a page of the telephone", &err) == ST_OK) {
        http_answer(request, &reply);
        return;
    }
    log_err(LOG_LEVEL_ERROR, "booth.page", &err);
    bytes_free(page);
    http_answer_text(request, 500, "this page cannot be shown");
}

static void answer_redirect(struct http_request *request, const char *id)
{
    char location[64];
    const char *const headers[] = { location, "Cache-Control: no-store", NULL };
    const struct http_reply reply = { .status = 303, .headers = headers };

    (void)text_format(location, sizeof(location), "Location: /phone/%s", id);
    http_answer(request, &reply);
}

static void answer_asset(struct http_request *request, const char *name, const char *type)
{
    const struct embedded *asset = embedded_find(booth_assets, slice_str(name));
    const struct http_reply reply = { 200, type, page_headers, bytes_dup(asset->bytes) };

    http_answer(request, &reply);
}

/* ---- what is asked ---- */

/* A field of the form or of the query, "" when it is not there. */
static bool field(const struct http_request *request, const char *name, char *dst, size_t size)
{
    bool is_post = strcmp(http_method(request), "POST") == 0;

    return form_value(is_post ? http_body(request) : http_query(request), name, dst, size);
}

static enum language asked_language(const struct http_request *request)
{
    char name[8];

    return field(request, "lang", name, sizeof(name))
               ? language_of(name)
               : language_accepted(http_header(request, "Accept-Language"));
}

/* FAMILY/HOLDER of a key that signs; the first one when nothing else is said. */
static bool asked_key(const struct http_request *request, struct booth_form *form)
{
    char key[KEY_TEXT];
    const char *slash;

    form->family = &families[0];
    form->holder = &holders[0];
    if (!field(request, "key", key, sizeof(key)) || !key[0])
        return true;
    slash = strchr(key, '/');
    form->family = slash ? family_find((struct slice){ key, (size_t)(slash - key) }) : NULL;
    for (size_t i = 0; form->family && i < HOLDER_COUNT; i++)
        if (booth_may_sign(&holders[i]) && strcmp(holders[i].name, slash + 1) == 0) {
            form->holder = &holders[i];
            return true;
        }
    return false;
}

static bool is_listed(const struct booth *booth, struct slice host)
{
    for (const char *const *listed = booth->hosts; *listed; listed++)
        if (strlen(*listed) == host.len && strncasecmp(*listed, host.at, host.len) == 0)
            return true;
    return false;
}

/* HOST of http://HOST[:PORT]. */
static struct slice host_of(const char *base_url)
{
    const char *scheme = strstr(base_url, "://");
    const char *host = scheme ? scheme + strlen("://") : base_url;

    return (struct slice){ host, host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/") };
}

/* A person in front of a page of ours, not a page of somebody else's. */
static bool is_our_own(const struct booth *booth, const struct http_request *request)
{
    return is_listed(booth, host_of(http_base_url(request))) &&
           (strcmp(http_method(request), "POST") != 0 ||
            slice_eq_str(http_header(request, "Origin"), http_base_url(request)));
}

/* ---- the form ---- */

static void show_form(struct http_request *request)
{
    char qr[WALK_QR_TEXT];
    struct booth_form form = { .language = asked_language(request), .qr = qr };

    (void)field(request, "qr", qr, sizeof(qr));
    if (asked_key(request, &form))
        answer_page(request, 200, booth_page_form(&form));
    else
        http_answer_text(request, 400, "key: there is no such key in the sandbox");
}

static enum status scan(struct booth *booth, const struct booth_form *form,
                        char ret_id[WALKS_ID_TEXT], struct err *err)
{
    const struct walk_wish wish = { .dir = pki_dir(booth->pki),
                                    .authority_url = booth->authority_url,
                                    .qr = form->qr,
                                    .family = form->family,
                                    .holder = form->holder,
                                    .language = form->language,
                                    .rest = booth->rest,
                                    .clock = booth->clock };
    AUTO(walk_free) struct walk *walk = NULL;

    TRY(walk_new(&wish, &walk, err));
    walk_fetch(walk);
    TRY(walks_add(booth->walks, walk, ret_id, err));
    (void)TAKE(walk);
    return ST_OK;
}

static void take_form(struct booth *booth, struct http_request *request)
{
    char qr[WALK_QR_TEXT], id[WALKS_ID_TEXT];
    struct booth_form form = { .language = asked_language(request), .qr = qr };
    struct err err;

    if (!field(request, "qr", qr, sizeof(qr)) || !asked_key(request, &form)) {
        http_answer_text(request, 400, "qr or key: missing, malformed or too long");
    } else if (scan(booth, &form, id, &err) == ST_OK) {
        answer_redirect(request, id);
    } else {
        log_err(LOG_LEVEL_ERROR, "booth.scan", &err);
        http_answer_text(request, 500, err.text);
    }
}

/* ---- a walk ---- */

/* What a page's button or link asks of a walk. */
struct errand {
    struct http_request *request;
    struct walk *walk;
    const char *id;
    size_t number; /* of a document */
};

static void show_walk(const struct errand *e)
{
    answer_page(e->request, 200, booth_page_walk(e->walk, e->id));
}

/* A second click finds the walk at its end, and shows it. */
static void sign_walk(const struct errand *e)
{
    if (walk_is_open(e->walk))
        walk_sign(e->walk);
    answer_redirect(e->request, e->id);
}

static void refuse_walk(const struct errand *e)
{
    if (walk_is_open(e->walk))
        walk_refuse(e->walk);
    answer_redirect(e->request, e->id);
}

/* The bytes as they were issued, by a type and under headers that leave a browser no guess; what
 * the policy allows is what Chromium wraps around a PDF. */
static void answer_pdf(const struct errand *e, struct slice content)
{
    char disposition[128];
    const char *const headers[] = {
        disposition,
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; object-src 'self'",
        "Content-Security-Policy: frame-ancestors 'none'; base-uri 'none'",
        "X-Content-Type-Options: nosniff",
        "Cross-Origin-Resource-Policy: same-origin",
        "Referrer-Policy: same-origin",
        "Cache-Control: no-store",
        NULL
    };
    const struct http_reply reply = { 200, "application/pdf", headers, bytes_dup(content) };
    bool saved = slice_eq_str(http_query(e->request), "save");

    (void)text_format(disposition, sizeof(disposition),
                      "Content-Disposition: %s; filename=\"document-%zu.pdf\"",
                      saved ? "attachment" : "inline", e->number + 1);
    if (reply.body)
        http_answer(e->request, &reply);
    else
        http_answer_text(e->request, 503, "out of memory");
}

static void show_pdf(const struct errand *e)
{
    const struct phone *phone = walk_phone(e->walk);
    AUTO(bytes_free) struct bytes *decoded = NULL;
    struct view view;
    struct phone_document document;
    struct err err;

    if (walk_is_open(e->walk) && e->number < phone_document_count(phone)) {
        document = phone_document(phone, e->number);
        if (view_make(&document, &view, &decoded, &err) == ST_OK && view.kind == VIEW_PDF) {
            answer_pdf(e, view.content);
            return;
        }
    }
    http_answer_text(e->request, 404, "no PDF of this number is on the screen");
}

/* N.pdf, N being the decimal number of a document. */
static bool pdf_number(struct slice tail, size_t *ret_number)
{
    enum { DIGITS_MAX = 4 };
    size_t digits = tail.len > strlen(".pdf") ? tail.len - strlen(".pdf") : 0;

    if (digits == 0 || digits > DIGITS_MAX ||
        !text_is_digits((struct slice){ tail.at, digits }, digits) ||
        !slice_eq_str(slice_skip(tail, digits), ".pdf"))
        return false;
    *ret_number = 0;
    for (size_t i = 0; i < digits; i++)
        *ret_number = *ret_number * 10 + (size_t)(tail.at[i] - '0');
    return true;
}

static const struct {
    const char *method;
    const char *tail; /* after /phone/ID/; NULL: N.pdf */
    void (*run)(const struct errand *errand);
} errands[] = {
    { "GET", "", show_walk },
    { "GET", NULL, show_pdf },
    { "POST", "sign", sign_walk },
    { "POST", "refuse", refuse_walk },
};

static void run_errand(struct booth *booth, struct http_request *request, struct slice id,
                       void (*run)(const struct errand *), size_t number)
{
    struct walks_held *held = walks_take(booth->walks, id);
    struct errand errand = { .request = request, .number = number };

    if (!held) {
        answer_page(request, 404, booth_page_gone(asked_language(request)));
        return;
    }
    errand.walk = walks_walk(held);
    errand.id = walks_id(held);
    run(&errand);
    walks_return(booth->walks, held);
}

/* rest: of the path, after /phone/. */
static void serve_walk(struct booth *booth, struct http_request *request, const char *method,
                       struct slice rest)
{
    const char *slash = memchr(rest.at, '/', rest.len);
    struct slice id = { rest.at, slash ? (size_t)(slash - rest.at) : rest.len };
    struct slice tail = slice_skip(rest, slash ? id.len + 1 : id.len);
    size_t number = 0;

    for (size_t i = 0; i < sizeof(errands) / sizeof(errands[0]); i++)
        if (strcmp(method, errands[i].method) == 0 &&
            (errands[i].tail ? slice_eq_str(tail, errands[i].tail) : pdf_number(tail, &number))) {
            run_errand(booth, request, id, errands[i].run, number);
            return;
        }
    http_answer_text(request, 404, "not found");
}

/* ---- HTTP ---- */

static const struct {
    const char *name, *type;
} assets[] = {
    { "phone.css", "text/css; charset=utf-8" },
    { "phone.svg", "image/svg+xml" },
};

/* In a worker's thread. */
static void serve(void *ctx, void *item)
{
    struct booth *booth = ctx;
    struct http_request *request = item;
    struct slice path = http_path(request);
    struct slice rest = slice_skip(path, strlen("/phone/"));
    const char *method = http_method(request);
    bool is_post = strcmp(method, "POST") == 0;

    if (!is_post && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        http_answer_text(request, 405, "method not allowed");
        return;
    }
    if (!is_our_own(booth, request)) {
        http_answer_text(request, 403, "the telephone listens to its own pages only");
        return;
    }
    for (size_t i = 0; !is_post && i < sizeof(assets) / sizeof(assets[0]); i++)
        if (slice_eq_str(rest, assets[i].name)) {
            answer_asset(request, assets[i].name, assets[i].type);
            return;
        }
    if (rest.len > 0)
        serve_walk(booth, request, is_post ? "POST" : "GET", rest);
    else if (is_post)
        take_form(booth, request);
    else
        show_form(request);
}

bool booth_owns(struct slice path)
{
    return slice_starts(path, SLICE("/phone/"));
}

void booth_handle(struct booth *booth, struct http_request *request)
{
    if (!work_push(booth->work, request))
        http_answer_text(request, 503, "the telephone has its hands full: try again in a moment");
}

/* ---- life ---- */

static enum status add_host(struct booth *booth, struct slice host, struct err *err)
{
    size_t n = 0;

    while (booth->hosts[n])
        n++;
    if (n >= HOSTS_MAX || !text_copy_slice(booth->host_texts[n], HOST_TEXT, host))
        return RAISE(err, ST_INPUT, "the telephone takes at most %d hosts of %d bytes", HOSTS_MAX,
                     HOST_TEXT - 1);
    booth->hosts[n] = booth->host_texts[n];
    return ST_OK;
}

static enum status list_hosts(struct booth *booth, const struct booth_params *params,
                              struct err *err)
{
    static const char *const loopback[] = { "127.0.0.1", "localhost", "[::1]" };

    for (size_t i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++)
        TRY(add_host(booth, slice_str(loopback[i]), err));
    TRY(add_host(booth, host_of(params->authority_url), err));
    TRY(add_host(booth, host_of(pki_base_url(params->pki)), err));
    for (const char *const *host = params->hosts; host && *host; host++)
        TRY(add_host(booth, slice_str(*host), err));
    return ST_OK;
}

enum status booth_new(const struct booth_params *params, struct booth **ret_booth, struct err *err)
{
    AUTO(booth_free) struct booth *booth = calloc(1, sizeof(*booth));
    struct rest_params rest = { .max_parallel = THREADS, .user_agent = "shepctl sandbox phone" };
    const struct walks_params walks = { params->clock, WALKS_MAX, WALKS_BYTES_MAX, WALKS_LIFE_MS };

    if (!booth)
        return RAISE(err, ST_NOMEM, "out of memory");
    booth->pki = params->pki;
    booth->authority_url = params->authority_url;
    booth->clock = params->clock;
    TRY(list_hosts(booth, params, err));
    TRY(file_path(booth->ca_file, pki_dir(params->pki), "tls/ca.pem", err));
    rest.ca_file = booth->ca_file;
    rest.hosts = booth->hosts;
    TRY(rest_new(&rest, &booth->rest, err));
    TRY(walks_new(&walks, &booth->walks, err));
    TRY(work_start(THREADS, QUEUED_MAX, serve, booth, &booth->work, err));
    *ret_booth = TAKE(booth);
    return ST_OK;
}

void booth_free(struct booth *booth)
{
    if (!booth)
        return;
    if (booth->rest)
        rest_cancel(booth->rest);
    work_stop(booth->work);
    walks_free(booth->walks);
    rest_free(booth->rest);
    free(booth);
}
