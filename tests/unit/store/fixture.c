#include "fixture.h"

#include "base/clock.h"
#include "support/content_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fixture shared; /* one per test program */

const struct fixture *fixture(void)
{
    return &shared;
}

int fixture_run(const struct CMUnitTest *tests, size_t count)
{
    if (!mariadbd_start(&shared.server))
        return 77;
    shared.vault = content_keys_open(shared.server.dir);
    int failed = _cmocka_run_group_tests("store", tests, count, NULL, NULL);
    mariadbd_remove(&shared.server);
    vault_close(shared.vault);
    return failed;
}

struct store_params fixture_params(void)
{
    return (struct store_params){
        .socket = shared.server.socket,
        .user = "shepd",
        .password = "",
        .database = shared.database,
        .vault = shared.vault,
        .pool = THREADS,
        .wait_ms = 10000,
    };
}

int fixture_empty(void **state)
{
    static unsigned number;
    char sql[128];

    (void)state;
    (void)snprintf(shared.database, sizeof(shared.database), "shepd_%u", ++number);
    (void)snprintf(sql, sizeof(sql), "CREATE DATABASE %s", shared.database);
    mariadbd_sql(&shared.server, NULL, sql);
    return 0;
}

int fixture_schema(void **state)
{
    struct store_params params = fixture_params();

    (void)fixture_empty(state);
    assert_ok(store_open(&params, &shared.store, err));
    assert_ok(store_migrate(shared.store, "test", err));
    return 0;
}

int fixture_astana(void **state)
{
    assert_ok(clock_use_astana(err));
    return fixture_schema(state);
}

int fixture_close(void **state)
{
    char sql[128];

    (void)state;
    store_close(shared.store);
    shared.store = NULL;
    (void)snprintf(sql, sizeof(sql), "DROP DATABASE %s", shared.database);
    mariadbd_sql(&shared.server, NULL, sql);
    return 0;
}

struct store *fixture_at(int64_t unix_s)
{
    struct store_params params = fixture_params();
    struct store *store = NULL;
    char sql[64];

    (void)snprintf(sql, sizeof(sql), "SET timestamp = %lld", (long long)unix_s);
    if (unix_s)
        params.init_sql = sql;
    assert_ok(store_open(&params, &store, err));
    return store;
}

long long fixture_number(const char *sql)
{
    return mariadbd_number(&shared.server, shared.database, sql);
}

void fixture_sql(const char *sql)
{
    mariadbd_sql(&shared.server, shared.database, sql);
}

void fixture_put(struct event_row row)
{
    struct event_sink sink = store_event_sink(fixture()->store);
    const uint64_t seq = row.seq;
    uint64_t last = 0;
    char sql[160];

    assert_ok(sink.position(sink.ctx, row.instance, &last, err));
    if (seq > last)
        row.seq = last + 1;
    assert_ok(sink.put(sink.ctx, &row, 1, err));
    if (seq == row.seq)
        return;
    (void)snprintf(sql, sizeof(sql),
                   "UPDATE journal_event SET seq = %llu WHERE instance = '%.*s' AND seq = %llu",
                   (unsigned long long)seq, (int)row.instance.len, row.instance.at,
                   (unsigned long long)row.seq);
    fixture_sql(sql);
}

static enum status tell_nobody(void *ctx, const struct overdue *session, struct err *err)
{
    (void)ctx;
    (void)session;
    (void)err;
    return ST_OK;
}

static enum status tell_nobody_of_so_many(void *ctx, enum swept_kind kind, uint64_t count,
                                          struct err *err)
{
    (void)ctx;
    (void)kind;
    (void)count;
    (void)err;
    return ST_OK;
}

enum status fixture_sweep(struct store *store, const char *instance, struct swept *ret,
                          struct err *err)
{
    const struct sweep sweep = { .instance = instance,
                                 .evidence_keep_ms = KEEP_MS,
                                 .coid_keep_ms = KEEP_MS,
                                 .tell_expired = tell_nobody,
                                 .tell_deleted = tell_nobody_of_so_many };

    return store_sweep(store, &sweep, ret, err);
}
