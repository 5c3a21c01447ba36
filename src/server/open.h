/* Store and journal as the configuration says: for the service, and for the commands of shepctl
 * that look into what the service keeps. */
#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "conf/conf.h"
#include "crypto/vault.h"
#include "journal/journal.h"
#include "journal/syslog.h"
#include "store/store.h"

/* Connects; the schema is left as it is. *ret_store is the caller's and borrows the vault.
 * Errors as store_open(), and ST_INPUT for the password's file. */
MUST_USE enum status open_store(const struct conf *conf, struct vault *vault,
                                struct store **ret_store, struct err *err);

struct open_journal {
    const char *dir;      /* borrowed for the call, as all here but the clock */
    const char *instance; /* of its lines */
    const struct clock *clock;
    void (*wrote)(void *ctx, const struct event *event); /* as in journal_params */
    void *ctx;
};
/* The key of pseudonyms and the size of files are the configuration's. *ret_journal is the
 * caller's. Errors as journal_open(), and ST_INPUT for the key's file. */
MUST_USE enum status open_journal(const struct conf *conf, const struct open_journal *what,
                                  struct journal **ret_journal, struct err *err);

/* The way to the receiver of syslog, for lines of the journal in dir. *ret_syslog is the caller's;
 * NULL: none is configured. Errors as syslog_open(). */
MUST_USE enum status open_syslog(const struct conf *conf, const char *dir,
                                 struct syslog **ret_syslog, struct err *err);

/* A secret of at least min_bytes from a file (at most 4 KiB); wipe it: bytes_wipe(). ST_INPUT names
 * the file. */
MUST_USE enum status secret_load(const char *path, size_t min_bytes, struct bytes **ret_secret,
                                 struct err *err);
