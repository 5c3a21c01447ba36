/* What the store's tests share: one server per program, a fresh database per test. */
#pragma once

#include "store/store.h"
#include "support/mariadbd.h"
#include "support/outcome.h"

enum { THREADS = 8 };
#define KEEP_MS (INT64_C(1096) * 24 * 3600 * 1000) /* of evidence */

struct fixture {
    struct mariadbd server;
    struct vault *vault; /* of the stores below */
    struct store *store; /* of the current test; migrated */
    char database[32];
};

/* Starts the server, runs the tests, removes the server; 77 when there is none to start. */
int fixture_run(const struct CMUnitTest *tests, size_t count);
const struct fixture *fixture(void);

/* Test set-up: a database of its own; fixture_schema() also opens and migrates fixture()->store,
 * fixture_astana() then has Astana's local time. */
int fixture_empty(void **state);
int fixture_schema(void **state);
int fixture_astana(void **state);
int fixture_close(void **state);

struct store_params fixture_params(void);
/* A further store on the test's database whose clock stands at the Unix second; 0: runs. */
struct store *fixture_at(int64_t unix_s);
/* Sweeps as that instance; KEEP_MS is how long evidence is kept, nobody is told of anything. */
enum status fixture_sweep(struct store *store, const char *instance, struct swept *ret,
                          struct err *err);
/* A number from the database, by SQL. */
long long fixture_number(const char *sql);
void fixture_sql(const char *sql);
/* A row into the journal's table by its sink, also where the rows before it are not there. */
void fixture_put(struct event_row row);
