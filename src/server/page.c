#include "server/page.h"

#include "base/embedded.h"
#include "base/text.h"
#include "crypto/encode.h"
#include "http/form.h"
#include "mobile/qr.h"
#include "server/doorstep.h"
#include "server/page_html.h"
#include "server/route.h"

extern const struct embedded page_assets[]; /* src/server/assets */

enum { MAX_STATUS = 1024 /* bytes */, ETAG_BYTES = 16, ETAG_TEXT = 2 * ETAG_BYTES + 3 };

#define HTML "text/html; charset=utf-8"
#define EVERYWHERE "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer"

/* Nothing but our own files; not to be framed, stored, or passed on in a Referer. */
static const char policy[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";
static const char *const page_headers[] = {
    policy,
    "X-Frame-Options: DENY", /* for those who do not know frame-ancestors */
    "Cross-Origin-Opener-Policy: same-origin",
    "Cross-Origin-Resource-Policy: same-origin",
    "Permissions-Policy: camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cache-Control: no-store",
    "Vary: Accept-Language, User-Agent",
    EVERYWHERE,
    NULL,
};
static const char *const part_headers[] = { "Cache-Control: no-store", EVERYWHERE, NULL };

/* ---- who looks ---- */

/* ?lang=kk, else Accept-Language. */
static enum language language_of_visitor(const struct http_request *request)
{
    char asked[8];

    if (form_value(http_query(request), "lang", asked, sizeof(asked)))
        return language_accepted(slice_str(asked));
    return language_accepted(http_header(request, "Accept-Language"));
}

static bool holds(struct slice text, const char *word)
{
    return text.len && memmem(text.at, text.len, word, strlen(word));
}

/* What every browser of a telephone says (MDN); tablets with Android say Android alone. */
static enum page_device device_of_visitor(const struct http_request *request)
{
    struct slice agent = http_header(request, "User-Agent");

    return holds(agent, "Mobi") || holds(agent, "Android") ? PAGE_TELEPHONE : PAGE_DESKTOP;
}

/* ---- what there is at /sign/ID ---- */

struct ask {
    const struct service *service;
    struct http_request *request;
    struct slice id;
    struct mobile_page session;
};

static void give(struct http_request *request, const char *type, enum status made,
                 struct bytes *body)
{
    const struct http_reply reply = { 200, type, part_headers, body };

    if (made == ST_OK)
        http_answer(request, &reply);
    else
        http_answer_text(request, 500, "this part of the page could not be made");
}

static void give_page(const struct ask *ask)
{
    const struct conf *conf = service_conf(ask->service);
    const struct page_view view = {
        .session = &ask->session,
        .id = ask->id,
        .language = language_of_visitor(ask->request),
        .device = device_of_visitor(ask->request),
        .sandbox = conf->sandbox.enabled,
        .phone_url = conf->sandbox.phone_url,
    };
    struct bytes *html = NULL;
    struct err err = { 0 };

    if (page_html(&view, &html, &err) != ST_OK) {
        http_answer_text(ask->request, 500, "the page could not be made");
        return;
    }
    const struct http_reply reply = { 200, HTML, page_headers, html };
    http_answer(ask->request, &reply);
}

static void give_status(const struct ask *ask)
{
    const struct mobile_page *session = &ask->session;
    struct bytes *json = bytes_new(MAX_STATUS);
    char version[PAGE_VERSION_TEXT], expires[TIME_TEXT];

    time_utc_text(session->expires_ms, expires);
    page_version(session, version);
    if (json)
        bytes_addf(json,
                   "{\"state\":\"%s\",\"expiresAt\":\"%s\",\"secondsLeft\":%lld,"
                   "\"signedCount\":%zu,\"signerCount\":%zu,\"version\":\"%s\"}\n",
                   session_state_name(session->state), expires,
                   (long long)page_seconds_left(session), session->signed_count,
                   session->signer_count, version);
    give(ask->request, "application/json; charset=utf-8", json ? ST_OK : ST_NOMEM, json);
}

static void give_png(const struct ask *ask)
{
    struct bytes *png = NULL;
    struct err err = { 0 };
    enum status made = qr_png(ask->session.qr_text, &png, &err);

    give(ask->request, "image/png", made, png);
}

static void give_svg(const struct ask *ask)
{
    struct bytes *svg = NULL;
    struct err err = { 0 };
    enum status made = qr_svg(ask->session.qr_text, &svg, &err);

    give(ask->request, "image/svg+xml", made, svg);
}

static const struct {
    const char *tail; /* after /sign/ID */
    void (*give)(const struct ask *ask);
} parts[] = {
    { "", give_page },
    { "/status", give_status },
    { "/qr.png", give_png },
    { "/qr.svg", give_svg },
};

/* ---- what there is not ---- */

struct refusal {
    int status;
    const char *text;   /* for who does not read HTML */
    const char *header; /* one more; NULL: none */
    struct page_error page;
};

/* Somebody who looks, not a picture or a script of the page. */
static bool wants_page(const struct http_request *request)
{
    struct slice rest = slice_skip(http_path(request), strlen("/sign/"));

    return !memchr(rest.at, '/', rest.len) && holds(http_header(request, "Accept"), "text/html");
}

static void refuse(struct http_request *request, struct refusal refusal)
{
    const char *headers[sizeof(page_headers) / sizeof(page_headers[0]) + 1] = { refusal.header };
    struct http_reply reply = { refusal.status, HTML, refusal.header ? headers : page_headers,
                                NULL };
    struct err err = { 0 };

    memcpy(headers + 1, page_headers, sizeof(page_headers));
    refusal.page.language = language_of_visitor(request);
    if (!wants_page(request) || page_error_html(&refusal.page, &reply.body, &err) != ST_OK) {
        reply.content_type = "text/plain; charset=utf-8";
        reply.body = bytes_dup(slice_str(refusal.text));
    }
    http_answer(request, &reply);
}

static void refuse_unknown(struct http_request *request)
{
    refuse(request, (struct refusal){ .status = 404,
                                      .text = "there is no such signing session\n",
                                      .page = { .state = "unknown", .hint = MSG_UNKNOWN } });
}

static void refuse_for_now(struct http_request *request)
{
    refuse(request,
           (struct refusal){ .status = 503,
                             .text = "try again in a moment\n",
                             .page = { .state = "unavailable", .hint = MSG_UNAVAILABLE } });
}

static void refuse_stranger(struct http_request *request, const char *retry_after)
{
    refuse(request, (struct refusal){ .status = 429,
                                      .text = "too many wrong links came from your network\n",
                                      .header = retry_after,
                                      .page = { .state = "unavailable", .hint = MSG_STRANGER } });
}

/* ---- the page's own files ---- */

static const struct file {
    const char *name; /* below /sign/; no session's ID is so short */
    const char *type;
} files[] = {
    { "sign.css", "text/css; charset=utf-8" },
    { "sign.js", "text/javascript; charset=utf-8" },
    { "sign.svg", "image/svg+xml" },
};

/* RFC 9110 section 8.8.3, by the content. */
static void etag_of(struct slice content, char ret[ETAG_TEXT])
{
    uint8_t hash[SHA256_BYTES];
    char hex[2 * ETAG_BYTES + 1];

    sha256(content, hash);
    text_hex(slice_mem(hash, ETAG_BYTES), hex);
    text_format(ret, ETAG_TEXT, "\"%s\"", hex);
}

/* Kept by the browser, but asked for each time: instances of two versions may stand side by side.
 */
static void give_file(struct http_request *request, const struct file *file)
{
    const struct embedded *asset = embedded_find(page_assets, slice_str(file->name));
    char etag[ETAG_TEXT], header[ETAG_TEXT + 8];
    const char *headers[] = { header, "Cache-Control: no-cache", EVERYWHERE, NULL };

    if (!asset) {
        http_answer_text(request, 404, "there is no such file");
        return;
    }
    etag_of(asset->bytes, etag);
    text_format(header, sizeof(header), "ETag: %s", etag);
    const bool known = holds(http_header(request, "If-None-Match"), etag);
    const struct http_reply reply = { known ? 304 : 200, known ? NULL : file->type, headers,
                                      known ? NULL : bytes_dup(asset->bytes) };
    http_answer(request, &reply);
}

static const struct file *file_named(struct slice name)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (slice_eq_str(name, files[i].name))
            return &files[i];
    return NULL;
}

void page_handle(const struct service *service, struct http_request *request)
{
    struct slice rest = slice_skip(http_path(request), strlen("/sign/"));
    const char *slash = memchr(rest.at, '/', rest.len);
    struct ask ask = {
        service, request, { rest.at, slash ? (size_t)(slash - rest.at) : rest.len }, { 0 }
    };
    const struct file *file = file_named(rest);
    char retry_after[DOORSTEP_HEADER];
    struct err err = { 0 };

    if (file) {
        give_file(request, file);
        return;
    }
    if (doorstep_is_shut(service, request, retry_after)) {
        refuse_stranger(request, retry_after);
        return;
    }
    enum status found = mobile_page_find(service_mobile(service), ask.id,
                                         language_of_visitor(request), &ask.session, &err);

    for (size_t i = 0; found == ST_OK && i < sizeof(parts) / sizeof(parts[0]); i++)
        if (slice_eq_str(slice_skip(rest, ask.id.len), parts[i].tail)) {
            parts[i].give(&ask);
            return;
        }
    if (found == ST_NOT_FOUND)
        doorstep_wrong_token(service, request);
    if (found == ST_OK || found == ST_NOT_FOUND) {
        route_refused(service, http_peer(request), 404, "there is no such page of a session");
        refuse_unknown(request);
    } else {
        route_refused(service, http_peer(request), 503, err.text);
        refuse_for_now(request);
    }
}
