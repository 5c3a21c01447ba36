/* Where a search of the journal goes on, and what an id is the id of. */
#include "base/text.h"
#include "store/pool.h"
#include "store/search.h"

/* ---- a place as text ---- */

void journal_place_text(const struct journal_place *place, char dst[SEARCH_PLACE])
{
    size_t at = 0;

    dst[0] = '\0';
    if (place->day == 0)
        return;
    (void)text_format(dst, SEARCH_PLACE, "%d", (int)place->day);
    for (size_t i = 0; i < place->count; i++) {
        at += strlen(dst + at);
        (void)text_format(dst + at, SEARCH_PLACE - at, "~%s:%llu", place->at[i].instance,
                          (unsigned long long)place->at[i].below);
    }
}

/* Takes what stands before the mark, or all, off the front of *rest. */
static struct slice take_until(struct slice *rest, char mark)
{
    const char *end = rest->len ? memchr(rest->at, mark, rest->len) : NULL;
    const struct slice part = { rest->at, end ? (size_t)(end - rest->at) : rest->len };

    *rest = slice_skip(*rest, end ? part.len + 1 : part.len);
    return part;
}

static bool parse_seq(struct slice text, uint64_t *ret)
{
    uint64_t n = 0;

    if (text.len < 1 || text.len > 19 || !text_is_digits(text, text.len))
        return false;
    for (size_t i = 0; i < text.len; i++)
        n = n * 10 + (uint64_t)(text.at[i] - '0');
    *ret = n;
    return true;
}

static bool is_instance(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-'))
            return false;
    }
    return name.len > 0 && name.len < 65;
}

bool journal_place_parse(struct slice text, struct journal_place *ret)
{
    struct journal_place place = { .day = 0 };

    if (text.len == 0) {
        *ret = place;
        return true;
    }
    if (!day_parse(take_until(&text, '~'), &place.day))
        return false;
    for (; text.len > 0; place.count++) {
        struct slice part = take_until(&text, '~');
        const struct slice name = take_until(&part, ':');

        if (place.count == SEARCH_INSTANCES || !is_instance(name) ||
            !parse_seq(part, &place.at[place.count].below))
            return false;
        (void)text_copy_slice(place.at[place.count].instance, sizeof(place.at[0].instance), name);
    }
    *ret = place;
    return true;
}

/* ---- which id it is ---- */

struct known {
    const char *text;
    struct id id;
    int32_t from, to;
    int64_t exchange, signing, message, event;
};

/* An event's own id has no index, but tells when it was born (RFC 9562 section 5.7). */
static int32_t birthday(const struct id *id)
{
    uint8_t raw[ID_BYTES];
    int64_t ms = 0;

    id_to_bytes(id, raw);
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | raw[i];
    return raw[6] >> 4 == 7 ? day_of(ms) : 0;
}

static enum status look_for_id(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { COLUMN(C_INT64, struct known, exchange),
                                             COLUMN(C_INT64, struct known, signing),
                                             COLUMN(C_INT64, struct known, message),
                                             COLUMN(C_INT64, struct known, event) };
    struct known *known = ctx;
    const struct value from = v_int(known->from), to = v_int(known->to);
    const struct value id = known->id.text[0] ? v_id(&known->id) : v_null();
    const struct value born = v_int(known->id.text[0] ? birthday(&known->id) : 0);
    bool found = false;

    return db_first(
        db,
        &(struct query){
            .sql =
                "SELECT EXISTS (SELECT 1 FROM journal_event WHERE exchange = ?"
                " AND day BETWEEN ? AND ?),"
                " EXISTS (SELECT 1 FROM journal_event WHERE signing = ? AND day BETWEEN ? AND ?),"
                " EXISTS (SELECT 1 FROM journal_event WHERE message_id = ?"
                " AND day BETWEEN ? AND ?),"
                " EXISTS (SELECT 1 FROM journal_event WHERE day = ? AND day BETWEEN ? AND ?"
                " AND id = ?)",
            .args =
                ARGS(id, from, to, id, from, to, v_text(known->text), from, to, born, from, to, id),
            .columns = COLUMNS(columns) },
        known, &found, err);
}

enum status store_journal_resolve(struct store *store, const char *text,
                                  struct journal_search *search, struct err *err)
{
    struct known known = { .text = text,
                           .from = day_of(search->from_ms),
                           .to = day_of(search->to_ms) };

    (void)id_parse(slice_str(text), &known.id);
    TRY(store_run(store, &(struct work){ .run = look_for_id, .ctx = &known }, err));
    if (known.exchange)
        search->exchange = known.id;
    else if (known.signing)
        search->signing = known.id;
    else if (known.message)
        (void)text_copy(search->message_id, sizeof(search->message_id), text);
    else if (known.event)
        search->event_id = known.id;
    else
        (void)text_copy(search->session_id, sizeof(search->session_id), text);
    return ST_OK;
}
