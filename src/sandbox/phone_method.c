#include "sandbox/phone_method.h"

#include "crypto/bytes_judge.h"
#include "crypto/cms.h"
#include "crypto/encode.h"
#include "wsse/xmlsig.h"

enum { DOCUMENT_MAX = 32 * 1024 * 1024, XML_DEPTH_MAX = 64 };

/* value: what the JSON holds; *ret: what takes its place. */
typedef enum status sign_fn(const struct phone_signing *signing, struct slice value,
                            struct bytes **ret, struct err *err);

static enum status sign_xml(const struct phone_signing *signing, struct slice value,
                            struct bytes **ret, struct err *err)
{
    static const struct xml_limits limits = { DOCUMENT_MAX, XML_DEPTH_MAX };

    return xmlsig_sign_enveloped(signing->key, value, &limits, ret, err);
}

static enum status sign_cms(const struct phone_signing *signing, struct slice value, bool detached,
                            struct bytes **ret, struct err *err)
{
    const struct trust_io io = { .ctx = signing->rest, .fetch = rest_fetch };
    const struct cms_params params = { .detached = detached,
                                       .signing_time_ms = signing->now_ms,
                                       .io = signing->tsp_url ? &io : NULL,
                                       .tsp_url = signing->tsp_url,
                                       .deadline_ms = signing->deadline_ms };
    AUTO(bytes_free) struct bytes *content = NULL;
    AUTO(bytes_free) struct bytes *der = NULL;

    TRY(base64_decode(value, DOCUMENT_MAX, &content, err));
    TRY(cms_sign(signing->key, bytes_slice(content), &params, &der, err));
    *ret = base64_encode(bytes_slice(der));
    return *ret ? ST_OK : RAISE(err, ST_NOMEM, "out of memory");
}

static enum status sign_cms_with_data(const struct phone_signing *signing, struct slice value,
                                      struct bytes **ret, struct err *err)
{
    return sign_cms(signing, value, false, ret, err);
}

static enum status sign_cms_sign_only(const struct phone_signing *signing, struct slice value,
                                      struct bytes **ret, struct err *err)
{
    return sign_cms(signing, value, true, ret, err);
}

/* Over the string as it stands (C-08). */
static enum status sign_bytes_array(const struct phone_signing *signing, struct slice value,
                                    struct bytes **ret, struct err *err)
{
    return bytes_sign(signing->key, value, ret, err);
}

static const struct method {
    const char *name;
    bool is_xml; /* the value is documentXml, not document.file.data */
    sign_fn *sign;
} methods[] = {
    { "XML", true, sign_xml },
    { "CMS_WITH_DATA", false, sign_cms_with_data },
    { "CMS_SIGN_ONLY", false, sign_cms_sign_only },
    { "SIGN_BYTES_ARRAY", false, sign_bytes_array },
};

static const struct method *method_by_name(struct slice name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (slice_eq_str(name, methods[i].name))
            return &methods[i];
    return NULL;
}

/* A document's own method counts only in a MIX_SIGN (req 1.27). */
static enum status find_name(const struct json *root, const struct json *document,
                             struct slice *ret_name, struct err *err)
{
    struct slice name;

    if (!json_string(json_member(root, "signMethod"), &name))
        return RAISE(err, ST_UPSTREAM, "API №2: no signMethod");
    if (slice_eq_str(name, "MIX_SIGN") && !json_string(json_member(document, "signMethod"), &name))
        return RAISE(err, ST_UPSTREAM, "API №2: a document of MIX_SIGN has no signMethod");
    *ret_name = name;
    return ST_OK;
}

static enum status sign_one(const struct phone_signing *signing, const struct json *root,
                            struct json *document, struct err *err)
{
    const struct method *method;
    struct slice name = { "", 0 };
    struct json *place = document;
    const char *key = "documentXml";
    struct slice value;
    AUTO(bytes_free) struct bytes *signed_value = NULL;

    TRY(find_name(root, document, &name, err));
    method = method_by_name(name);
    if (!method)
        return RAISE(err, ST_INPUT, "signMethod %.*s is not supported by this telephone",
                     (int)(name.len < 40 ? name.len : 40), name.at);
    if (!method->is_xml) {
        place = json_edit_member(document, "document");
        place = place ? json_edit_member(place, "file") : NULL;
        key = "data";
    }
    if (!place || !json_string(json_member(place, key), &value))
        return RAISE(err, ST_UPSTREAM, "API №2: a document has no %s", key);
    TRY(method->sign(signing, value, &signed_value, err));
    if (!json_replace_string(place, key, bytes_slice(signed_value)))
        return RAISE(err, ST_INTERNAL, "%s cannot be replaced", key);
    return ST_OK;
}

enum status phone_method_sign_all(const struct phone_signing *signing, struct json *documents,
                                  struct err *err)
{
    struct json *array = json_edit_member(documents, "documentsToSign");

    for (size_t i = 0; i < json_count(array); i++)
        TRY(sign_one(signing, documents, json_edit_item(array, i), err));
    return ST_OK;
}
