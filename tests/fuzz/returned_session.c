#include "returned_session.h"

#include "crypto/init.h"
#include "fuzz.h"
#include "wsse/wsse.h"

enum { LIMIT = 1 << 20 };

const struct mobile *returned_mobile(void)
{
    static struct mobile *only;
    const struct mobile_params params = {
        .public_url = "https://sign.test",
        .link_template = "https://m.test/?link={API1}",
        .business_template = "https://b.test/?link={API1}",
        .expiry_zone = "Z",
        .default_life_ms = 60000,
        .max_life_ms = 60000,
        .login_window_ms = 300000,
        .max_document_bytes = LIMIT,
        .max_documents = 8,
        .max_signers = 1,
        .max_put_bytes = LIMIT,
        .max_xml_depth = 64,
        .cluster_key = SLICE("0123456789abcdef0123456789abcdef"),
    };
    struct err err;

    promise(crypto_init(&err) == ST_OK && wsse_init(&err) == ST_OK);
    promise(only || mobile_new(&params, &only, &err) == ST_OK);
    return only;
}

const struct signing_session *returned_session(void)
{
    static const struct meta_item meta[] = { { "Номер", "7" } };
    static const struct document documents[] = {
        { .id = 1,
          .method = METHOD_XML,
          .name = { "Документ", "Құжат", "Document" },
          .content = { "<a>1</a>", 8 } },
        { .id = 2,
          .method = METHOD_CMS_WITH_DATA,
          .name = { "Файл", "Файл", "File" },
          .meta = meta,
          .meta_count = 1,
          .content = { "hello", 5 },
          .mime = "application/pdf" },
    };
    static const struct signing_session session = {
        .method = METHOD_MIX_SIGN,
        .documents = documents,
        .document_count = 2,
    };

    return &session;
}
