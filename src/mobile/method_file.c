/* What the methods that sign a file share: document.file with its mime and data (req 1.31). */
#include "base/text.h"
#include "crypto/encode.h"
#include "mobile/internal.h"

enum { MIME_MAX = 100 /* characters, as signing.xsd says */ };

/* type/subtype of RFC 6838; the old apps' "@file/pdf" passes too (flows.md section 1). */
static bool is_mime(struct slice mime)
{
    size_t slashes = 0;

    if (mime.len < 3 || mime.len > MIME_MAX || mime.at[0] == '/' || mime.at[mime.len - 1] == '/')
        return false;
    for (size_t i = 0; i < mime.len; i++) {
        char c = mime.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || !strchr("/!#$&-^_.+@", c)))
            return false;
        slashes += c == '/';
    }
    return slashes == 1;
}

enum status file_check(const struct mobile *mobile, const struct document *document,
                       const char *field, struct err *err)
{
    char path[96];

    (void)mobile;
    text_format(path, sizeof(path), "%s/file", field);
    if (!document->mime)
        return RAISE_CAUSE(err, ST_INPUT, "documentFileMissing", path, "file",
                           "%s has a documentXml, but its method signs a file", field);
    text_format(path, sizeof(path), "%s/file/mime", field);
    if (!is_mime(slice_str(document->mime)))
        return RAISE_CAUSE(err, ST_INPUT, "fieldInvalid", path, "type/subtype",
                           "%s is not a type/subtype of at most %d characters", path, MIME_MAX);
    return ST_OK;
}

void file_put(struct json *object, const struct document *document, struct slice value)
{
    struct json *file = json_set_object(json_set_object(object, "document"), "file");

    json_set_string(file, "mime", slice_str(document->mime));
    json_set_string(file, "data", value);
}

enum status file_issue_base64(const struct document *document, struct bytes **ret, struct err *err)
{
    struct bytes *text = base64_encode(document->content);

    if (!text)
        return RAISE(err, ST_NOMEM, "document in base64");
    *ret = text;
    return ST_OK;
}

bool file_take(const struct json *object, struct slice *ret_value)
{
    const struct json *file = json_member(json_member(object, "document"), "file");

    return json_string(json_member(file, "data"), ret_value);
}
