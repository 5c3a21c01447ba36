/* The rules of a createSigningSession request that do not concern its documents. */
#include "base/text.h"
#include "mobile/internal.h"

enum { DESCRIPTION_MAX = 1000, NAME_MAX_CHARS = 500, URL_MAX_CHARS = 1000, LIFE_MIN_MS = 60000 };
enum { SIGNATURES_MAX = 500 }; /* of one session: its result and its seal stay readable */

static size_t characters(struct slice text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.at[i] & 0xc0) != 0x80;
    return n;
}

static bool has_control(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if ((c < ' ' && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

enum status check_text(const char *text, const struct text_rule *rule, struct err *err)
{
    struct slice s = slice_str(text);
    size_t n = characters(s);
    char limit[48];

    if (rule->min && slice_trim(s).len == 0)
        return RAISE_CAUSE(err, ST_INPUT, "fieldMissing", rule->field, NULL,
                           "%s is missing or blank", rule->field);
    text_format(limit, sizeof(limit), "%zu characters", rule->max);
    if (n > rule->max)
        return RAISE_CAUSE(err, ST_INPUT, "fieldTooLong", rule->field, limit,
                           "%s has %zu characters, at most %zu are possible", rule->field, n,
                           rule->max);
    if (!text_is_utf8(s) || has_control(s))
        return RAISE_CAUSE(err, ST_INPUT, "fieldInvalid", rule->field, NULL,
                           "%s holds a control character or is not UTF-8", rule->field);
    return ST_OK;
}

enum status check_names(const struct names *names, const char *field, struct names *ret,
                        struct err *err)
{
    const char *const given[] = { names->ru, names->kz, names->en };
    static const char *const suffix[] = { "nameRu", "nameKz", "nameEn" };
    char path[96];
    struct text_rule rule = { path, 1, NAME_MAX_CHARS };

    for (size_t i = 0; i < 3; i++) {
        text_format(path, sizeof(path), "%s/%s", field, suffix[i]);
        TRY(check_text(given[i], &rule, err));
        rule.min = 0; /* only the Russian name must be there */
    }
    ret->ru = names->ru;
    ret->kz = slice_trim(slice_str(names->kz)).len ? names->kz : names->ru;
    ret->en = slice_trim(slice_str(names->en)).len ? names->en : names->ru;
    return ST_OK;
}

static enum status check_language(const char *language, const char **ret, struct err *err)
{
    static const char *const known[] = { "ru", "kk", "en" };

    if (slice_str(language).len == 0) {
        *ret = known[0];
        return ST_OK;
    }
    for (size_t i = 0; i < 3; i++)
        if (slice_eq_str(slice_str(language), known[i])) {
            *ret = known[i];
            return ST_OK;
        }
    return RAISE_CAUSE(err, ST_INPUT, "fieldInvalid", "language", "ru, kk, en",
                       "language must be ru, kk or en");
}

static enum status check_life(const struct mobile *mobile, int64_t seconds, int64_t *ret_ms,
                              struct err *err)
{
    int64_t max = mobile->p.max_life_ms / 1000;
    char limit[48];

    if (seconds == 0) {
        *ret_ms = mobile->p.default_life_ms;
        return ST_OK;
    }
    text_format(limit, sizeof(limit), "60..%lld s", (long long)max);
    if (seconds < LIFE_MIN_MS / 1000 || seconds > max)
        return RAISE_CAUSE(err, ST_INPUT, "fieldInvalid", "expiresInSeconds", limit,
                           "expiresInSeconds is %lld, from 60 to %lld are possible",
                           (long long)seconds, (long long)max);
    *ret_ms = seconds * 1000;
    return ST_OK;
}

/* What the request does not say is the sender's; its BIN can be no other. */
static enum status check_organisation(const struct mobile_sender *sender,
                                      const struct create_session *req, struct organisation *ret,
                                      struct err *err)
{
    const struct organisation *own = &sender->organisation, *given = &req->organisation;
    struct names names = own->name;

    if (req->has_organisation && slice_str(given->name.ru).len)
        names = given->name;
    else if (req->has_organisation) {
        names.kz = slice_str(given->name.kz).len ? given->name.kz : names.kz;
        names.en = slice_str(given->name.en).len ? given->name.en : names.en;
    }
    if (req->has_organisation && slice_str(given->bin).len &&
        !slice_eq_str(slice_str(given->bin), own->bin ? own->bin : ""))
        return RAISE_CAUSE(err, ST_INPUT, "organisationNotYours", "organisation/bin", NULL,
                           "organisation/bin is not the BIN of the sender");
    TRY(check_names(&names, "organisation", &ret->name, err));
    ret->bin = own->bin ? own->bin : "";
    return ST_OK;
}

static enum status check_digits(const char *text, size_t signer, const char *name, struct err *err)
{
    struct slice s = slice_str(text);
    char field[48];

    text_format(field, sizeof(field), "signers/signer[%zu]/%s", signer + 1, name);
    if (s.len && !text_is_digits(s, 12))
        return RAISE_CAUSE(err, ST_INPUT, "fieldInvalid", field, "12 digits",
                           "%s must be 12 digits", field);
    return ST_OK;
}

/* What no certificate of НУЦ РК can meet: that of an individual has no BIN (kz-crypto.md section
 * 1).
 */
static enum status check_signer(const struct expected_signer *signer, size_t i, struct err *err)
{
    char field[48];

    TRY(check_digits(signer->iin, i, "iin", err));
    TRY(check_digits(signer->bin, i, "bin", err));
    text_format(field, sizeof(field), "signers/signer[%zu]/role", i + 1);
    if (signer->roles == ROLE_INDIVIDUAL && slice_str(signer->bin).len)
        return RAISE_CAUSE(err, ST_INPUT, "fieldInvalid", field, "no bin",
                           "%s is individual alone, and no individual's certificate has a BIN",
                           field);
    return ST_OK;
}

static bool is_same(const char *a, const char *b)
{
    return slice_eq(slice_str(a), slice_str(b));
}

/* Nobody signs twice in one capacity, so the second of two such turns would wait for ever. */
static enum status check_twice(const struct create_session *req, size_t i, struct err *err)
{
    const struct expected_signer *signer = &req->signers[i];
    char field[48];

    text_format(field, sizeof(field), "signers/signer[%zu]", i + 1);
    for (size_t k = 0; k < i; k++)
        if (slice_str(signer->iin).len && is_same(signer->iin, req->signers[k].iin) &&
            is_same(signer->bin, req->signers[k].bin))
            return RAISE_CAUSE(err, ST_INPUT, "duplicateSigner", field, "once",
                               "%s is the same person as signers/signer[%zu]", field, k + 1);
    return ST_OK;
}

/* Every signer's copy of the documents is kept, sealed and handed over in one result. */
static enum status check_copies(const struct mobile *mobile, const struct create_session *req,
                                struct err *err)
{
    const size_t n = req->signer_count, max = mobile->p.max_document_bytes;
    size_t total = 0;
    char limit[48];

    if (n * req->document_count > SIGNATURES_MAX) {
        text_format(limit, sizeof(limit), "%d", SIGNATURES_MAX);
        return RAISE_CAUSE(err, ST_INPUT, "tooManySignatures", "signers", limit,
                           "%zu signers and %zu documents are more than %d signatures", n,
                           req->document_count, SIGNATURES_MAX);
    }
    for (size_t i = 0; i < req->document_count; i++)
        total += req->documents[i].content.len;
    text_format(limit, sizeof(limit), "%zu bytes", max / n);
    if (total > max / n)
        return RAISE_CAUSE(err, ST_INPUT, "documentsTooLarge", "documents", limit,
                           "all documents together have %zu bytes, at most %zu are possible with "
                           "%zu signers",
                           total, max / n, n);
    return ST_OK;
}

static enum status check_signers(const struct mobile *mobile, const struct create_session *req,
                                 struct err *err)
{
    const unsigned max = mobile->p.max_signers;
    char limit[32];

    text_format(limit, sizeof(limit), "%u", max);
    if (req->signer_count > max)
        return RAISE_CAUSE(err, ST_INPUT, "tooManySigners", "signers", limit,
                           "%zu signers are named, at most %u are possible", req->signer_count,
                           max);
    for (size_t i = 0; i < req->signer_count; i++) {
        TRY(check_signer(&req->signers[i], i, err));
        TRY(check_twice(req, i, err));
    }
    return req->signer_count > 1 ? check_copies(mobile, req, err) : ST_OK;
}

static enum status check_back_url(const char *url, struct err *err)
{
    static const struct text_rule rule = { "backUrl", 0, URL_MAX_CHARS };
    struct slice s = slice_str(url);

    if (s.len == 0)
        return ST_OK;
    TRY(check_text(url, &rule, err));
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] <= ' ' || (unsigned char)s.at[i] >= 0x7f || strchr("\"<>\\", s.at[i]))
            return RAISE_CAUSE(err, ST_INPUT, "fieldInvalid", "backUrl", "https URL",
                               "backUrl holds a character that no URL has");
    if (!slice_starts(s, SLICE("https://")) || s.len == strlen("https://"))
        return RAISE_CAUSE(err, ST_INPUT, "fieldInvalid", "backUrl", "https URL",
                           "backUrl must begin with https://");
    return ST_OK;
}

enum status check_create(const struct mobile *mobile, const struct mobile_sender *sender,
                         const struct create_session *req, struct signing_session *session,
                         int64_t *ret_life_ms, struct err *err)
{
    static const struct text_rule description = { "description", 1, DESCRIPTION_MAX };

    TRY(check_text(req->description, &description, err));
    TRY(check_language(req->language, &session->language, err));
    TRY(check_life(mobile, req->expires_in_seconds, ret_life_ms, err));
    TRY(check_organisation(sender, req, &session->organisation, err));
    TRY(check_signers(mobile, req, err));
    TRY(check_back_url(req->back_url, err));
    session->sender_id = sender->sender_id;
    session->reason = "";
    session->description = req->description;
    session->method = req->method;
    session->auth = req->auth;
    session->back_url = req->back_url ? req->back_url : "";
    session->signers = req->signers;
    session->signer_count = req->signer_count;
    return check_documents(mobile, req, session, err);
}
