/* One MariaDB connection, and statements with typed values and columns. For this room only; a
 * connection belongs to one thread at a time. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "store/store.h"

#include <mysql.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DB_PACKET_BYTES = 64 * 1024 * 1024,        /* what @@max_allowed_packet must be at least */
    DB_VALUES_BYTES = 60 * 1024 * 1024 + 4096, /* of one statement: fits the packet; the rest is for
                                                  keys, and for what sealing adds */
    DB_IO_TIMEOUT_S = 15,                      /* for one answer of the server */
    DB_CACHE = 128,                            /* prepared statements kept per connection */
    DB_COLUMNS = 32,                           /* of one result */
};

/* Instants in SQL: DATETIME(6) to Unix ms (SQL NULL to 0), and a ? of Unix ms to DATETIME(6). */
#define DB_MS(instant) "IFNULL(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', " instant ") DIV 1000, 0)"
#define DB_INSTANT "(CAST('1970-01-01' AS DATETIME(6)) + INTERVAL ? * 1000 MICROSECOND)"
/* The database's clock plus a ? of ms. */
#define DB_NOW_PLUS "(NOW(6) + INTERVAL ? * 1000 MICROSECOND)"

/* What the last failure means for the connection and the transaction. */
enum db_fate {
    DB_FINE,  /* the connection is good */
    DB_RETRY, /* deadlock, certification, lock wait: the whole transaction may be run again */
    DB_GONE,  /* the connection is lost, and the transaction with it */
    DB_DOUBT, /* the connection is lost in a COMMIT: whether it holds is not known */
};

struct db_cached {
    const char *sql; /* compared by address: cached statements are literals */
    MYSQL_STMT *stmt;
};

struct vault;

struct db {
    MYSQL *mysql;        /* NULL: not connected */
    struct vault *vault; /* borrowed; NULL: contents are neither written nor read */
    enum db_fate fate;
    struct db_cached cache[DB_CACHE];
    size_t cached;
};

/* Connects and sets the session up. operator: errors name hosts and users (at start), else not. */
MUST_USE enum status db_connect(struct db *db, const struct store_params *params, bool operator,
                                struct err * err);
void db_disconnect(struct db *db);

/* A value for a `?`. Bytes are borrowed until the call ends. */
enum value_kind { V_NULL, V_INT, V_BYTES, V_ID };
struct value {
    enum value_kind kind;
    int64_t number;
    struct slice bytes;
    uint8_t id[ID_BYTES];
};
struct args {
    const struct value *at;
    size_t count;
};
#define ARGS(...)                                                                                  \
    ((struct args){ (const struct value[]){ __VA_ARGS__ },                                         \
                    sizeof((const struct value[]){ __VA_ARGS__ }) / sizeof(struct value) })
static const struct args no_args = { NULL, 0 };

struct value v_int(int64_t number);
struct value v_slice(struct slice bytes);
struct value v_text(const char *text);        /* NULL is "" */
struct value v_sha256(const uint8_t *sha256); /* 32 bytes; NULL is SQL NULL */
struct value v_id(const struct id *id);
struct value v_null(void);

/* Where a column of a row goes in a record, and where a `?` of an INSERT comes from. */
enum column_kind {
    C_INT64,    /* int64_t */
    C_UINT32,   /* uint32_t, unsigned */
    C_TEXT,     /* const char *, the arena's; never SQL NULL */
    C_OPTIONAL, /* const char *, NULL is SQL NULL */
    C_BLOB,     /* struct slice, the arena's, counted against the budget */
    C_SEALED,   /* the same of a content still sealed: what sealing adds is not counted */
    C_BYTES,    /* struct bytes *, the caller's; SQL NULL is NULL (reading only) */
    C_CHARS,    /* char[size] */
    C_FIXED,    /* uint8_t[size]; SQL NULL is zeros */
    C_ID,       /* struct id; SQL NULL is no id */
    C_WORD,     /* an enum with a name in the table */
};
struct column {
    enum column_kind kind;
    size_t offset;
    size_t size;                             /* C_CHARS, C_FIXED */
    bool (*parse)(struct slice, void *);     /* C_WORD */
    const char *(*name)(const void *member); /* C_WORD */
};
struct columns {
    const struct column *at;
    size_t count;
};
#define COLUMN(kind, type, member)                                                                 \
    {                                                                                              \
        (kind), offsetof(type, member), 0, NULL, NULL                                              \
    }
#define COLUMN_SIZED(kind, type, member)                                                           \
    {                                                                                              \
        (kind), offsetof(type, member), sizeof(((type *)0)->member), NULL, NULL                    \
    }
#define COLUMN_WORD(type, member, parse, name)                                                     \
    {                                                                                              \
        C_WORD, offsetof(type, member), 0, parse, name                                             \
    }
#define COLUMNS(array)                                                                             \
    {                                                                                              \
        (array), sizeof(array) / sizeof((array)[0])                                                \
    }

/* Fills values with the record's members, one per column; returns their number. */
size_t db_values(struct columns columns, const void *record, struct value *values);

/* Where texts and blobs of rows live. */
struct db_memory {
    struct arena *arena; /* NULL: no column needs it */
    size_t budget;       /* bytes of C_BLOB still allowed; ST_INPUT tooLarge beyond */
};

/* Runs a plain text without values. */
MUST_USE enum status db_run(struct db *db, struct slice sql, struct err *err);
/* Runs a statement that gives no rows. ret_matched: rows found by WHERE or inserted (may be NULL).
 * ST_CONFLICT: the key exists; ST_INPUT: a value fits no column, or all are over
 * DB_VALUES_BYTES; ST_UNAVAILABLE and ST_INTERNAL as store.h says. */
MUST_USE enum status db_exec(struct db *db, const char *sql, struct args args,
                             uint64_t *ret_matched, struct err *err);
/* As db_exec(), for a text that was built and is not worth keeping. */
MUST_USE enum status db_exec_once(struct db *db, struct slice sql, struct args args,
                                  struct err *err);

/* Rows are read one by one; the connection can do nothing else until rows_close(). */
struct rows;
struct query {
    const char *sql;
    struct args args;
    struct columns columns;
    struct db_memory *memory; /* may be NULL when no column needs it */
};
MUST_USE enum status rows_open(struct db *db, const struct query *query, struct rows **ret_rows,
                               struct err *err);
/* *ret_more false: no further row, record untouched. */
MUST_USE enum status rows_next(struct rows *rows, void *record, bool *ret_more, struct err *err);
void rows_close(struct rows *rows);
DEFINE_AUTO(struct rows, rows_close)
/* The first row only. */
MUST_USE enum status db_first(struct db *db, const struct query *query, void *record,
                              bool *ret_found, struct err *err);
/* All rows, in the order they come, up to max of them. */
struct records {
    void *at;
    size_t size; /* of one */
    size_t max;
};
#define RECORDS(array, max) (&(const struct records){ (array), sizeof((array)[0]), (max) })
MUST_USE enum status db_rows(struct db *db, const struct query *query, const struct records *into,
                             size_t *ret_count, struct err *err);

/* For the statement layer: turns MariaDB's error into ours and sets db->fate. */
enum status db_raise(struct db *db, unsigned number, const char *text, struct err *err);
