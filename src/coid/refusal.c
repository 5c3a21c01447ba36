/* The table of ЦОИД's errors. The first row that fits counts; rows without words come last. */
#include "coid/refusal.h"

#include "base/text.h"

#include <ctype.h>
#include <strings.h>

enum { WORDS_MAX = 12 };

/* Of the photo, in either language; each begins a word. */
#define PHOTO_WORDS                                                                                \
    "photo", "image", "picture", "face", "фото", "Фото", "ФОТО", "изображ", "Изображ", "лицо",     \
        "Лицо", "лица"

enum {
    ENDS = 1, /* these three as in struct refusal */
    FAILED = 2,
    KEY = 4,
    OWN = 8, /* holds only for a body of ЦОИД's own: whatever stands in front of it says nothing */
};

struct row {
    unsigned asked;
    int http; /* 0: any */
    const char *words[WORDS_MAX];
    enum status status;
    unsigned means;
    const char *code;
    const char *text;
};

#define NO_ENTRY "ЦОИД does not let us in"
#define NO_KEY "ЦОИД knows of no verification with this key"
#define NOT_FOUND "ЦОИД answered 404 without saying what it did not find"
#define NOBODY "ЦОИД found nobody with this IIN"
#define BAD_PHOTO "ЦОИД does not accept the photo (annex 1)"

/* clang-format off */
static const struct row rows[] = {
    { ASK_ANY, 400, { NULL }, ST_UPSTREAM, 0, "upstreamBadRequest",
      "ЦОИД calls the request malformed: our certificate may have expired" },
    { ASK_ANY, 401, { NULL }, ST_UPSTREAM, 0, "upstreamForbidden", NO_ENTRY },
    { ASK_ANY, 403, { NULL }, ST_UPSTREAM, 0, "upstreamForbidden", NO_ENTRY },
    { ASK_VERIFY, 404, { "No one person find" }, ST_INPUT, ENDS, "personNotFound", NOBODY },
    { ASK_ANY, 404, { "No one person find" }, ST_INPUT, 0, "personNotFound", NOBODY },
    { ASK_VERIFY, 404, { "Vendor not found" }, ST_INPUT, ENDS, "vendorNotFound",
      "ЦОИД knows no such vendor" },
    { ASK_ANY, 404, { "Vendor not found" }, ST_INPUT, 0, "vendorNotFound",
      "ЦОИД knows no such vendor" },
    { ASK_ANY, 404, { "SIMILARITY" }, ST_INPUT, 0, "similarityNotFound", NO_KEY },
    { ASK_RESULT, 404, { NULL }, ST_INPUT, OWN, "similarityNotFound", NO_KEY },
    { ASK_REPORTS, 404, { NULL }, ST_INPUT, 0, "reportNotFound", "ЦОИД has no such report" },
    { ASK_VERIFY, 404, { NULL }, ST_INPUT, OWN | ENDS, "upstreamNotFound", NOT_FOUND },
    { ASK_ANY, 404, { NULL }, ST_INPUT, OWN, "upstreamNotFound", NOT_FOUND },
    { ASK_ANY, 405, { NULL }, ST_UPSTREAM, 0, "upstreamMethod", "ЦОИД does not know this method" },
    { ASK_DATA, 406, { "24" }, ST_INPUT, 0, "dataTooLate",
      "ЦОИД gives no data so long after the verification" },
    { ASK_DATA, 406, { "85", "ниже", "below", "low" }, ST_INPUT, 0, "dataBelowThreshold",
      "ЦОИД gives no data: the similarity is below the threshold" },
    { ASK_VERIFY, 406, { PHOTO_WORDS }, ST_INPUT, ENDS, "imageRefused", BAD_PHOTO },
    { ASK_VERIFY, 406, { "idempotency" }, ST_INPUT, KEY, "notAcceptable",
      "ЦОИД says that it knows the key" },
    { ASK_ANY, 406, { NULL }, ST_INPUT, 0, "notAcceptable", "ЦОИД does not accept the request" },
    { ASK_VERIFY, 500, { PHOTO_WORDS }, ST_INPUT, ENDS, "imageRefused", BAD_PHOTO },
    { ASK_VERIFY, 500, { NULL }, ST_UPSTREAM, ENDS, "upstreamBiometric",
      "the biometric side of ЦОИД failed" },
    { ASK_ANY, 500, { NULL }, ST_UPSTREAM, FAILED, "upstreamBiometric", "ЦОИД failed" },
    { ASK_ANY, 502, { NULL }, ST_UPSTREAM, FAILED, "upstreamUnavailable", "ЦОИД is not available" },
    { ASK_ANY, 504, { NULL }, ST_UPSTREAM, FAILED, "upstreamTimeout",
      "ЦОИД got no answer from those behind it in time" },
    { ASK_ANY, 523, { "GBDFL" }, ST_UPSTREAM, 0, "gbdflUnavailable",
      "the registry of persons (ГБД ФЛ) is not available to ЦОИД" },
    { ASK_ANY, 523, { "KDP" }, ST_UPSTREAM, 0, "kdpUnavailable",
      "the access control of data (КДП) is not available to ЦОИД" },
    { ASK_ANY, 523, { NULL }, ST_UPSTREAM, 0, "upstreamStatus",
      "those behind ЦОИД are not available to it" },
    { ASK_ANY, 0, { NULL }, ST_UPSTREAM, 0, "upstreamStatus", "ЦОИД answered with an error" },
};
/* clang-format on */

/* Where a Latin word goes on there was no beginning: `face` is not in `interface`, 24 not in 2024.
 */
static bool begins_word(const char *text, const char *at)
{
    return at == text || !isalnum((unsigned char)at[-1]);
}

static bool has_word(const char *text, const char *word)
{
    for (const char *at = strcasestr(text, word); at; at = strcasestr(at + 1, word))
        if (begins_word(text, at))
            return true;
    return false;
}

static bool has_any(const char *text, const char *const words[WORDS_MAX])
{
    if (!words[0])
        return true;
    for (size_t i = 0; i < WORDS_MAX && words[i]; i++)
        if (has_word(text, words[i]))
            return true;
    return false;
}

static bool fits(const struct row *row, enum asked asked, const struct said *said)
{
    return row->asked & asked && row->http == said->http && (said->is_own || !(row->means & OWN)) &&
           has_any(said->text, row->words);
}

static const struct row *find_row(enum asked asked, const struct said *said)
{
    const struct row *row = rows;

    while (row->http != 0 && !fits(row, asked, said))
        row++;
    return row;
}

static enum status raise(const struct row *row, int http, const char *text, struct err *err)
{
    (void)RAISE_CAUSE(err, row->status, row->code, NULL, NULL, "%s", row->text);
    err_set_upstream(err, http, slice_str(text));
    return row->status;
}

enum status refusal_raise(enum asked asked, const struct said *said, struct refusal *ret,
                          struct err *err)
{
    const struct row *row = find_row(asked, said);

    *ret = (struct refusal){
        .ends = row->means & ENDS,
        .is_key = row->means & KEY,
        .failed = row->means & FAILED || (row->http == 0 && said->http >= 500),
    };
    return raise(row, said->http, said->text, err);
}

enum status refusal_image(const char *text, struct err *err)
{
    const struct row *row = rows;

    while (row->http != 406 || strcmp(row->code, "imageRefused") != 0)
        row++;
    return raise(row, row->http, text, err);
}

enum status refusal_again(const struct coid_call *call, struct err *err)
{
    for (const struct row *row = rows; row->http != 0; row++)
        if (row->means & ENDS && strcmp(row->code, call->refused_code) == 0)
            return raise(row, call->refused_status, call->refused_text, err);
    (void)RAISE_CAUSE(err, ST_INPUT, call->refused_code, NULL, NULL,
                      "this verification was refused before");
    err_set_upstream(err, call->refused_status, slice_str(call->refused_text));
    return ST_INPUT;
}
