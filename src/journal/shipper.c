/* Feeds one sink from the journal's files: the sink knows how far it is, so nothing is kept here,
 * and what was put twice it ignores. */
#include "journal/files.h"
#include "journal/journal.h"
#include "journal/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BATCH_ROWS = 5000,
    BATCH_BYTES = 4 * 1024 * 1024,                     /* of lines */
    ARENA_BYTES = 3 * BATCH_BYTES + BATCH_ROWS * 4096, /* lines, their texts, alignment */
    PAUSE_MIN_MS = 50,
    PAUSE_MAX_MS = 5000,
    LOOK_MS = 1000, /* between two looks at an idle sink */
};

struct shipper {
    struct tail tail;
    struct event_sink sink;
    pthread_t thread;
    uint64_t begun; /* the last seq when it was started */

    pthread_mutex_t lock;
    uint64_t shipped;    /* the last seq the sink is known to hold */
    int64_t end_ms;      /* monotonic; once the tail is ending: the grace's end */
    struct err last_err; /* ST_OK: the last try was good */

    /* the thread's alone */
    uint64_t next; /* seq that the sink wants, 0: it must be asked */
    int64_t pause_ms;
    struct reader reader; /* reader.fd -1: next's file must be found */
};

struct batch {
    struct event_row rows[BATCH_ROWS];
    size_t count;
    size_t bytes;
    struct arena *arena;
};

static void batch_free(struct batch *batch)
{
    arena_free(batch->arena);
    free(batch);
}
DEFINE_AUTO(struct batch, batch_free)

/* ---- reading on ---- */

static void close_file(struct shipper *shipper)
{
    if (shipper->reader.fd >= 0)
        (void)close(shipper->reader.fd);
    shipper->reader.fd = -1;
}

static enum status gone(uint64_t seq, struct err *err)
{
    return RAISE(err, ST_NOT_FOUND, "the journal's line %llu is in none of its files",
                 (unsigned long long)seq);
}

/* The file that holds shipper->next, read up to it. */
static enum status find_file(struct shipper *shipper, struct err *err)
{
    AUTO(files_free) struct journal_files *files = NULL;
    const struct journal_file *file = NULL;
    int dir_fd = tail_dir(shipper->tail.journal);

    TRY(files_list(dir_fd, &files, err));
    for (size_t i = 0; i < files->count && files->at[i].first <= shipper->next; i++)
        file = &files->at[i];
    if (!file)
        return gone(shipper->next, err);
    shipper->reader.fd = openat(dir_fd, file->name, O_RDONLY | O_CLOEXEC);
    if (shipper->reader.fd < 0)
        return RAISE(err, ST_UNAVAILABLE, "journal file %s: %s", file->name,
                     strerrordesc_np(errno));
    reader_seek(&shipper->reader, 0);
    for (uint64_t seq = file->first; seq < shipper->next; seq++) {
        enum reading what;
        struct slice line;

        TRY(reader_next(&shipper->reader, &what, &line, err));
        if (what != READ_LINE)
            return gone(shipper->next, err);
    }
    return ST_OK;
}

static enum status seek_line(struct shipper *shipper, struct slice *ret_line, struct err *err)
{
    for (int files = 0; files < 2; files++) {
        enum reading what = READ_END;

        if (shipper->reader.fd < 0)
            TRY(find_file(shipper, err));
        TRY(reader_next(&shipper->reader, &what, ret_line, err));
        if (what == READ_LINE)
            return ST_OK;
        if (what == READ_TOO_LONG)
            break;
        close_file(shipper); /* it goes on in the next file */
    }
    return gone(shipper->next, err);
}

/* Nothing holds shipper->next: it goes on with the file that follows. */
static enum status pass_over(struct shipper *shipper, struct err *err)
{
    AUTO(files_free) struct journal_files *files = NULL;
    const struct event_sink *sink = &shipper->sink;
    size_t i = 0;

    close_file(shipper);
    TRY(files_list(tail_dir(shipper->tail.journal), &files, err));
    while (i < files->count && files->at[i].first <= shipper->next)
        i++;
    if (i == files->count)
        return gone(shipper->next, err);
    sink->gone(sink->ctx, shipper->next, files->at[i].first - 1);
    shipper->next = files->at[i].first;
    return ST_OK;
}

/* The line of shipper->next, which is on disk; *ret_line lasts until the next call. When it is
 * there no more, and the sink bears that, next moves on to one that is. */
static enum status next_line(struct shipper *shipper, struct slice *ret_line, struct err *err)
{
    enum status status = seek_line(shipper, ret_line, err);

    if (status != ST_NOT_FOUND || !shipper->sink.gone)
        return status;
    TRY(pass_over(shipper, err));
    return seek_line(shipper, ret_line, err);
}

static enum status add_row(struct shipper *shipper, struct batch *batch, struct slice line,
                           struct err *err)
{
    struct line parsed;
    const char *copy = arena_text(batch->arena, line);

    if (!copy)
        return RAISE(err, ST_NOMEM, "journal's shipper: out of memory");
    TRY(line_parse(slice_mem(copy, line.len), batch->arena, &parsed, err));
    if (parsed.row.seq != shipper->next)
        return RAISE(err, ST_FORMAT, "the journal's line %llu stands where %llu should",
                     (unsigned long long)parsed.row.seq, (unsigned long long)shipper->next);
    batch->rows[batch->count++] = parsed.row;
    batch->bytes += line.len;
    shipper->next++;
    return ST_OK;
}

static enum status ship_batch(struct shipper *shipper, uint64_t last, struct err *err)
{
    AUTO(batch_free) struct batch *batch = calloc(1, sizeof(*batch));

    if (!batch || !(batch->arena = arena_new(ARENA_BYTES)))
        return RAISE(err, ST_NOMEM, "journal's shipper: out of memory");
    while (shipper->next <= last && batch->count < BATCH_ROWS &&
           batch->bytes + LINE_MAX_BYTES <= BATCH_BYTES) {
        struct slice line;
        enum status status = next_line(shipper, &line, err);

        if (status == ST_OK)
            status = add_row(shipper, batch, line, err);
        if (status != ST_OK && batch->count == 0)
            return status;
        if (status != ST_OK)
            break; /* the good lines first; the bad one shows again in front */
    }
    /* what was read ahead may be a write that the journal takes back */
    reader_seek(&shipper->reader, shipper->reader.offset);
    return shipper->sink.put(shipper->sink.ctx, batch->rows, batch->count, err);
}

static enum status ask_position(struct shipper *shipper, struct err *err)
{
    uint64_t held = 0;
    uint64_t last = journal_stats(shipper->tail.journal).seq;

    TRY(shipper->sink.position(shipper->sink.ctx, tail_instance(shipper->tail.journal), &held,
                               err));
    if (held == EVENT_SEQ_NOW)
        held = shipper->begun;
    if (held > last)
        return RAISE(err, ST_CONFLICT,
                     "the sink holds line %llu, the journal ends with %llu: its folder was lost or "
                     "replaced; give the instance a new name",
                     (unsigned long long)held, (unsigned long long)last);
    close_file(shipper);
    shipper->next = held + 1;
    return ST_OK;
}

/* ---- the thread ---- */

/* A failure is over when the sink has taken lines, or there are none for it: one that answers and
 * then takes nothing goes on failing. */
static void note(struct shipper *shipper, enum status status, bool took, const struct err *err)
{
    (void)pthread_mutex_lock(&shipper->lock);
    if (status == ST_OK)
        shipper->shipped = shipper->next - 1;
    if (status != ST_OK)
        shipper->last_err = *err;
    else if (took)
        shipper->last_err.status = ST_OK;
    (void)pthread_mutex_unlock(&shipper->lock);
}

/* One step: asks the position, or waits for lines and ships some. */
static enum status step(struct shipper *shipper, bool *ret_took, struct err *err)
{
    const struct event_sink *sink = &shipper->sink;

    if (shipper->next == 0) {
        TRY(ask_position(shipper, err));
        *ret_took = shipper->next > journal_stats(shipper->tail.journal).seq;
        return ST_OK;
    }
    *ret_took = true;
    uint64_t last = tail_await(&shipper->tail, shipper->next - 1, sink->look ? LOOK_MS : -1);
    if (last >= shipper->next)
        return ship_batch(shipper, last, err);
    return sink->look && !tail_ending(&shipper->tail) ? sink->look(sink->ctx, err) : ST_OK;
}

static bool is_over(struct shipper *shipper)
{
    if (!tail_ending(&shipper->tail))
        return false;
    (void)pthread_mutex_lock(&shipper->lock);
    bool late = clock_monotonic_ms() >= shipper->end_ms;
    (void)pthread_mutex_unlock(&shipper->lock);
    return late || shipper->next == journal_stats(shipper->tail.journal).seq + 1;
}

static void *run(void *arg)
{
    struct shipper *shipper = arg;
    sigset_t all;

    /* signals are for other threads; SIGPIPE of a receiver that went is for nobody */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, NULL);
    while (!is_over(shipper)) {
        struct err err = { .status = ST_OK };
        bool took = false;
        enum status status = step(shipper, &took, &err);

        note(shipper, status, took, &err);
        if (status == ST_OK) {
            shipper->pause_ms = PAUSE_MIN_MS;
            continue;
        }
        close_file(shipper);
        shipper->next = 0; /* what the sink has now, only it knows */
        tail_pause(&shipper->tail, shipper->pause_ms);
        shipper->pause_ms *= 2;
        if (shipper->pause_ms > PAUSE_MAX_MS)
            shipper->pause_ms = PAUSE_MAX_MS;
        if (tail_ending(&shipper->tail))
            shipper->pause_ms = PAUSE_MIN_MS;
    }
    return NULL;
}

enum status shipper_start(struct journal *journal, const struct event_sink *sink,
                          struct shipper **ret_shipper, struct err *err)
{
    struct shipper *shipper = calloc(1, sizeof(*shipper));

    if (!shipper)
        return RAISE(err, ST_NOMEM, "journal's shipper: out of memory");
    shipper->tail.journal = journal;
    shipper->sink = *sink;
    shipper->begun = journal_stats(journal).seq;
    shipper->pause_ms = PAUSE_MIN_MS;
    shipper->reader.fd = -1;
    (void)pthread_mutex_init(&shipper->lock, NULL);
    if (pthread_create(&shipper->thread, NULL, run, shipper) != 0) {
        (void)pthread_mutex_destroy(&shipper->lock);
        free(shipper);
        return RAISE(err, ST_UNAVAILABLE, "journal's shipper: no thread");
    }
    *ret_shipper = shipper;
    return ST_OK;
}

uint64_t shipper_lag(const struct shipper *shipper)
{
    struct shipper *mine = (struct shipper *)shipper; /* its lock is no part of its value */
    uint64_t last = journal_stats(mine->tail.journal).seq;

    (void)pthread_mutex_lock(&mine->lock);
    uint64_t lag = last > mine->shipped ? last - mine->shipped : 0;
    (void)pthread_mutex_unlock(&mine->lock);
    return lag;
}

bool shipper_failing(const struct shipper *shipper, struct err *ret_err)
{
    struct shipper *mine = (struct shipper *)shipper;

    (void)pthread_mutex_lock(&mine->lock);
    bool failing = mine->last_err.status != ST_OK;
    if (failing)
        *ret_err = mine->last_err;
    (void)pthread_mutex_unlock(&mine->lock);
    return failing;
}

void shipper_stop(struct shipper *shipper, int64_t grace_ms)
{
    if (!shipper)
        return;
    (void)pthread_mutex_lock(&shipper->lock);
    shipper->end_ms = clock_monotonic_ms() + grace_ms;
    (void)pthread_mutex_unlock(&shipper->lock);
    tail_end(&shipper->tail);
    (void)pthread_join(shipper->thread, NULL);
    close_file(shipper);
    (void)pthread_mutex_destroy(&shipper->lock);
    free(shipper);
}
