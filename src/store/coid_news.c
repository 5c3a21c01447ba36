/* ЦОИД's news: each once, however often it is told; one instance fetches them. */
#include "crypto/encode.h"
#include "store/coid.h"
#include "store/lease.h"
#include "store/pool.h"

#include <stdlib.h>

enum {
    NEWS_MAX = 10000,              /* of one list */
    ITEM_BYTES = 62 * 1024 * 1024, /* what one statement can have written */
};

/* ---- keep ---- */

struct keeping {
    const struct coid_news *news;
    size_t count, fresh;
};

/* The lengths say where one text ends: texts may hold anything. */
static enum status digest_of(const struct coid_news *news, uint8_t ret[SHA256_BYTES],
                             struct err *err)
{
    const char *const texts[] = { news->date.text, news->subject, news->text };
    AUTO(bytes_free) struct bytes *whole = bytes_new(ITEM_BYTES);

    if (!whole)
        return RAISE(err, ST_NOMEM, "news: out of memory");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        bytes_addf(whole, "%zu ", strlen(texts[i]));
        bytes_add_str(whole, texts[i]);
    }
    TRY(bytes_check(whole, "news", err));
    sha256(bytes_slice(whole), ret);
    return ST_OK;
}

static enum status keep_one(struct db *db, const struct coid_news *news, bool *ret_fresh,
                            struct err *err)
{
    uint8_t digest[SHA256_BYTES];

    TRY(digest_of(news, digest, err));
    enum status status =
        db_exec(db,
                "INSERT INTO coid_news (sha256, date_text, date_meaning, subject, text, seen_at,"
                " told_at) VALUES (?, ?, ?, ?, ?, NOW(6), NOW(6))",
                ARGS(v_sha256(digest), v_text(news->date.text), v_text(news->date.meaning),
                     v_text(news->subject), v_text(news->text)),
                NULL, err);
    *ret_fresh = status == ST_OK;
    if (status != ST_CONFLICT)
        return status;
    return db_exec(db, "UPDATE coid_news SET told_at = NOW(6) WHERE sha256 = ?",
                   ARGS(v_sha256(digest)), NULL, err);
}

static enum status keep_all(struct db *db, void *ctx, struct err *err)
{
    struct keeping *keeping = ctx;

    keeping->fresh = 0;
    for (size_t i = 0; i < keeping->count; i++) {
        bool fresh = false;

        TRY(keep_one(db, &keeping->news[i], &fresh, err));
        keeping->fresh += fresh;
    }
    return ST_OK;
}

enum status store_coid_news_keep(struct store *store, const struct coid_news *news, size_t count,
                                 size_t *ret_fresh, struct err *err)
{
    struct keeping keeping = { .news = news, .count = count };

    if (count > NEWS_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "tooMany", "news", "10000", "%zu news at once", count);
    TRY(store_run(store, &(struct work){ .run = keep_all, .ctx = &keeping, .transaction = true },
                  err));
    *ret_fresh = keeping.fresh;
    return ST_OK;
}

struct looking {
    uint8_t digest[SHA256_BYTES];
    bool known;
};

static enum status look(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { { .kind = C_FIXED, .size = SHA256_BYTES } };
    struct looking *looking = ctx;

    return db_first(db,
                    &(struct query){ .sql = "SELECT sha256 FROM coid_news WHERE sha256 = ?",
                                     .args = ARGS(v_sha256(looking->digest)),
                                     .columns = COLUMNS(columns) },
                    looking->digest, &looking->known, err);
}

enum status store_coid_news_known(struct store *store, const struct coid_news *news,
                                  bool *ret_known, struct err *err)
{
    struct looking looking = { .known = false };

    TRY(digest_of(news, looking.digest, err));
    TRY(store_run(store, &(struct work){ .run = look, .ctx = &looking }, err));
    *ret_known = looking.known;
    return ST_OK;
}

/* ---- tell: first which, then each by itself, for a text may be long ---- */

struct listing {
    size_t max, count;
    uint8_t (*digests)[SHA256_BYTES];
};

static enum status list(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { { .kind = C_FIXED, .size = SHA256_BYTES } };
    struct listing *listing = ctx;
    const struct query query = { .sql =
                                     "SELECT sha256 FROM coid_news ORDER BY IF(date_meaning = '',"
                                     " DATE_FORMAT(seen_at, '%Y-%m-%d'), date_meaning) DESC,"
                                     " seen_at DESC, sha256 LIMIT ?",
                                 .args = ARGS(v_int((int64_t)listing->max)),
                                 .columns = COLUMNS(columns) };

    return db_rows(db, &query, RECORDS(listing->digests, listing->max), &listing->count, err);
}

struct item {
    const uint8_t *digest;
    struct db_memory memory;
    struct coid_news news;
    int64_t seen_ms;
    bool found;
};

static enum status read_item(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = {
        COLUMN(C_TEXT, struct item, news.date.text), COLUMN(C_TEXT, struct item, news.date.meaning),
        COLUMN(C_TEXT, struct item, news.subject),   COLUMN(C_TEXT, struct item, news.text),
        COLUMN(C_INT64, struct item, seen_ms),
    };
    struct item *item = ctx;

    item->found = false;
    return db_first(db,
                    &(struct query){ .sql = "SELECT date_text, date_meaning, subject, text, " DB_MS(
                                         "seen_at") " FROM coid_news WHERE sha256 = ?",
                                     .args = ARGS(v_sha256(item->digest)),
                                     .columns = COLUMNS(columns),
                                     .memory = &item->memory },
                    item, &item->found, err);
}

static enum status tell_item(struct store *store, const uint8_t *digest, coid_tell_news *tell,
                             void *ctx, struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new(2 * (size_t)ITEM_BYTES); /* and a second try */
    struct item item = { .digest = digest, .memory = { .arena = arena } };

    if (!arena)
        return RAISE(err, ST_NOMEM, "news: out of memory");
    TRY(store_run(store, &(struct work){ .run = read_item, .ctx = &item }, err));
    return item.found ? tell(ctx, &item.news, item.seen_ms, err) : ST_OK; /* swept meanwhile */
}

enum status store_coid_news(struct store *store, size_t max, coid_tell_news *tell, void *ctx,
                            struct err *err)
{
    struct listing listing = { .max = max < NEWS_MAX ? max : NEWS_MAX };
    AUTO_FREE uint8_t(*digests)[SHA256_BYTES] = calloc(listing.max + 1, sizeof(*digests));

    if (!digests)
        return RAISE(err, ST_NOMEM, "news: out of memory");
    listing.digests = digests;
    TRY(store_run(store, &(struct work){ .run = list, .ctx = &listing }, err));
    for (size_t i = 0; i < listing.count; i++)
        TRY(tell_item(store, digests[i], tell, ctx, err));
    return ST_OK;
}

/* ---- whose turn it is: the row of a lease says since when it was somebody's ---- */

struct turn {
    struct lease lease; /* of this try alone: asked again, it is still ours */
    int64_t period_ms;
    uint64_t matched;
};

static enum status take_turn(struct db *db, void *ctx, struct err *err)
{
    struct turn *turn = ctx;
    const struct lease *lease = &turn->lease;

    TRY(db_exec(db,
                "INSERT IGNORE INTO lease (name, holder, until_at) VALUES (?, '', '1970-01-01')",
                ARGS(v_text(lease->name)), NULL, err));
    return db_exec(db,
                   "UPDATE lease SET holder = ?, until_at = NOW(6) WHERE name = ? AND"
                   " (until_at <= NOW(6) - INTERVAL ? * 1000 MICROSECOND OR holder = ?)",
                   ARGS(v_text(lease->holder), v_text(lease->name), v_int(turn->period_ms),
                        v_text(lease->holder)),
                   &turn->matched, err);
}

enum status store_coid_news_due(struct store *store, const char *instance, int64_t period_ms,
                                bool *ret_mine, struct err *err)
{
    struct turn turn = { .lease = lease_of("coid_news", instance), .period_ms = period_ms };

    TRY(store_run(store, &(struct work){ .run = take_turn, .ctx = &turn }, err));
    *ret_mine = turn.matched == 1;
    return ST_OK;
}
