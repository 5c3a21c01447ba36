/* Statements with typed values and columns: two tables of kinds stand where each query would
 * otherwise have its own MYSQL_BIND code. */
#include "store/db.h"

#include "base/text.h"
#include "crypto/vault.h"

#include <stdlib.h>

/* ---- values ---- */

struct value v_int(int64_t number)
{
    return (struct value){ .kind = V_INT, .number = number };
}

/* An empty one may point nowhere, which to the client library is SQL NULL. */
struct value v_slice(struct slice bytes)
{
    return (struct value){ .kind = V_BYTES, .bytes = bytes.at ? bytes : slice_str("") };
}

struct value v_text(const char *text)
{
    return v_slice(slice_str(text));
}

struct value v_null(void)
{
    return (struct value){ .kind = V_NULL };
}

struct value v_sha256(const uint8_t *sha256)
{
    return sha256 ? v_slice(slice_mem(sha256, 32)) : v_null();
}

struct value v_id(const struct id *id)
{
    struct value value = { .kind = V_ID };

    id_to_bytes(id, value.id);
    return value;
}

static struct value value_of(const struct column *column, const void *record)
{
    const void *at = (const char *)record + column->offset;

    switch (column->kind) {
    case C_INT64:
        return v_int(*(const int64_t *)at);
    case C_UINT32:
        return v_int(*(const uint32_t *)at);
    case C_TEXT:
        return v_text(*(const char *const *)at);
    case C_OPTIONAL:
        return *(const char *const *)at ? v_text(*(const char *const *)at) : v_null();
    case C_BLOB:
    case C_SEALED:
        return v_slice(*(const struct slice *)at);
    case C_BYTES:
        return v_slice(bytes_slice(*(struct bytes *const *)at));
    case C_CHARS:
        return v_text(at);
    case C_FIXED:
        return v_slice(slice_mem(at, column->size));
    case C_ID:
        return ((const struct id *)at)->text[0] ? v_id(at) : v_null();
    case C_WORD:
        return v_text(column->name(at));
    }
    return v_null();
}

size_t db_values(struct columns columns, const void *record, struct value *values)
{
    for (size_t i = 0; i < columns.count; i++)
        values[i] = value_of(&columns.at[i], record);
    return columns.count;
}

static void bind_value(const struct value *value, MYSQL_BIND *bind)
{
    bool number = value->kind == V_INT;
    struct slice bytes = value->kind == V_ID ? slice_mem(value->id, ID_BYTES) : value->bytes;

    *bind = (MYSQL_BIND){
        .buffer_type = value->kind == V_NULL ? MYSQL_TYPE_NULL
                       : number              ? MYSQL_TYPE_LONGLONG
                                             : MYSQL_TYPE_STRING,
        .buffer = number ? (void *)&value->number : (void *)bytes.at,
        .buffer_length = number ? sizeof(value->number) : (unsigned long)bytes.len,
    };
}

/* ---- statements ---- */

static enum status raise(struct db *db, MYSQL_STMT *stmt, struct err *err)
{
    return db_raise(db, mysql_stmt_errno(stmt), mysql_stmt_error(stmt), err);
}

static enum status prepare(struct db *db, struct slice sql, MYSQL_STMT **ret_stmt, struct err *err)
{
    MYSQL_STMT *stmt = mysql_stmt_init(db->mysql);

    if (!stmt)
        return RAISE(err, ST_NOMEM, "MariaDB: out of memory");
    if (mysql_stmt_prepare(stmt, sql.at, (unsigned long)sql.len) != 0) {
        enum status status = raise(db, stmt, err);
        (void)mysql_stmt_close(stmt);
        return status;
    }
    *ret_stmt = stmt;
    return ST_OK;
}

static enum status prepare_cached(struct db *db, const char *sql, MYSQL_STMT **ret_stmt,
                                  struct err *err)
{
    for (size_t i = 0; i < db->cached; i++)
        if (db->cache[i].sql == sql) {
            *ret_stmt = db->cache[i].stmt;
            return ST_OK;
        }
    if (db->cached == DB_CACHE) /* more literals than places: the newest makes room */
        (void)mysql_stmt_close(db->cache[--db->cached].stmt);
    TRY(prepare(db, slice_str(sql), ret_stmt, err));
    db->cache[db->cached++] = (struct db_cached){ sql, *ret_stmt };
    return ST_OK;
}

static enum status check_values(MYSQL_STMT *stmt, struct args args, struct err *err)
{
    size_t total = 0;

    if (mysql_stmt_param_count(stmt) != args.count)
        return RAISE(err, ST_INTERNAL, "%zu values for %lu places", args.count,
                     mysql_stmt_param_count(stmt));
    for (size_t i = 0; i < args.count; i++)
        total += args.at[i].bytes.len;
    if (total > DB_VALUES_BYTES)
        return RAISE_CAUSE(err, ST_INPUT, "tooLarge", NULL, "62914560 bytes",
                           "%zu bytes are too many to be stored at once", total);
    return ST_OK;
}

static enum status execute(struct db *db, MYSQL_STMT *stmt, struct args args, struct err *err)
{
    TRY(check_values(stmt, args, err));
    AUTO_FREE MYSQL_BIND *binds = calloc(args.count + 1, sizeof(*binds));

    if (!binds)
        return RAISE(err, ST_NOMEM, "MariaDB: out of memory");
    for (size_t i = 0; i < args.count; i++)
        bind_value(&args.at[i], &binds[i]);
    if (args.count > 0 && mysql_stmt_bind_param(stmt, binds) != 0)
        return raise(db, stmt, err);
    if (mysql_stmt_execute(stmt) != 0)
        return raise(db, stmt, err);
    return ST_OK;
}

enum status db_exec(struct db *db, const char *sql, struct args args, uint64_t *ret_matched,
                    struct err *err)
{
    MYSQL_STMT *stmt = NULL;

    TRY(prepare_cached(db, sql, &stmt, err));
    TRY(execute(db, stmt, args, err));
    if (ret_matched)
        *ret_matched = mysql_stmt_affected_rows(stmt);
    return ST_OK;
}

enum status db_exec_once(struct db *db, struct slice sql, struct args args, struct err *err)
{
    MYSQL_STMT *stmt = NULL;

    TRY(prepare(db, sql, &stmt, err));
    enum status status = execute(db, stmt, args, err);
    (void)mysql_stmt_close(stmt);
    return status;
}

/* ---- rows ---- */

struct cell {
    int64_t number;
    unsigned long length;
    my_bool null;
    my_bool cut;
};

struct rows {
    struct db *db;
    MYSQL_STMT *stmt;
    struct columns columns;
    struct db_memory *memory;
    struct cell cells[DB_COLUMNS];
    MYSQL_BIND binds[DB_COLUMNS];
};

static bool is_number(const struct column *column)
{
    return column->kind == C_INT64 || column->kind == C_UINT32;
}

/* Numbers are fetched in place; the rest tell their length first and are fetched when room of that
 * size has been made. */
static void bind_cell(const struct column *column, struct cell *cell, MYSQL_BIND *bind)
{
    *bind = (MYSQL_BIND){
        .buffer_type = is_number(column) ? MYSQL_TYPE_LONGLONG : MYSQL_TYPE_STRING,
        .buffer = &cell->number,
        .buffer_length = is_number(column) ? sizeof(cell->number) : 0,
        .length = &cell->length,
        .is_null = &cell->null,
        .error = &cell->cut,
    };
}

enum status rows_open(struct db *db, const struct query *query, struct rows **ret_rows,
                      struct err *err)
{
    MYSQL_STMT *stmt = NULL;

    TRY(prepare_cached(db, query->sql, &stmt, err));
    if (query->columns.count > DB_COLUMNS || mysql_stmt_field_count(stmt) != query->columns.count)
        return RAISE(err, ST_INTERNAL, "%zu columns for %u of the result", query->columns.count,
                     mysql_stmt_field_count(stmt));
    TRY(execute(db, stmt, query->args, err));
    AUTO(rows_close) struct rows *rows = calloc(1, sizeof(*rows));
    if (!rows) {
        (void)mysql_stmt_free_result(stmt);
        return RAISE(err, ST_NOMEM, "MariaDB: out of memory");
    }
    *rows = (struct rows){ .db = db, .stmt = stmt, .columns = query->columns };
    rows->memory = query->memory;
    for (size_t i = 0; i < query->columns.count; i++)
        bind_cell(&query->columns.at[i], &rows->cells[i], &rows->binds[i]);
    if (mysql_stmt_bind_result(stmt, rows->binds) != 0)
        return raise(db, stmt, err);
    *ret_rows = TAKE(rows);
    return ST_OK;
}

void rows_close(struct rows *rows)
{
    if (!rows)
        return;
    (void)mysql_stmt_free_result(rows->stmt);
    free(rows);
}

/* Fetches column i whole into at, which has room for its length. */
static enum status fetch_into(struct rows *rows, size_t i, void *at, struct err *err)
{
    unsigned long length = 0;
    my_bool null = 0;
    my_bool cut = 0;
    MYSQL_BIND bind = {
        .buffer_type = MYSQL_TYPE_STRING,
        .buffer = at,
        .buffer_length = rows->cells[i].length,
        .length = &length,
        .is_null = &null,
        .error = &cut,
    };

    if (rows->cells[i].length == 0)
        return ST_OK;
    if (mysql_stmt_fetch_column(rows->stmt, &bind, (unsigned)i, 0) != 0)
        return raise(rows->db, rows->stmt, err);
    return ST_OK;
}

static enum status fetch_arena(struct rows *rows, size_t i, struct slice *ret, struct err *err)
{
    size_t length = rows->cells[i].null ? 0 : rows->cells[i].length;
    char *at = arena_alloc(rows->memory->arena, length + 1); /* zeroed: ends in NUL */

    if (!at)
        return RAISE(err, ST_NOMEM, "out of memory for a row of %zu bytes", length);
    TRY(fetch_into(rows, i, at, err));
    *ret = (struct slice){ at, length };
    return ST_OK;
}

static enum status fetch_text(struct rows *rows, size_t i, const char **ret, struct err *err)
{
    struct slice text = { NULL, 0 };

    if (rows->columns.at[i].kind == C_OPTIONAL && rows->cells[i].null) {
        *ret = NULL;
        return ST_OK;
    }
    TRY(fetch_arena(rows, i, &text, err));
    *ret = text.at;
    return ST_OK;
}

static enum status fetch_blob(struct rows *rows, size_t i, struct slice *ret, struct err *err)
{
    size_t length = rows->cells[i].length;
    size_t added = rows->columns.at[i].kind == C_SEALED ? VAULT_OVERHEAD_MAX : 0;
    size_t counted = length > added ? length - added : 0;

    if (counted > rows->memory->budget)
        return RAISE_CAUSE(err, ST_INPUT, "tooLarge", NULL, NULL,
                           "the stored content is larger than what may be read at once");
    rows->memory->budget -= counted;
    return fetch_arena(rows, i, ret, err);
}

static enum status fetch_bytes(struct rows *rows, size_t i, struct bytes **ret, struct err *err)
{
    if (rows->cells[i].null) {
        *ret = NULL;
        return ST_OK;
    }
    AUTO(bytes_free) struct bytes *bytes = bytes_new(rows->cells[i].length);
    char *at = bytes ? bytes_extend(bytes, rows->cells[i].length) : NULL;
    if (!at)
        return RAISE(err, ST_NOMEM, "out of memory for %lu bytes", rows->cells[i].length);
    TRY(fetch_into(rows, i, at, err));
    *ret = TAKE(bytes);
    return ST_OK;
}

/* Fixed places: char[size] with its NUL, or exactly size bytes. */
static enum status fetch_fixed(struct rows *rows, size_t i, void *at, struct err *err)
{
    const struct column *column = &rows->columns.at[i];
    size_t room = column->kind == C_CHARS ? column->size - 1 : column->size;

    memset(at, 0, column->size);
    if (rows->cells[i].null)
        return ST_OK;
    if (rows->cells[i].length > room ||
        (column->kind == C_FIXED && rows->cells[i].length != column->size))
        return RAISE(err, ST_INTERNAL, "column %zu holds %lu bytes, not %zu", i,
                     rows->cells[i].length, room);
    return fetch_into(rows, i, at, err);
}

static enum status fetch_word(struct rows *rows, size_t i, void *at, struct err *err)
{
    char word[64];
    size_t length = rows->cells[i].length;

    if (length > sizeof(word))
        return RAISE(err, ST_INTERNAL, "column %zu holds no word of ours", i);
    TRY(fetch_into(rows, i, word, err));
    if (!rows->columns.at[i].parse((struct slice){ word, length }, at))
        return RAISE(err, ST_INTERNAL, "column %zu holds no word of ours", i);
    return ST_OK;
}

static enum status fetch_id(struct rows *rows, size_t i, struct id *ret, struct err *err)
{
    uint8_t raw[ID_BYTES];

    if (rows->cells[i].null) {
        *ret = (struct id){ "" };
        return ST_OK;
    }
    if (rows->cells[i].length != sizeof(raw))
        return RAISE(err, ST_INTERNAL, "column %zu holds no id", i);
    TRY(fetch_into(rows, i, raw, err));
    *ret = id_from_bytes(raw);
    return ST_OK;
}

static enum status fetch_cell(struct rows *rows, size_t i, void *record, struct err *err)
{
    const struct column *column = &rows->columns.at[i];
    void *at = (char *)record + column->offset;

    switch (column->kind) {
    case C_INT64:
        *(int64_t *)at = rows->cells[i].null ? 0 : rows->cells[i].number;
        return ST_OK;
    case C_UINT32:
        *(uint32_t *)at = rows->cells[i].null ? 0 : (uint32_t)rows->cells[i].number;
        return ST_OK;
    case C_TEXT:
    case C_OPTIONAL:
        return fetch_text(rows, i, at, err);
    case C_BLOB:
    case C_SEALED:
        return fetch_blob(rows, i, at, err);
    case C_BYTES:
        return fetch_bytes(rows, i, at, err);
    case C_CHARS:
    case C_FIXED:
        return fetch_fixed(rows, i, at, err);
    case C_ID:
        return fetch_id(rows, i, at, err);
    case C_WORD:
        return fetch_word(rows, i, at, err);
    }
    return ST_OK;
}

enum status rows_next(struct rows *rows, void *record, bool *ret_more, struct err *err)
{
    int got = mysql_stmt_fetch(rows->stmt);

    if (got == MYSQL_NO_DATA) {
        *ret_more = false;
        return ST_OK;
    }
    if (got != 0 && got != MYSQL_DATA_TRUNCATED)
        return raise(rows->db, rows->stmt, err);
    for (size_t i = 0; i < rows->columns.count; i++)
        TRY(fetch_cell(rows, i, record, err));
    *ret_more = true;
    return ST_OK;
}

enum status db_first(struct db *db, const struct query *query, void *record, bool *ret_found,
                     struct err *err)
{
    AUTO(rows_close) struct rows *rows = NULL;
    enum status status = rows_open(db, query, &rows, err);

    return rows ? rows_next(rows, record, ret_found, err) : status;
}

enum status db_rows(struct db *db, const struct query *query, const struct records *into,
                    size_t *ret_count, struct err *err)
{
    AUTO(rows_close) struct rows *rows = NULL;
    bool more = true;

    *ret_count = 0;
    const enum status status = rows_open(db, query, &rows, err);
    if (!rows)
        return status;
    while (more && *ret_count < into->max) {
        TRY(rows_next(rows, (char *)into->at + *ret_count * into->size, &more, err));
        *ret_count += more;
    }
    return ST_OK;
}
