#include "store/pool.h"

#include "base/text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
    POOL_MAX = 1024,
    WAIT_MAX_MS = 60 * 1000,
    TRIES_MAX = 10,       /* of one piece of work that meets deadlocks */
    TRIES_MS = 5 * 1000,  /* no further try after that */
    BACKOFF_MIN_MS = 4,   /* doubled at each try, and half of it by chance */
    BACKOFF_MAX_MS = 256, /* … up to this */
};

struct store {
    struct store_params params; /* its texts are ours */
    pthread_mutex_t lock;
    pthread_cond_t given_back;
    struct db *dbs;   /* params.pool of them */
    struct db **idle; /* a stack: the warmest is lent first */
    size_t idle_count;
};

/* ---- birth and death ---- */

static void library_init(void)
{
    (void)mysql_library_init(0, NULL, NULL); /* not thread-safe by itself */
}

static enum status copy_text(const char *text, const char **ret, struct err *err)
{
    *ret = text ? strdup(text) : NULL;
    return text && !*ret ? RAISE(err, ST_NOMEM, "store: out of memory") : ST_OK;
}

static enum status copy_params(const struct store_params *params, struct store_params *copy,
                               struct err *err)
{
    *copy = (struct store_params){ .port = params->port,
                                   .vault = params->vault,
                                   .pool = params->pool,
                                   .wait_ms = params->wait_ms };
    TRY(copy_text(params->socket, &copy->socket, err));
    TRY(copy_text(params->host, &copy->host, err));
    TRY(copy_text(params->user, &copy->user, err));
    TRY(copy_text(params->password ? params->password : "", &copy->password, err));
    TRY(copy_text(params->database, &copy->database, err));
    TRY(copy_text(params->tls_ca_file, &copy->tls_ca_file, err));
    return copy_text(params->init_sql, &copy->init_sql, err);
}

static void free_params(struct store_params *params)
{
    if (params->password)
        explicit_bzero((char *)params->password, strlen(params->password));
    free((char *)params->password);
    free((char *)params->socket);
    free((char *)params->host);
    free((char *)params->user);
    free((char *)params->database);
    free((char *)params->tls_ca_file);
    free((char *)params->init_sql);
}

static enum status check_params(const struct store_params *params, struct err *err)
{
    if (params->pool < 1 || params->pool > POOL_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "outOfRange", "store.pool", "1..1024",
                           "store: a pool of %u connections", params->pool);
    if (params->wait_ms < 1 || params->wait_ms > WAIT_MAX_MS)
        return RAISE_CAUSE(err, ST_INPUT, "outOfRange", "store.wait_ms", "1..60000 ms",
                           "store: wait of %lld ms", (long long)params->wait_ms);
    if (!params->user || !params->database || (!params->socket && !params->host))
        return RAISE_CAUSE(err, ST_INPUT, "missing", "store", NULL,
                           "store: user, database, and socket or host are needed");
    return ST_OK;
}

static enum status check_packet(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { { .kind = C_INT64 } };
    int64_t bytes = 0;
    bool found = false;

    (void)ctx;
    TRY(db_first(
        db, &(struct query){ .sql = "SELECT @@max_allowed_packet", .columns = COLUMNS(columns) },
        &bytes, &found, err));
    if (bytes < DB_PACKET_BYTES)
        return RAISE_CAUSE(err, ST_INPUT, "packetTooSmall", "max_allowed_packet", "67108864 bytes",
                           "MariaDB's max_allowed_packet is %lld bytes; shepd needs at least 64M, "
                           "set it in the server's configuration",
                           (long long)bytes);
    return ST_OK;
}

static enum status make_pool(struct store *store, struct err *err)
{
    pthread_condattr_t attr;

    store->dbs = calloc(store->params.pool, sizeof(*store->dbs));
    store->idle = calloc(store->params.pool, sizeof(void *));
    if (!store->dbs || !store->idle)
        return RAISE(err, ST_NOMEM, "store: out of memory");
    for (size_t i = 0; i < store->params.pool; i++) {
        store->dbs[i].vault = store->params.vault;
        store->idle[store->idle_count++] = &store->dbs[i];
    }
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&store->given_back, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)pthread_mutex_init(&store->lock, NULL);
    return ST_OK;
}

enum status store_open(const struct store_params *params, struct store **ret_store, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    TRY(check_params(params, err));
    (void)pthread_once(&once, library_init);
    AUTO(store_close) struct store *store = calloc(1, sizeof(*store));
    if (!store)
        return RAISE(err, ST_NOMEM, "store: out of memory");
    TRY(copy_params(params, &store->params, err));
    TRY(make_pool(store, err));
    /* the first connection is made here, so that its errors may name host and user */
    TRY(db_connect(store->idle[store->idle_count - 1], &store->params, true, err));
    TRY(store_run(store, &(struct work){ .run = check_packet }, err));
    *ret_store = TAKE(store);
    return ST_OK;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    for (size_t i = 0; store->dbs && i < store->params.pool; i++)
        db_disconnect(&store->dbs[i]);
    if (store->idle && store->dbs) {
        (void)pthread_cond_destroy(&store->given_back);
        (void)pthread_mutex_destroy(&store->lock);
    }
    free(store->idle);
    free(store->dbs);
    free_params(&store->params);
    free(store);
}

/* ---- lending ---- */

static struct timespec after_ms(int64_t ms)
{
    int64_t at = clock_monotonic_ms() + ms;

    return (struct timespec){ .tv_sec = (time_t)(at / 1000), .tv_nsec = (at % 1000) * 1000000 };
}

/* NULL: none was free in time. */
static struct db *lend(struct store *store)
{
    struct timespec end = after_ms(store->params.wait_ms);
    int waited = 0;

    (void)pthread_mutex_lock(&store->lock);
    while (store->idle_count == 0 && waited == 0)
        waited = pthread_cond_timedwait(&store->given_back, &store->lock, &end);
    struct db *db = store->idle_count > 0 ? store->idle[--store->idle_count] : NULL;
    (void)pthread_mutex_unlock(&store->lock);
    return db;
}

static void give_back(struct store *store, struct db *db)
{
    (void)pthread_mutex_lock(&store->lock);
    store->idle[store->idle_count++] = db;
    (void)pthread_cond_signal(&store->given_back);
    (void)pthread_mutex_unlock(&store->lock);
}

/* ---- work ---- */

static enum status run_in_transaction(struct db *db, const struct work *work, struct err *err)
{
    struct err ignored;

    if (work->snapshot) /* of the next transaction alone */
        TRY(db_run(db, SLICE("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"), err));
    TRY(db_run(db, SLICE("START TRANSACTION"), err));
    enum status status = work->run(db, work->ctx, err);
    if (status == ST_OK) {
        status = db_run(db, SLICE("COMMIT"), err);
        if (status != ST_OK && db->fate == DB_GONE) {
            db->fate = DB_DOUBT;
            return RAISE(err, ST_UNAVAILABLE, "the database was lost in a COMMIT");
        }
    }
    if (status == ST_OK || db->fate == DB_GONE)
        return status;
    enum db_fate fate = db->fate; /* of the failure, not of the clean-up */
    if (db_run(db, SLICE("ROLLBACK"), &ignored) == ST_OK)
        db->fate = fate;
    return status;
}

/* One try; *ret_again: it failed in a way that a further try may mend. */
static enum status run_once(struct store *store, struct db *db, const struct work *work,
                            bool *ret_again, struct err *err)
{
    bool reused = db->mysql != NULL;

    *ret_again = false;
    if (!reused)
        TRY(db_connect(db, &store->params, false, err));
    db->fate = DB_FINE;
    enum status status =
        work->transaction ? run_in_transaction(db, work, err) : work->run(db, work->ctx, err);
    if (status == ST_OK)
        return ST_OK;
    if (db->fate == DB_GONE || db->fate == DB_DOUBT)
        db_disconnect(db);
    *ret_again = db->fate == DB_RETRY || (db->fate == DB_GONE && reused);
    return status;
}

static void back_off(unsigned tries)
{
    uint32_t chance = 0;
    uint32_t ms = BACKOFF_MIN_MS;

    while (tries-- > 0 && ms < BACKOFF_MAX_MS)
        ms *= 2;
    if (getrandom(&chance, sizeof(chance), 0) < 0)
        chance = 0; /* all losers wait alike, once */
    uint32_t wait = ms / 2 + chance % (ms / 2 + 1);
    (void)nanosleep(&(const struct timespec){ .tv_nsec = (long)wait * 1000000 }, NULL);
}

enum status store_run(struct store *store, const struct work *work, struct err *err)
{
    int64_t end = clock_monotonic_ms() + TRIES_MS;
    struct db *db = lend(store);
    bool again = true;
    enum status status = ST_UNAVAILABLE;

    if (!db)
        return RAISE(err, ST_UNAVAILABLE, "the database's %u connections were busy for %lld ms",
                     store->params.pool, (long long)store->params.wait_ms);
    for (unsigned tries = 0; again && tries < TRIES_MAX; tries++) {
        status = run_once(store, db, work, &again, err);
        if (again && clock_monotonic_ms() > end)
            break;
        if (again && db->fate == DB_RETRY)
            back_off(tries);
    }
    give_back(store, db);
    return status;
}

/* ---- the clock, readiness ---- */

static enum status read_now(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { { .kind = C_INT64 } };
    bool found = false;

    return db_first(
        db, &(struct query){ .sql = "SELECT " DB_MS("NOW(6)"), .columns = COLUMNS(columns) }, ctx,
        &found, err);
}

enum status store_now(struct store *store, int64_t *ret_ms, struct err *err)
{
    int64_t ms = 0;

    TRY(store_run(store, &(struct work){ .run = read_now, .ctx = &ms }, err));
    *ret_ms = ms;
    return ST_OK;
}

/* A node outside the primary component refuses to read tables (1047), not expressions. */
static enum status read_table(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { { .kind = C_INT64 } };
    int64_t version = 0;
    bool found = false;

    (void)ctx;
    return db_first(db,
                    &(struct query){ .sql = "SELECT version FROM schema_version LIMIT 1",
                                     .columns = COLUMNS(columns) },
                    &version, &found, err);
}

enum status store_ping(struct store *store, struct err *err)
{
    return store_run(store, &(struct work){ .run = read_table }, err);
}
