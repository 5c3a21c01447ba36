#include "ctl/audit.h"

#include "base/text.h"
#include "server/open.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    NAME_MAX_BYTES = 65, /* of a Unix user, or of an account, with NUL */
    PASSWD_BYTES = 4096, /* of an entry of passwd */
    PATH_MAX_BYTES = 1024,
    INSTANCE_MAX_BYTES = 128,
    PAUSE_MS = 50,
    SHIP_GRACE_MS = 5000,
    SYSLOG_GRACE_MS = 2000,
};

struct audit {
    char account[2 * NAME_MAX_BYTES + 3];
    const struct clock *clock;
    struct journal *journal;
    struct shipper *shipper; /* NULL: lines stay in the journal for now */
    bool was_root;           /* and is to be it again */
    struct syslog *syslog;   /* NULL: no receiver is configured, or none can be */
    struct shipper *syslog_shipper;
};

static void user_name(uid_t uid, char dst[NAME_MAX_BYTES])
{
    char buffer[PASSWD_BYTES];
    struct passwd entry;
    struct passwd *found = NULL;

    if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) != 0 || !found ||
        !text_copy(dst, NAME_MAX_BYTES, entry.pw_name))
        (void)text_format(dst, NAME_MAX_BYTES, "uid %u", (unsigned)uid);
    text_make_plain(dst);
}

/* SUDO_USER as sudo sets it, "" none. Who is the journal's owner could set it, too: it is a hint
 * for honest people, the user is the fact. */
static void sudo_name(char dst[NAME_MAX_BYTES])
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@";
    const char *name = secure_getenv("SUDO_USER");

    dst[0] = '\0';
    if (name && name[strspn(name, allowed)] == '\0')
        (void)text_copy(dst, NAME_MAX_BYTES, name);
}

static void fill_account(struct audit *audit)
{
    char user[NAME_MAX_BYTES], person[NAME_MAX_BYTES];

    user_name(geteuid(), user);
    sudo_name(person);
    if (*person && strcmp(person, user) != 0)
        (void)text_format(audit->account, sizeof(audit->account), "%s(%s)", person, user);
    else
        (void)text_copy(audit->account, sizeof(audit->account), user);
}

/* Group first: afterwards there is nobody who may. */
static enum status become(struct audit *audit, const struct stat *st, struct err *err)
{
    if (setegid(st->st_gid) != 0 || seteuid(st->st_uid) != 0) {
        const int why = errno;
        (void)!setegid(getgid());
        return RAISE(err, ST_UNAVAILABLE, "the journal's user cannot be taken on: %s",
                     strerrordesc_np(why));
    }
    audit->was_root = true;
    return ST_OK;
}

/* A file of root's in the folder would lock the service's user out. */
static enum status check_user(struct audit *audit, const struct audit_params *params,
                              struct err *err)
{
    const char *dir = params->conf->journal.dir;
    char owner[NAME_MAX_BYTES];
    struct stat st;

    if (stat(dir, &st) != 0)
        return RAISE(err, ST_UNAVAILABLE, "the journal's folder %s: %s", dir,
                     strerrordesc_np(errno));
    if (st.st_uid == geteuid())
        return ST_OK;
    if (params->root_may && geteuid() == 0)
        return become(audit, &st, err);
    user_name(st.st_uid, owner);
    return RAISE(err, ST_INPUT,
                 "what you do here goes on record, and the journal in %s is %s's: run it as "
                 "sudo -u %s shepctl …",
                 dir, owner, owner);
}

/* Another shepctl holds the lock for as long as it runs. */
static enum status open_in_turn(const struct audit_params *params, struct audit *audit,
                                struct err *err)
{
    static const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
    int64_t end = clock_monotonic_ms() + params->wait_ms;
    char dir[PATH_MAX_BYTES], instance[INSTANCE_MAX_BYTES];
    const struct open_journal what = { .dir = dir, .instance = instance, .clock = params->clock };

    if (!text_format(dir, sizeof(dir), "%s/ctl", params->conf->journal.dir) ||
        !text_format(instance, sizeof(instance), "%s.ctl", params->conf->instance.name))
        return RAISE(err, ST_INPUT, "[journal] dir or [instance] name is too long");
    for (;;) {
        enum status status = open_journal(params->conf, &what, &audit->journal, err);
        if (status != ST_CONFLICT || strcmp(err->code, "journalLocked") != 0)
            return status;
        if (clock_monotonic_ms() >= end)
            return RAISE(err, ST_UNAVAILABLE, "another shepctl is at work: %s is its own for now",
                         dir);
        (void)nanosleep(&pause, NULL);
    }
}

/* What is wrong with it is shepd's to say: the command goes on, and its lines wait in the journal.
 */
static enum status start_syslog(const struct conf *conf, struct audit *audit, struct err *err)
{
    char dir[PATH_MAX_BYTES];
    struct err ignored;

    (void)text_format(dir, sizeof(dir), "%s/ctl", conf->journal.dir); /* it fitted before */
    if (open_syslog(conf, dir, &audit->syslog, &ignored) != ST_OK || !audit->syslog)
        return ST_OK;
    const struct event_sink sink = syslog_sink(audit->syslog);
    return shipper_start(audit->journal, &sink, &audit->syslog_shipper, err);
}

enum status audit_open(const struct audit_params *params, struct audit **ret_audit, struct err *err)
{
    AUTO(audit_close) struct audit *audit = calloc(1, sizeof(*audit));

    if (!audit)
        return RAISE(err, ST_NOMEM, "audit: out of memory");
    audit->clock = params->clock;
    fill_account(audit);
    TRY(check_user(audit, params, err));
    TRY(open_in_turn(params, audit, err));
    if (params->store) {
        const struct event_sink sink = store_event_sink(params->store);
        TRY(shipper_start(audit->journal, &sink, &audit->shipper, err));
    }
    TRY(start_syslog(params->conf, audit, err));
    *ret_audit = TAKE(audit);
    return ST_OK;
}

static void stop_syslog(struct audit *audit)
{
    if (!audit->syslog)
        return;
    syslog_end(audit->syslog, SYSLOG_GRACE_MS);
    shipper_stop(audit->syslog_shipper, SYSLOG_GRACE_MS);
    syslog_close(audit->syslog);
}

void audit_close(struct audit *audit)
{
    if (!audit)
        return;
    shipper_stop(audit->shipper, SHIP_GRACE_MS);
    stop_syslog(audit);
    journal_close(audit->journal);
    if (audit->was_root)
        (void)!(seteuid(0) == 0 && setegid(getgid()) == 0);
    free(audit);
}

const char *audit_account(const struct audit *audit)
{
    return audit->account;
}

void audit_name(struct audit *audit, const char *name)
{
    char user[NAME_MAX_BYTES];

    user_name(geteuid(), user);
    (void)text_format(audit->account, sizeof(audit->account), "%s@%s", name, user);
}

struct journal *audit_journal(struct audit *audit)
{
    return audit->journal;
}

enum status audit_write(struct audit *audit, const struct event *event, struct err *err)
{
    struct event line = *event;

    line.account = audit->account;
    line.ip = "local";
    line.start_ms = line.end_ms = clock_now(audit->clock);
    return journal_write(audit->journal, &line, err);
}
