/* What stands on the disk of the configuration and of every file that it names: content, mode,
 * owner, place (req 0.37). A roll is one look at them; server/file_news.h compares two. */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "conf/conf.h"
#include "journal/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WATCHED_PATH = 512,
    ROLL_MAX = 1024,                      /* files and folders; more are left out and counted */
    WATCHED_BYTES_MAX = 16 * 1024 * 1024, /* of a file; a larger one counts as unreadable */
};

enum watched_role {
    WATCHED_CONF,   /* the configuration file */
    WATCHED_NAMED,  /* a file that a setting names */
    WATCHED_FOLDER, /* of trusted certificates, named likewise */
    WATCHED_ENTRY,  /* a file in one */
    WATCHED_COPY,   /* a file beside the configuration or a secret, with the content of one named */
    WATCHED_ROLES,
};
enum watched_state { WATCHED_GONE, WATCHED_THERE, WATCHED_UNREADABLE, WATCHED_STATES };

struct watched {
    char path[WATCHED_PATH];
    enum watched_role role;
    enum watched_state state;
    bool is_secret;  /* a key or a password, or a copy of one */
    char keyed[17];  /* the content's fingerprint; "" of a folder, and of what cannot be read */
    char sha256[65]; /* likewise; "" of a secret that was kept, for a short password can be found
                        by it */
    unsigned mode;   /* the permissions */
    unsigned uid, gid;
    uint64_t dev, ino, size;
    /* for the next look: not kept over a restart */
    int64_t mtime_ns, ctime_ns;
    bool is_settled; /* its times are old enough to tell of the next change */
};

struct roll {
    struct watched at[ROLL_MAX];
    size_t count;
    size_t left_out;
    /* of one that was kept: */
    bool is_old;     /* in an earlier form: to be kept anew */
    bool is_rekeyed; /* under another key: fingerprints of its secrets say nothing */
};

/* Borrowed for the call. */
struct roll_look {
    const struct conf *conf;
    const char *conf_path;
    const struct journal *journal; /* whose key of pseudonyms the fingerprints are made with */
    const struct roll *before;     /* files that have not been touched since are not read again, and
                                      copies seen then are looked at again; NULL: none */
    int64_t now_ns;                /* Unix time by the clock that stamps files */
};
/* ST_NOMEM. *ret_roll is the caller's. */
MUST_USE enum status roll_take(const struct roll_look *look, struct roll **ret_roll,
                               struct err *err);
/* NULL is fine. */
void roll_free(struct roll *roll);
DEFINE_AUTO(struct roll, roll_free)

/* NULL: that path is not on the roll. */
const struct watched *roll_find(const struct roll *roll, const char *path);
/* All that is kept is the same. */
bool roll_equal(const struct roll *a, const struct roll *b);

/* A file of one line each, so that what happens while we are not there is found; of a secret it has
 * the fingerprint alone. Replaced in one step. ST_UNAVAILABLE. */
MUST_USE enum status roll_save(const struct roll *roll, const struct journal *journal,
                               const char *path, struct err *err);
/* ST_NOT_FOUND: there is none; ST_FORMAT: it is none of ours. *ret_roll is the caller's. */
MUST_USE enum status roll_load(const struct journal *journal, const char *path,
                               struct roll **ret_roll, struct err *err);
/* Of a roll that is_rekeyed: a secret still in its place and as long as it was counts as what it is
 * now, any other's content as unknown. The number of the former. */
size_t roll_rekey(struct roll *roll, const struct roll *now);
/* Writes a file of mode 0600 in one step. ST_UNAVAILABLE. */
MUST_USE enum status watched_replace(const char *path, struct slice text, struct err *err);
