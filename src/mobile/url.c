/* The addresses of one session: API №1, API №2, the page, and the links that lead to them. */
#include "mobile/internal.h"
#include "mobile/link.h"

enum { URL_MAX = 512 };

static enum status add(struct bytes **ret, const char *base, const char *folder, const char *secret,
                       const char *rest, struct err *err)
{
    AUTO(bytes_free) struct bytes *url = bytes_new(URL_MAX);

    if (!url)
        return RAISE(err, ST_NOMEM, "URL");
    bytes_addf(url, "%s/%s/%s%s", base, folder, secret, rest);
    TRY(bytes_check(url, "URL", err));
    *ret = TAKE(url);
    return ST_OK;
}

static enum status make(const struct mobile *mobile, const struct id *session, struct urls *urls,
                        struct err *err)
{
    const char *base = mobile->p.public_url;
    char token[SECRET_TEXT], page[SECRET_TEXT];

    TRY(secret_derive(mobile, SECRET_TOKEN, session, token, err));
    TRY(secret_derive(mobile, SECRET_PAGE, session, page, err));
    TRY(add(&urls->api1, base, "m", token, "/mgovSign", err));
    TRY(add(&urls->api2, base, "m", token, "/documents", err));
    TRY(add(&urls->page, base, "sign", page, "", err));
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
