/* Brings the database up to this program's schema, one instance at a time. */
#include "store/schema.h"

#include "store/lease.h"
#include "store/pool.h"

#include <time.h>

enum {
    LEASE_MS = 10 * 60 * 1000, /* for one file; a dead instance blocks the others as long */
    WAIT_MS = 120 * 1000,      /* for another instance's migration */
    POLL_MS = 100,
};

size_t schema_file_count(void)
{
    size_t count = 0;

    while (schema_files[count].name)
        count++;
    return count;
}

static struct slice take_line(struct slice *sql)
{
    const char *end = memchr(sql->at, '\n', sql->len);
    struct slice line = { sql->at, end ? (size_t)(end - sql->at) : sql->len };

    *sql = slice_skip(*sql, end ? line.len + 1 : line.len);
    return line;
}

bool schema_next(struct slice *sql, struct slice *ret_statement)
{
    const char *from = NULL;

    while (sql->len > 0) {
        struct slice line = slice_trim(take_line(sql));

        if (!from && (line.len == 0 || slice_starts(line, SLICE("--"))))
            continue;
        if (!from)
            from = line.at;
        if (line.len > 0 && line.at[line.len - 1] == ';') {
            *ret_statement = slice_mem(from, (size_t)(line.at - from) + line.len - 1);
            return true;
        }
    }
    if (from)
        *ret_statement = slice_mem(from, (size_t)(sql->at - from));
    return from != NULL;
}

static enum status run_file(struct db *db, void *ctx, struct err *err)
{
    const struct embedded *file = ctx;
    struct slice sql = file->bytes;
    struct slice statement;

    while (schema_next(&sql, &statement))
        TRY(db_run(db, statement, err));
    return ST_OK;
}

static enum status read_version(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { { .kind = C_INT64 } };
    bool found = false;

    return db_first(db,
                    &(struct query){ .sql = "SELECT MAX(version) FROM schema_version",
                                     .columns = COLUMNS(columns) },
                    ctx, &found, err);
}

static enum status check_version(struct store *store, int64_t *ret_version, struct err *err)
{
    int64_t version = 0;
    int64_t ours = (int64_t)schema_file_count() - 1;

    TRY(store_run(store, &(struct work){ .run = read_version, .ctx = &version }, err));
    if (version > ours)
        return RAISE(err, ST_CONFLICT,
                     "the database has schema %lld, this program knows %lld: it is too old",
                     (long long)version, (long long)ours);
    *ret_version = version;
    return ST_OK;
}

struct mark {
    unsigned version;
    const char *instance;
};

static enum status mark_version(struct db *db, void *ctx, struct err *err)
{
    const struct mark *mark = ctx;

    return db_exec(db,
                   "INSERT IGNORE INTO schema_version (version, applied_at, applied_by)"
                   " VALUES (?, NOW(6), ?)",
                   ARGS(v_int(mark->version), v_text(mark->instance)), NULL, err);
}

/* Under the lease. */
static enum status apply(struct store *store, const struct lease *lease, const char *instance,
                         struct err *err)
{
    int64_t version = 0;
    bool ours = true;

    TRY(check_version(store, &version, err));
    for (size_t i = (size_t)version + 1; i < schema_file_count(); i++) {
        struct embedded file = schema_files[i];
        struct mark mark = { (unsigned)i, instance };

        TRY(lease_take(store, lease, LEASE_MS, &ours, err));
        if (!ours)
            return RAISE(err, ST_UNAVAILABLE, "another instance took the migration over");
        TRY(store_run(store, &(struct work){ .run = run_file, .ctx = &file }, err));
        TRY(store_run(store, &(struct work){ .run = mark_version, .ctx = &mark }, err));
    }
    return ST_OK;
}

static enum status wait_for_turn(struct store *store, const struct lease *lease, struct err *err)
{
    int64_t end = clock_monotonic_ms() + WAIT_MS;
    int64_t version = 0;
    bool taken = false;

    for (;;) {
        TRY(lease_take(store, lease, LEASE_MS, &taken, err));
        if (taken)
            return ST_OK;
        TRY(check_version(store, &version, err));
        if (clock_monotonic_ms() > end)
            return RAISE(err, ST_UNAVAILABLE, "another instance's migration took over %d s",
                         WAIT_MS / 1000);
        (void)nanosleep(&(const struct timespec){ .tv_nsec = POLL_MS * 1000000L }, NULL);
    }
}

enum status store_migrate(struct store *store, const char *instance, struct err *err)
{
    struct lease lease = lease_of("migrate", instance);
    struct embedded first = schema_files[0];
    int64_t version = 0;
    struct err ignored;

    TRY(store_run(store, &(struct work){ .run = run_file, .ctx = &first }, err));
    TRY(check_version(store, &version, err));
    if ((size_t)version + 1 == schema_file_count())
        return ST_OK;
    TRY(wait_for_turn(store, &lease, err));
    enum status status = apply(store, &lease, instance, err);
    if (lease_release(store, &lease, &ignored) != ST_OK)
        return status; /* it runs out by itself */
    return status;
}

enum status store_check_schema(struct store *store, struct err *err)
{
    long long ours = (long long)schema_file_count() - 1;
    int64_t version = 0;

    TRY(check_version(store, &version, err));
    if (version < ours)
        return RAISE(err, ST_CONFLICT,
                     "the database has schema %lld, this program wants %lld: it is made by the "
                     "start of a shepd of this version",
                     (long long)version, ours);
    return ST_OK;
}
