#include "store/db.h"

#include "base/text.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <stdio.h>

struct failure {
    unsigned from, to; /* MariaDB's error numbers */
    enum status status;
    enum db_fate fate;
    const char *text;
};

static const struct failure failures[] = {
    { 1213, 1213, ST_UNAVAILABLE, DB_RETRY, "the database is busy (deadlock)" },
    { 1205, 1205, ST_UNAVAILABLE, DB_RETRY, "the database is busy (lock wait)" },
    { 1020, 1020, ST_UNAVAILABLE, DB_RETRY, "the database is busy (record has changed)" },
    { 1615, 1615, ST_UNAVAILABLE, DB_RETRY, "the database's tables have changed" },
    { 1062, 1062, ST_CONFLICT, DB_FINE, "it exists already" },
    { 1452, 1452, ST_CONFLICT, DB_FINE, "it belongs to nothing" },
    { 1406, 1406, ST_INPUT, DB_FINE, "a text is too long to be stored" },
    { 1366, 1366, ST_INPUT, DB_FINE, "a text cannot be stored: not UTF-8" },
    { 0, 0, ST_UNAVAILABLE, DB_GONE, "the connection to the database broke without a word" },
    { 1047, 1047, ST_UNAVAILABLE, DB_GONE, "the database cluster has no quorum" },
    { 1040, 1040, ST_UNAVAILABLE, DB_GONE, "the database has no free connection" },
    { 1053, 1053, ST_UNAVAILABLE, DB_GONE, "the database is shutting down" },
    { 1927, 1927, ST_UNAVAILABLE, DB_GONE, "the database ended the connection" },
    { 1969, 1969, ST_UNAVAILABLE, DB_FINE, "the database took too long" },
    { 1317, 1317, ST_UNAVAILABLE, DB_FINE, "the database interrupted the statement" },
    { 1290, 1290, ST_UNAVAILABLE, DB_GONE, "the database is read-only" },
    { 1836, 1836, ST_UNAVAILABLE, DB_GONE, "the database is read-only" },
    { 1021, 1021, ST_UNAVAILABLE, DB_FINE, "the database's disk is full" },
    { 1114, 1114, ST_UNAVAILABLE, DB_FINE, "the database's table is full" },
    { 1180, 1180, ST_UNAVAILABLE, DB_GONE, "the database could not commit" },
    { 1044, 1045, ST_UNAVAILABLE, DB_GONE, "the database refuses our user" },
    { 1049, 1049, ST_UNAVAILABLE, DB_GONE, "the database does not exist" },
    { 1129, 1130, ST_UNAVAILABLE, DB_GONE, "the database refuses our host" },
    { 1698, 1698, ST_UNAVAILABLE, DB_GONE, "the database refuses our user" },
    { CR_MIN_ERROR, CR_SERVER_LOST, ST_UNAVAILABLE, DB_GONE, "the database is away" },
    { CR_SSL_CONNECTION_ERROR, CR_MALFORMED_PACKET, ST_UNAVAILABLE, DB_GONE,
      "the connection to the database broke" },
    { CR_SERVER_LOST_EXTENDED, CR_SERVER_LOST_EXTENDED, ST_UNAVAILABLE, DB_GONE,
      "the database is away" },
    /* the client library's other complaints are about us: start afresh */
    { CR_MIN_ERROR, CR_MAX_ERROR, ST_INTERNAL, DB_GONE, "the client library refuses" },
};

enum status db_raise(struct db *db, unsigned number, const char *text, struct err *err)
{
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        if (number < failures[i].from || number > failures[i].to)
            continue;
        db->fate = failures[i].fate;
        return RAISE(err, failures[i].status, "%s (MariaDB %u)", failures[i].text, number);
    }
    db->fate = DB_FINE;
    return RAISE(err, ST_INTERNAL, "MariaDB %u: %s", number, text);
}

static enum status raise_connect(struct db *db, const struct store_params *params, bool operator,
                                 struct err * err)
{
    enum status status = db_raise(db, mysql_errno(db->mysql), mysql_error(db->mysql), err);

    if (operator)
        RAISE(err, status, "MariaDB at %s%s%s, user %s, database %s: %s",
              params->socket ? params->socket : params->host, params->tls_ca_file ? " by TLS" : "",
              params->socket ? " (socket)" : "", params->user, params->database,
              mysql_error(db->mysql));
    db_disconnect(db);
    return status;
}

static void set_options(MYSQL *mysql, const struct store_params *params)
{
    unsigned connect_s = (unsigned)((params->wait_ms + 999) / 1000);
    unsigned io_s = DB_IO_TIMEOUT_S;
    unsigned no = 0;
    size_t packet = DB_PACKET_BYTES;

    (void)mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    (void)mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &io_s);
    (void)mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &io_s);
    (void)mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
    (void)mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &no);
    (void)mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (params->tls_ca_file) {
        my_bool yes = 1;
        (void)mysql_options(mysql, MYSQL_OPT_SSL_CA, params->tls_ca_file);
        (void)mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
        (void)mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
    }
}

static enum status set_session(struct db *db, const struct store_params *params, struct err *err)
{
    static const char *const settings[] = {
        "SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = 2, sql_mode = "
        "'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
        "NO_ENGINE_SUBSTITUTION'",
        /* no gap locks: every lock of ours is by key */
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    };

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        TRY(db_run(db, slice_str(settings[i]), err));
    /* Galera: read what another node has committed; a server built without it has no such thing */
    if (db_run(db, SLICE("SET SESSION wsrep_sync_wait = 1"), err) != ST_OK &&
        mysql_errno(db->mysql) != ER_UNKNOWN_SYSTEM_VARIABLE)
        return err->status;
    if (params->init_sql)
        TRY(db_run(db, slice_str(params->init_sql), err));
    return ST_OK;
}

enum status db_connect(struct db *db, const struct store_params *params, bool operator,
                       struct err * err)
{
    db_disconnect(db);
    db->fate = DB_FINE;
    db->mysql = mysql_init(NULL);
    if (!db->mysql)
        return RAISE(err, ST_NOMEM, "MariaDB: out of memory");
    set_options(db->mysql, params);
    /* found rows, not changed ones: a conditional UPDATE tells by them whether its WHERE held */
    const char *host = params->socket ? NULL : params->host; /* a host would win over the socket */
    if (!mysql_real_connect(db->mysql, host, params->user, params->password, params->database,
                            params->port, params->socket, CLIENT_FOUND_ROWS))
        return raise_connect(db, params, operator, err);
    enum status status = set_session(db, params, err);
    if (status != ST_OK)
        db_disconnect(db);
    return status;
}

void db_disconnect(struct db *db)
{
    while (db->cached > 0)
        (void)mysql_stmt_close(db->cache[--db->cached].stmt);
    if (db->mysql)
        mysql_close(db->mysql);
    db->mysql = NULL;
}

enum status db_run(struct db *db, struct slice sql, struct err *err)
{
    if (mysql_real_query(db->mysql, sql.at, (unsigned long)sql.len) != 0)
        return db_raise(db, mysql_errno(db->mysql), mysql_error(db->mysql), err);
    MYSQL_RES *rows = mysql_store_result(db->mysql);
    if (rows)
        mysql_free_result(rows);
    return ST_OK;
}
