/* The addresses of one session: API №1, API №2, the page, and the links that lead to them. */
#include "mobile/internal.h"
#include "mobile/link.h"

enum { URL_MAX = 512 };

/* NULL when memory ran out. */
static struct bytes *url_of(const char *base, const char *folder, const char *secret,
                            const char *rest)
{
    struct bytes *url = bytes_new(URL_MAX);

    if (url)
        bytes_addf(url, "%s/%s/%s%s", base, folder, secret, rest);
    return url;
}

static enum status make(const struct mobile *mobile, const struct id *session, struct urls *urls,
                        struct err *err)
{
    const char *base = mobile->p.public_url;
    char token[SECRET_TEXT], page[SECRET_TEXT];

    TRY(secret_derive(mobile, SECRET_TOKEN, session, token, err));
    TRY(secret_derive(mobile, SECRET_PAGE, session, page, err));
    urls->api1 = url_of(base, "m", token, "/mgovSign");
    urls->api2 = url_of(base, "m", token, "/documents");
    urls->page = url_of(base, "sign", page, "");
    if (!urls->api1 || !urls->api2 || !urls->page)
        return RAISE(err, ST_NOMEM, "URLs of a session");
    TRY(bytes_check(urls->api1, "API №1", err));
    TRY(bytes_check(urls->api2, "API №2", err));
    TRY(bytes_check(urls->page, "URL of the page", err));
    TRY(link_qr_text(urls->api1->at, &urls->qr_text, err));
    TRY(link_render(mobile->p.link_template, urls->api1->at, &urls->link, err));
    return link_render(mobile->p.business_template, urls->api1->at, &urls->business_link, err);
}

enum status urls_make(const struct mobile *mobile, const struct id *session, struct urls *ret,
                      struct err *err)
{
    struct urls urls = { 0 };
    enum status status = make(mobile, session, &urls, err);

    if (status != ST_OK)
        urls_free(&urls);
    else
        *ret = urls;
    return status;
}

/* They lead to API №1, whose token is a secret. */
void urls_free(struct urls *urls)
{
    bytes_wipe(urls->api1);
    bytes_wipe(urls->api2);
    bytes_wipe(urls->page);
    bytes_wipe(urls->qr_text);
    bytes_wipe(urls->link);
    bytes_wipe(urls->business_link);
}
