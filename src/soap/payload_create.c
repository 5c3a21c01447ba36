/* createSigningSession, field by field; the limits are those of signing.xsd. */
#include "soap/payload_create.h"

#include "base/text.h"

enum { MAX_SIGNERS = 100, MAX_ROLES = 20, MAX_META = 50 };

static const struct place root = { .nth = 1 };

static const struct field name_ru = { "nameRu", true, 500 };
static const struct field name_ru_optional = { "nameRu", false, 500 };
static const struct field name_kz = { "nameKz", false, 500 };
static const struct field name_en = { "nameEn", false, 500 };
static const struct field iin = { "iin", false, 12 };
static const struct field bin = { "bin", false, 12 };

static enum status too_many(const struct reader *r, const struct place *place, const char *code,
                            int max, const char *of)
{
    char limit[48];

    text_format(limit, sizeof(limit), "%d %s", max, of);
    return RAISE_CAUSE(r->err, ST_INPUT, code, place->text, limit, "%s: at most %d %s are possible",
                       place->text, max, of);
}

static enum status no_such_value(const struct reader *r, const struct place *place,
                                 const char *values)
{
    return RAISE_CAUSE(r->err, ST_INPUT, "fieldInvalid", place->text, values,
                       "%s must be one of %s (case matters)", place->text, values);
}

static enum status read_names(const struct reader *r, const struct place *parent,
                              const char *const texts[3], const struct field *ru, struct names *ret)
{
    TRY(field_text(r, parent, ru, texts[0], &ret->ru));
    TRY(field_text(r, parent, &name_kz, texts[1], &ret->kz));
    return field_text(r, parent, &name_en, texts[2], &ret->en);
}

static enum status read_method(const struct reader *r, const struct place *parent,
                               const char *value, bool required, enum sign_method *ret)
{
    const struct field rule = { "signMethod", required, 40 };
    struct place place = place_child(parent, rule.name);
    const char *text;

    TRY(field_token(r, parent, &rule, value, &text));
    *ret = METHOD_NONE;
    if (!*text || session_method_parse(slice_str(text), ret))
        return ST_OK;
    return RAISE_CAUSE(r->err, ST_INPUT, "fieldInvalid", place.text, "signMethod of signing.xsd",
                       "%s must be one of XML, CMS_WITH_DATA, CMS_SIGN_ONLY, SIGN_BYTES_ARRAY, "
                       "MIX_SIGN (case matters)",
                       place.text);
}

/* Absent: Token, the safer of the two that need no certificate. */
static enum status read_auth(const struct reader *r, const char *value, enum auth_type *ret)
{
    static const struct field rule = { "authType", false, 40 };
    struct place place = place_child(&root, rule.name);
    const char *text;

    TRY(field_token(r, &root, &rule, value, &text));
    *ret = AUTH_TOKEN;
    if (!*text || session_auth_parse(slice_str(text), ret))
        return ST_OK;
    return no_such_value(r, &place, "Token, None, Eds");
}

static enum status read_language(const struct reader *r, const char *value, const char **ret)
{
    static const struct field rule = { "language", false, 40 };
    struct place place = place_child(&root, rule.name);
    static const char *const known[] = { "", "ru", "kk", "en" };

    TRY(field_token(r, &root, &rule, value, ret));
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(*ret, known[i]) == 0)
            return ST_OK;
    return no_such_value(r, &place, "ru, kk, en");
}

static enum status read_organisation(const struct reader *r, const struct s__Organisation *in,
                                     struct create_session *ret)
{
    struct place place = place_child(&root, "organisation");

    ret->has_organisation = in != NULL;
    if (!in) {
        ret->organisation = (struct organisation){ { "", "", "" }, "" };
        return ST_OK;
    }
    TRY(read_names(r, &place, (const char *const[3]){ in->nameRu, in->nameKz, in->nameEn },
                   &name_ru_optional, &ret->organisation.name));
    return field_digits(r, &place, &bin, in->bin, &ret->organisation.bin);
}

static enum status read_roles(const struct reader *r, const struct place *parent,
                              const struct s__ExpectedSigner *in, unsigned *ret)
{
    *ret = 0;
    if (in->__sizerole > MAX_ROLES)
        return too_many(r, parent, "fieldInvalid", MAX_ROLES, "roles");
    for (int i = 0; i < in->__sizerole; i++) {
        struct slice text = slice_trim(slice_str(in->role[i]));
        struct place place = place_item(parent, "role", (size_t)i);
        unsigned role = 0;
        if (text.len && !session_role_parse(text, &role))
            return RAISE_CAUSE(r->err, ST_INPUT, "fieldInvalid", place.text, "role of signing.xsd",
                               "%s is no role that signing.xsd lists", place.text);
        *ret |= role;
    }
    return ST_OK;
}

static enum status read_signers(const struct reader *r, const struct s__ExpectedSigners *in,
                                struct create_session *ret)
{
    struct place parent = place_child(&root, "signers");
    struct expected_signer *signers;
    size_t n = in && in->__sizesigner > 0 ? (size_t)in->__sizesigner : 0;

    if (n > MAX_SIGNERS)
        return too_many(r, &parent, "fieldInvalid", MAX_SIGNERS, "signers");
    signers = arena_array(r->arena, n + 1, sizeof(*signers));
    if (!signers)
        return RAISE(r->err, ST_NOMEM, "request: out of memory");
    for (size_t i = 0; i < n; i++) {
        struct place place = place_item(&parent, "signer", i);
        TRY(field_digits(r, &place, &iin, in->signer[i].iin, &signers[i].iin));
        TRY(field_digits(r, &place, &bin, in->signer[i].bin, &signers[i].bin));
        TRY(read_roles(r, &place, &in->signer[i], &signers[i].roles));
    }
    ret->signers = signers;
    ret->signer_count = n;
    return ST_OK;
}

static enum status read_meta(const struct reader *r, const struct place *document,
                             const struct s__Meta *in, struct document *ret)
{
    static const struct field name = { "name", true, 200 };
    static const struct field value = { "value", false, 1000 };
    struct place parent = place_child(document, "meta");
    size_t n = in && in->__sizeitem > 0 ? (size_t)in->__sizeitem : 0;
    struct meta_item *items;

    if (n > MAX_META)
        return too_many(r, &parent, "metaTooMany", MAX_META, "items");
    items = arena_array(r->arena, n + 1, sizeof(*items));
    if (!items)
        return RAISE(r->err, ST_NOMEM, "request: out of memory");
    for (size_t i = 0; i < n; i++) {
        struct place place = place_item(&parent, "item", i);
        TRY(field_text(r, &place, &name, in->item[i].name, &items[i].name));
        TRY(field_text(r, &place, &value, in->item[i].value, &items[i].value));
    }
    ret->meta = items;
    ret->meta_count = n;
    return ST_OK;
}

static enum status keep(const struct reader *r, struct slice content, struct document *ret)
{
    char *copy = arena_text(r->arena, content);

    if (!copy)
        return RAISE(r->err, ST_NOMEM, "request: out of memory");
    ret->content = (struct slice){ copy, content.len };
    return ST_OK;
}

static enum status read_file(const struct reader *r, const struct place *document,
                             const struct s__DocumentFile *in, struct document *ret)
{
    static const struct field mime = { "mime", true, 100 };
    static const struct field data = { "data", true, 0 };
    struct place place = place_child(document, "file");

    TRY(field_token(r, &place, &mime, in->mime, &ret->mime));
    return field_base64(r, &place, &data, in->data, &ret->content);
}

static bool is_blank(const char *text)
{
    return slice_trim(slice_str(text)).len == 0;
}

/* Generators emit the branch not taken as an empty element: that is absence. */
static enum status read_content(const struct reader *r, const struct place *place,
                                const struct s__Document *in, struct document *ret)
{
    bool file = in->file && !(is_blank(in->file->mime) && is_blank(in->file->data));
    bool xml = !is_blank(in->documentXml);
    struct place data = place_child(place, "file");

    if (file && xml)
        return RAISE_CAUSE(r->err, ST_INPUT, "fieldInvalid", place->text, "file or documentXml",
                           "%s has both file and documentXml", place->text);
    if (!file && !xml)
        return RAISE_CAUSE(r->err, ST_INPUT, "fieldMissing", data.text, "file or documentXml",
                           "%s has neither file nor documentXml", place->text);
    if (file)
        return read_file(r, place, in->file, ret);
    ret->mime = NULL;
    return keep(r, slice_str(in->documentXml), ret);
}

static enum status read_document(const struct reader *r, const struct place *place,
                                 const struct s__Document *in, struct document *ret)
{
    static const struct field id = { "id", true, 0 };

    TRY(field_number(r, place, &id, (struct range){ 1, INT32_MAX }, in->id, &ret->id));
    TRY(read_names(r, place, (const char *const[3]){ in->nameRu, in->nameKz, in->nameEn }, &name_ru,
                   &ret->name));
    TRY(read_method(r, place, in->signMethod, false, &ret->method));
    TRY(read_meta(r, place, in->meta, ret));
    return read_content(r, place, in, ret);
}

static enum status read_documents(const struct reader *r, const struct codec_params *limits,
                                  const struct s__Documents *in, struct create_session *ret)
{
    struct place parent = place_child(&root, "documents");
    size_t n = in && in->__sizedocument > 0 ? (size_t)in->__sizedocument : 0;
    struct document *documents;
    char limit[48];
    size_t total = 0;

    if (n == 0)
        return RAISE_CAUSE(r->err, ST_INPUT, "fieldMissing", "documents/document", NULL,
                           "documents/document is missing");
    if (n > limits->max_documents)
        return too_many(r, &parent, "tooManyDocuments", (int)limits->max_documents, "documents");
    documents = arena_array(r->arena, n, sizeof(*documents));
    if (!documents)
        return RAISE(r->err, ST_NOMEM, "request: out of memory");
    for (size_t i = 0; i < n; i++) {
        struct place place = place_item(&parent, "document", i);
        TRY(read_document(r, &place, &in->document[i], &documents[i]));
        total += documents[i].content.len;
        if (total > limits->max_document_bytes) {
            text_format(limit, sizeof(limit), "%zu bytes", limits->max_document_bytes);
            return RAISE_CAUSE(r->err, ST_INPUT, "documentsTooLarge", place.text, limit,
                               "the documents together have more than %zu bytes",
                               limits->max_document_bytes);
        }
    }
    ret->documents = documents;
    ret->document_count = n;
    return ST_OK;
}

enum status payload_create(const struct reader *r, const struct codec_params *limits,
                           const struct _s__createSigningSession *in, struct create_session *ret)
{
    static const struct field description = { "description", true, 1000 };
    static const struct field expires = { "expiresInSeconds", false, 0 };
    static const struct field back_url = { "backUrl", false, 1000 };

    TRY(field_text(r, &root, &description, in->description, &ret->description));
    TRY(read_language(r, in->language, &ret->language));
    TRY(field_number(r, &root, &expires, (struct range){ 1, INT32_MAX }, in->expiresInSeconds,
                     &ret->expires_in_seconds));
    TRY(read_method(r, &root, in->signMethod, true, &ret->method));
    TRY(read_auth(r, in->authType, &ret->auth));
    TRY(read_organisation(r, in->organisation, ret));
    TRY(read_signers(r, in->signers, ret));
    TRY(field_token(r, &root, &back_url, in->backUrl, &ret->back_url));
    return read_documents(r, limits, in->documents, ret);
}
