#include "sandbox/view.h"

#include "crypto/encode.h"

enum { CONTENT_MAX = 32 * 1024 * 1024 };

/* In their documented case (req 1.40); "@file/pdf" is what older systems write. */
static const struct {
    const char *mime;
    enum view_kind kind;
    bool by_bytes_only; /* shown with SIGN_BYTES_ARRAY only */
    bool raw_by_bytes;  /* travels as it is with SIGN_BYTES_ARRAY (req 1.34) */
} types[] = {
    { "text/plain", VIEW_TEXT, false, true },
    { "application/xml", VIEW_XML, true, true },
    { "application/pdf", VIEW_PDF, false, false },
    { "@file/pdf", VIEW_PDF, false, false },
};

static enum view_kind kind_of(const struct phone_document *document, bool *ret_raw)
{
    bool by_bytes = slice_eq_str(document->method, "SIGN_BYTES_ARRAY");

    *ret_raw = slice_eq_str(document->method, "XML");
    for (size_t i = 0; !*ret_raw && i < sizeof(types) / sizeof(types[0]); i++)
        if (slice_eq_str(document->mime, types[i].mime)) {
            *ret_raw = by_bytes && types[i].raw_by_bytes;
            return types[i].by_bytes_only && !by_bytes ? VIEW_HIDDEN : types[i].kind;
        }
    return VIEW_HIDDEN;
}

enum status view_make(const struct phone_document *document, struct view *ret_view,
                      struct bytes **ret_decoded, struct err *err)
{
    bool raw;
    struct view view = { .kind = kind_of(document, &raw), .content = document->value };
    struct bytes *decoded = NULL;
    enum status status = raw ? ST_OK : base64_decode(document->value, CONTENT_MAX, &decoded, err);

    if (status != ST_OK && status != ST_INPUT)
        return status;
    if (status == ST_INPUT)
        view.kind = VIEW_BROKEN;
    else if (decoded)
        view.content = bytes_slice(decoded);
    *ret_view = view;
    *ret_decoded = decoded;
    return ST_OK;
}
