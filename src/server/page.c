#include "server/page.h"

#include "base/embedded.h"
#include "mobile/qr.h"
#include "server/doorstep.h"

#include <stdio.h>

#define STYLE_NAME "sign.css" /* below /sign/; no session's ID is so short */

extern const struct embedded page_assets[]; /* src/server/assets */

enum { MAX_PAGE = 64 << 10 /* bytes */ };

/* No scripts, nothing from elsewhere, not to be framed, stored or passed on in a Referer. */
static const char *const page_headers[] = {
    "Content-Security-Policy: default-src 'none'; img-src 'self'; style-src 'self'",
    "Content-Security-Policy: frame-ancestors 'none'; base-uri 'none'", /* both count */
    "X-Content-Type-Options: nosniff",
    "Referrer-Policy: no-referrer",
    "Cache-Control: no-store",
    NULL,
};

static const char *const plain_headers[] = {
    "X-Content-Type-Options: nosniff",
    "Referrer-Policy: no-referrer",
    "Cache-Control: no-store",
    NULL,
};

enum { LANGUAGES = LANGUAGE_COUNT_ };

static const struct {
    const char *code, *title, *scan, *open;
    const char *states[7]; /* enum session_state */
} texts[LANGUAGES] = {
    { "ru",
      "Подписание документов",
      "Отсканируйте QR-код в приложении eGov Mobile",
      "Открыть eGov Mobile",
      { "Ожидается сканирование", "QR-код отсканирован", "Документы открыты в приложении",
        "Подписано", "Срок действия истёк", "Отменено", "Не подписано" } },
    { "kk",
      "Құжаттарға қол қою",
      "QR-кодты eGov Mobile қосымшасында сканерлеңіз",
      "eGov Mobile ашу",
      { "Сканерлеу күтілуде", "QR-код сканерленді", "Құжаттар қосымшада ашылды", "Қол қойылды",
        "Мерзімі өтті", "Бас тартылды", "Қол қойылмады" } },
    { "en",
      "Signing documents",
      "Scan the QR code in the eGov Mobile app",
      "Open eGov Mobile",
      { "Waiting for the scan", "QR code scanned", "Documents open in the app", "Signed", "Expired",
        "Cancelled", "Not signed" } },
};

static enum language accepted(const struct http_request *request)
{
    struct slice query = http_query(request);
    struct slice accept = http_header(request, "Accept-Language");
    struct slice word = slice_starts(query, SLICE("lang=")) ? slice_skip(query, 5) : accept;

    for (int i = 0; i < LANGUAGES; i++)
        if (slice_starts(word, slice_str(texts[i].code)))
            return (enum language)i;
    return LANGUAGE_RU;
}

static void add_escaped(struct bytes *b, const char *text)
{
    static const char *const names[256] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;",
    };

    for (; *text; text++) {
        const char *name = names[(unsigned char)*text];
        bytes_add(b, name ? slice_str(name) : (struct slice){ text, 1 });
    }
}

static bool is_live(enum session_state state)
{
    return state <= SESSION_DOCUMENTS_SENT;
}

static void add_page(struct bytes *b, enum language language, const struct mobile_page *page,
                     struct slice id)
{
    bytes_addf(b, "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">",
               texts[language].code);
    bytes_add_str(b, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    if (is_live(page->state))
        bytes_add_str(b, "<meta http-equiv=\"refresh\" content=\"5\">");
    bytes_add_str(b, "<link rel=\"stylesheet\" href=\"/sign/" STYLE_NAME "\">");
    bytes_addf(b, "<title>%s</title></head><body><h1>%s</h1>", texts[language].title,
               texts[language].title);
    bytes_addf(b, "<p role=\"status\"><strong>%s</strong></p>",
               texts[language].states[page->state]);
    if (is_live(page->state)) {
        bytes_addf(b, "<p>%s</p><img src=\"/sign/%.*s/qr.svg\" alt=\"QR\">", texts[language].scan,
                   (int)id.len, id.at);
        bytes_add_str(b, "<p><a href=\"");
        add_escaped(b, page->link);
        bytes_addf(b, "\">%s</a></p>", texts[language].open);
    }
    bytes_add_str(b, "</body></html>\n");
}

static void give_page(struct http_request *request, const struct mobile_page *page, struct slice id)
{
    struct bytes *html = bytes_new(MAX_PAGE);

    if (html)
        add_page(html, accepted(request), page, id);
    const struct http_reply reply = { 200, "text/html; charset=utf-8", page_headers, html };
    http_answer(request, &reply);
}

static void give_style(struct http_request *request)
{
    const struct embedded *style = embedded_find(page_assets, SLICE(STYLE_NAME));
    const struct http_reply reply = { 200, "text/css; charset=utf-8", plain_headers,
                                      style ? bytes_dup(style->bytes) : NULL };

    http_answer(request, &reply);
}

static void give_status(struct http_request *request, const struct mobile_page *page,
                        struct slice id)
{
    struct bytes *json = bytes_new(MAX_PAGE);
    char expires[TIME_TEXT];

    (void)id;
    time_utc_text(page->expires_ms, expires);
    if (json)
        bytes_addf(json, "{\"state\":\"%s\",\"expiresAt\":\"%s\"}\n",
                   session_state_name(page->state), expires);
    const struct http_reply reply = { 200, "application/json; charset=utf-8", plain_headers, json };
    http_answer(request, &reply);
}

static void give_picture(struct http_request *request, const char *type, enum status made,
                         struct bytes *picture)
{
    const struct http_reply reply = { 200, type, plain_headers, picture };

    if (made == ST_OK)
        http_answer(request, &reply);
    else
        http_answer_text(request, 500, "the picture could not be made");
}

static void give_png(struct http_request *request, const struct mobile_page *page, struct slice id)
{
    struct bytes *png = NULL;
    struct err err = { 0 };

    (void)id;
    enum status made = qr_png(page->qr_text, &png, &err);
    give_picture(request, "image/png", made, png);
}

static void give_svg(struct http_request *request, const struct mobile_page *page, struct slice id)
{
    struct bytes *svg = NULL;
    struct err err = { 0 };

    (void)id;
    enum status made = qr_svg(page->qr_text, &svg, &err);
    give_picture(request, "image/svg+xml", made, svg);
}

static const struct {
    const char *tail; /* after /sign/ID */
    void (*give)(struct http_request *request, const struct mobile_page *page, struct slice id);
} parts[] = {
    { "", give_page },
    { "/status", give_status },
    { "/qr.png", give_png },
    { "/qr.svg", give_svg },
};

void page_handle(const struct service *service, struct http_request *request)
{
    struct slice rest = slice_skip(http_path(request), strlen("/sign/"));
    const char *slash = memchr(rest.at, '/', rest.len);
    struct slice id = { rest.at, slash ? (size_t)(slash - rest.at) : rest.len };
    struct mobile_page page = { 0 };
    struct err err = { 0 };

    if (slice_eq_str(rest, STYLE_NAME)) {
        give_style(request);
        return;
    }
    enum status found = mobile_page_find(service_mobile(service), id, LANGUAGE_RU, &page, &err);

    for (size_t i = 0; found == ST_OK && i < sizeof(parts) / sizeof(parts[0]); i++)
        if (slice_eq_str(slice_skip(rest, id.len), parts[i].tail)) {
            parts[i].give(request, &page, id);
            return;
        }
    if (found == ST_NOT_FOUND)
        doorstep_wrong_token(service, request);
    if (found == ST_OK || found == ST_NOT_FOUND)
        http_answer_text(request, 404, "there is no such signing session");
    else
        http_answer_text(request, 503, "try again in a moment");
}
