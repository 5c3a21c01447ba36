#include "journal/journal.h"

#include "base/text.h"
#include "journal/tail.h"
#include "journal/writer.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    INSTANCE_BYTES = 64,
    KEY_MIN_BYTES = 16,
    KEY_MAX_BYTES = 256,
    NOTES = 2, /* lines of our own that may lead a batch */
};

struct journal {
    char instance[INSTANCE_BYTES + 1];
    uint8_t key[KEY_MAX_BYTES];
    size_t key_bytes;
    const struct clock *clock;
    void (*wrote)(void *ctx, const struct event *event);
    void *ctx;

    pthread_mutex_t lock;
    pthread_cond_t changed; /* lines are done, a leader stepped down, a tail is to end */
    bool leading;           /* a thread is writing for all that wait */
    struct pending *first;
    struct pending **last; /* where the next one is hung */
    struct journal_stats stats;

    /* the leader's alone */
    struct writer writer;
    uint64_t unsaid; /* refused lines that no line has told of yet */
};

/* ---- notes: what the journal says about itself, in front of the next batch ---- */

struct note {
    struct pending line;
    struct bytes *body;
};

static enum status make_note(const struct journal *journal, struct event event, struct note *note,
                             struct err *err)
{
    int64_t now = clock_now(journal->clock);
    struct line_head head = {
        .id = id_new(now), .at_ms = now, .instance = journal->instance, .pseudonym = ""
    };

    TRY(line_body(&head, &event, &note->body, err));
    note->line =
        (struct pending){ .body = bytes_slice(note->body), .at_ms = now, .status = ST_UNAVAILABLE };
    return ST_OK;
}

static enum status note_torn(const struct journal *journal, struct note *note, struct err *err)
{
    char text[160];

    (void)text_format(text, sizeof(text), "%llu bytes of a torn last line were cut off %s",
                      (unsigned long long)journal->writer.torn_bytes, journal->writer.file);
    return make_note(
        journal,
        (struct event){
            .level = EVENT_WARNING, .name = "journal.recovered", .account = "-", .text = text },
        note, err);
}

static enum status note_refused(const struct journal *journal, struct note *note, struct err *err)
{
    char text[160];

    (void)text_format(text, sizeof(text), "%llu lines were refused: the disk could not take them",
                      (unsigned long long)journal->unsaid);
    return make_note(
        journal,
        (struct event){
            .level = EVENT_ALERT, .name = "journal.refused", .account = "-", .text = text },
        note, err);
}

/* Writes the batch behind the notes that are due. */
static enum status write_noted(struct journal *journal, struct pending *batch, struct err *err)
{
    struct note torn = { .body = NULL };
    struct note refused = { .body = NULL };
    enum status status = ST_OK;

    if (journal->unsaid > 0) {
        status = note_refused(journal, &refused, err);
        refused.line.next = batch;
        batch = &refused.line;
    }
    if (status == ST_OK && journal->writer.torn_bytes > 0) {
        status = note_torn(journal, &torn, err);
        torn.line.next = batch;
        batch = &torn.line;
    }
    if (status == ST_OK)
        status = writer_write(&journal->writer, batch, err);
    if (refused.body && refused.line.status == ST_OK)
        journal->unsaid = 0;
    if (torn.body && torn.line.status == ST_OK)
        journal->writer.torn_bytes = 0;
    bytes_free(refused.body);
    bytes_free(torn.body);
    return status;
}

/* ---- one fsync for all that wait ---- */

static struct pending *take_batch(struct journal *journal)
{
    struct pending *batch = journal->first;
    struct pending **end = &journal->first;

    for (size_t n = 0; *end && n < WRITER_LINES - NOTES; n++)
        end = &(*end)->next;
    journal->first = *end;
    *end = NULL;
    if (!journal->first)
        journal->last = &journal->first;
    return batch;
}

/* Under the lock again: tells each waiter what became of its line. */
static void settle(struct journal *journal, struct pending *batch, const struct err *cause)
{
    while (batch) {
        struct pending *next = batch->next; /* its thread may go on as soon as it is done */

        if (batch->status != ST_OK) {
            journal->unsaid++;
            journal->stats.refused++;
            *batch->err = *cause;
            batch->status = cause->status;
        }
        batch->done = true;
        batch = next;
    }
    journal->stats.unsaid = journal->unsaid;
    journal->stats.lines = journal->writer.lines;
    journal->stats.syncs = journal->writer.syncs;
    journal->stats.seq = journal->writer.chain.seq;
    (void)pthread_cond_broadcast(&journal->changed);
}

/* Under the lock, which is let go while the disk works. */
static void lead(struct journal *journal)
{
    struct pending *batch = take_batch(journal);
    struct err cause = { .status = ST_OK };

    journal->leading = true;
    (void)pthread_mutex_unlock(&journal->lock);
    for (struct pending *line = batch; line; line = line->next)
        line->status = ST_UNAVAILABLE;
    (void)!write_noted(journal, batch, &cause); /* each line has its own status */
    (void)pthread_mutex_lock(&journal->lock);
    journal->leading = false;
    settle(journal, batch, &cause);
}

static enum status write_body(struct journal *journal, struct slice body, int64_t at_ms,
                              struct err *err)
{
    struct pending line = { .body = body, .at_ms = at_ms, .err = err };

    (void)pthread_mutex_lock(&journal->lock);
    *journal->last = &line;
    journal->last = &line.next;
    while (!line.done) {
        if (!journal->leading)
            lead(journal);
        else
            (void)pthread_cond_wait(&journal->changed, &journal->lock);
    }
    (void)pthread_mutex_unlock(&journal->lock);
    return line.status;
}

enum status journal_recover(struct journal *journal, struct err *err)
{
    enum status status = ST_OK;

    (void)pthread_mutex_lock(&journal->lock);
    while (journal->leading)
        (void)pthread_cond_wait(&journal->changed, &journal->lock);
    if (journal->unsaid > 0)
        lead(journal);
    if (journal->unsaid > 0)
        status = RAISE(err, ST_UNAVAILABLE, "the journal's disk refuses: %llu lines so far",
                       (unsigned long long)journal->unsaid);
    (void)pthread_mutex_unlock(&journal->lock);
    return status;
}

/* ---- pseudonyms (C-27) ---- */

static void pseudonym(const struct journal *journal, struct slice iin, char ret[LINE_PSEUDONYM])
{
    uint8_t mac[32] = { 0 };
    size_t length = 0;

    /* fails only without memory: then the text of zeros stands there, never the IIN */
    (void)EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, journal->key, journal->key_bytes,
                    slice_u8(iin), iin.len, mac, sizeof(mac), &length);
    text_hex(slice_mem(mac, (LINE_PSEUDONYM - 1) / 2), ret);
}

void journal_pseudonym(const struct journal *journal, const char *iin, char ret[17])
{
    pseudonym(journal, slice_str(iin), ret);
}

/* Twelve digits that are a date of birth, century and number; a BIN has 4, 5 or 6 as its fifth
 * digit and is no personal datum. */
static bool is_iin(struct slice digits)
{
    if (!text_is_digits(digits, 12))
        return false;
    int month = (digits.at[2] - '0') * 10 + digits.at[3] - '0';
    int day = (digits.at[4] - '0') * 10 + digits.at[5] - '0';
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Length of the word at the front: letters and digits, but digits after `IIN` are a word. */
static size_t word_at(struct slice s)
{
    size_t n = 0;

    while (n < s.len && is_alnum(s.at[n])) {
        n++;
        if (n == 3 && slice_starts(s, SLICE("IIN")))
            return n;
    }
    return n;
}

/* The text with every IIN in it replaced: texts should hold none, a foreign error text may. */
static struct bytes *redact(const struct journal *journal, const char *text)
{
    struct slice rest = slice_str(text);
    AUTO(bytes_free) struct bytes *out = bytes_new(2 * rest.len + LINE_PSEUDONYM);
    char hex[LINE_PSEUDONYM];

    while (out && rest.len > 0) {
        size_t n = word_at(rest);
        struct slice piece = { rest.at, n ? n : 1 };

        rest = slice_skip(rest, piece.len);
        if (is_iin(piece)) {
            pseudonym(journal, piece, hex);
            piece = slice_str(hex);
        }
        bytes_add(out, piece);
    }
    return TAKE(out);
}

enum status journal_write(struct journal *journal, const struct event *event, struct err *err)
{
    int64_t now = clock_now(journal->clock);
    char hex[LINE_PSEUDONYM] = "";
    struct line_head head = {
        .id = id_new(now), .at_ms = now, .instance = journal->instance, .pseudonym = hex
    };
    AUTO(bytes_free) struct bytes *text = redact(journal, event->text);
    AUTO(bytes_free) struct bytes *body = NULL;
    struct event clean = *event;

    TRY(bytes_check(text, "journal line", err));
    if (event->iin && event->iin[0])
        pseudonym(journal, slice_str(event->iin), hex);
    clean.text = text->at;
    TRY(line_body(&head, &clean, &body, err));
    TRY(write_body(journal, bytes_slice(body), now, err));
    if (journal->wrote)
        journal->wrote(journal->ctx, event);
    return ST_OK;
}

struct journal_stats journal_stats(struct journal *journal)
{
    (void)pthread_mutex_lock(&journal->lock);
    struct journal_stats stats = journal->stats;
    (void)pthread_mutex_unlock(&journal->lock);
    return stats;
}

/* ---- for the shippers ---- */

int tail_dir(const struct journal *journal)
{
    return journal->writer.dir_fd;
}

struct slice tail_instance(const struct journal *journal)
{
    return slice_str(journal->instance);
}

static struct timespec in_ms(int64_t ms)
{
    int64_t at = clock_monotonic_ms() + ms;

    return (struct timespec){ .tv_sec = (time_t)(at / 1000), .tv_nsec = (at % 1000) * 1000000 };
}

uint64_t tail_await(struct tail *tail, uint64_t seq, int64_t ms)
{
    struct journal *journal = tail->journal;
    const struct timespec end = in_ms(ms);
    int waited = 0;

    (void)pthread_mutex_lock(&journal->lock);
    while (waited == 0 && journal->stats.seq <= seq && !tail->ending)
        waited = ms < 0 ? pthread_cond_wait(&journal->changed, &journal->lock)
                        : pthread_cond_timedwait(&journal->changed, &journal->lock, &end);
    uint64_t last = journal->stats.seq;
    (void)pthread_mutex_unlock(&journal->lock);
    return last;
}

void tail_pause(struct tail *tail, int64_t ms)
{
    const struct timespec end = in_ms(ms);
    struct journal *journal = tail->journal;
    int waited = 0;

    (void)pthread_mutex_lock(&journal->lock);
    bool was = tail->ending;
    while (waited == 0 && tail->ending == was)
        waited = pthread_cond_timedwait(&journal->changed, &journal->lock, &end);
    (void)pthread_mutex_unlock(&journal->lock);
}

bool tail_ending(struct tail *tail)
{
    (void)pthread_mutex_lock(&tail->journal->lock);
    bool ending = tail->ending;
    (void)pthread_mutex_unlock(&tail->journal->lock);
    return ending;
}

void tail_end(struct tail *tail)
{
    (void)pthread_mutex_lock(&tail->journal->lock);
    tail->ending = true;
    (void)pthread_cond_broadcast(&tail->journal->changed);
    (void)pthread_mutex_unlock(&tail->journal->lock);
}

/* ---- birth and death ---- */

static bool is_instance(struct slice name)
{
    static const char also[] = "._-";

    for (size_t i = 0; i < name.len; i++)
        if (!is_alnum(name.at[i]) && !memchr(also, name.at[i], sizeof(also) - 1))
            return false;
    return name.len >= 1 && name.len <= INSTANCE_BYTES;
}

static enum status check_params(const struct journal_params *params, struct err *err)
{
    size_t key = params->pseudonym_key.len;

    if (!is_instance(slice_str(params->instance)))
        return RAISE_CAUSE(err, ST_INPUT, "notAName", "instance.name", "1..64 characters",
                           "the instance's name is made of 1 to 64 of A-Z a-z 0-9 . _ -");
    if (key < KEY_MIN_BYTES || key > KEY_MAX_BYTES)
        return RAISE_CAUSE(err, ST_INPUT, "outOfRange", "journal.pseudonym_key", "16..256 bytes",
                           "the pseudonym key has %zu bytes", key);
    if (params->max_file_bytes < WRITER_FILE_MIN_BYTES)
        return RAISE_CAUSE(err, ST_INPUT, "outOfRange", "journal.max_file_bytes", ">= 65536 bytes",
                           "a journal file of %zu bytes is too small", params->max_file_bytes);
    return ST_OK;
}

static void init_waiting(struct journal *journal)
{
    pthread_condattr_t attr;

    journal->last = &journal->first;
    (void)pthread_mutex_init(&journal->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&journal->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
}

enum status journal_open(const struct journal_params *params, struct journal **ret_journal,
                         struct err *err)
{
    struct err ignored;

    TRY(check_params(params, err));
    AUTO(journal_close) struct journal *journal = calloc(1, sizeof(*journal));
    if (!journal)
        return RAISE(err, ST_NOMEM, "journal: out of memory");
    init_waiting(journal);
    (void)text_copy(journal->instance, sizeof(journal->instance), params->instance);
    memcpy(journal->key, params->pseudonym_key.at, params->pseudonym_key.len);
    journal->key_bytes = params->pseudonym_key.len;
    journal->clock = params->clock;
    journal->wrote = params->wrote;
    journal->ctx = params->ctx;
    journal->writer.clock = params->clock;
    journal->writer.max_file_bytes = params->max_file_bytes;
    TRY(writer_open(&journal->writer, params->dir, journal->instance, err));
    if (journal->writer.torn_bytes > 0) /* a full disk: it is said in front of the first line */
        (void)!write_noted(journal, NULL, &ignored);
    settle(journal, NULL, &ignored);
    *ret_journal = TAKE(journal);
    return ST_OK;
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    writer_close(&journal->writer);
    (void)pthread_cond_destroy(&journal->changed);
    (void)pthread_mutex_destroy(&journal->lock);
    explicit_bzero(journal->key, sizeof(journal->key));
    free(journal);
}
