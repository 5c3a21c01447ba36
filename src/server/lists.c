/* One entry an issuer: its lists, where they come from, and when they are fetched again. Callers
 * read under a lock that is never held while the network is waited for. */
#include "server/lists.h"

#include "base/log.h"
#include "base/text.h"
#include "crypto/crl_file.h"
#include "crypto/crl_points.h"
#include "crypto/encode.h"
#include "server/diary.h"
#include "server/lists_fetch.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    PATH_BYTES = 1024,
    WAIT_MAX_MS = 60 * 1000,
    RETRY_FIRST_MS = 5 * 1000,
    RETRY_LAST_MS = 15 * 60 * 1000,
};

struct entry {
    struct cert *issuer;
    struct crl_urls urls[2]; /* enum crl_kind, of the certificate first seen */
    struct crl_index *index; /* NULL: none yet */
    int64_t due_ms;          /* Unix */
    int64_t pause_ms;        /* after the next failure */
    char why[240];           /* of the last failure */
    bool tried;              /* once at least, since we started */
    unsigned waiting;        /* for the first try: its turn comes before the others' */
};

/* What the configuration says; compared as memory. */
struct settings {
    struct crl_urls urls[2]; /* enum crl_kind */
    char dir[PATH_BYTES];    /* "": lists live in memory */
    char archive[PATH_BYTES];
    int64_t refresh_ms;
};

struct lists {
    struct journal *journal;
    const struct clock *clock;
    struct outward outward;
    uint8_t key[SHA256_BYTES];
    pthread_mutex_t lock;   /* guards all below; the thread alone writes settings and fetcher */
    pthread_cond_t changed; /* for the thread: there is something to do */
    pthread_cond_t fetched; /* for those who wait for a first try */
    struct settings settings;
    struct fetcher *fetcher;
    struct settings next_settings;
    struct fetcher *next_fetcher; /* not NULL: the thread is to go on with this one */
    struct entry *entries[LISTS_MAX];
    size_t count;
    bool ending;
    pthread_t thread;
    bool running;
};

/* ---- telling ---- */

static void tell(struct lists *lists, enum event_level level, const char *name, const char *text)
{
    const struct event event = { .level = level, .name = name, .text = text };

    (void)diary_note(lists->journal, lists->clock, &event);
}

static void tell_loaded(struct lists *lists, const struct crl_index *index, const char *from)
{
    const struct crl *base = crl_index_base(index);
    const struct crl *delta = crl_index_delta(index);
    char number[CRL_NUMBER_TEXT];
    char delta_number[CRL_NUMBER_TEXT] = "none";
    char until[TIME_TEXT];
    char text[1024];

    crl_number_text(&crl_facts(base)->number, number);
    if (delta)
        crl_number_text(&crl_facts(delta)->number, delta_number);
    time_utc_text(crl_facts(base)->next_update_ms, until);
    (void)text_format(text, sizeof(text), "%s: CRL no. %s, delta no. %s, until %s, from %s%s%s",
                      cert_signer(crl_issuer(base))->subject, number, delta_number, until, from,
                      *crl_index_note(index) ? "; " : "", crl_index_note(index));
    tell(lists, EVENT_INFO, "crl.loaded", text);
}

static void tell_refused(struct lists *lists, const struct cert *issuer, const char *why)
{
    char text[1024];

    (void)text_format(text, sizeof(text), "%s: %s", cert_signer(issuer)->subject, why);
    tell(lists, EVENT_WARNING, "crl.refused", text);
}

/* ---- disk ---- */

static bool path_of(const struct lists *lists, const struct cert *issuer, enum crl_kind kind,
                    char dst[PATH_BYTES])
{
    char hex[2 * SHA256_BYTES + 1];

    text_hex(slice_mem(cert_signer(issuer)->sha256, SHA256_BYTES), hex);
    return *lists->settings.dir && text_format(dst, PATH_BYTES, "%s/%s.%s", lists->settings.dir,
                                               hex, kind == CRL_KIND_BASE ? "base" : "delta");
}

/* What does not load is fetched again; that a file was spoilt is worth a line. */
static struct crl *load_one(struct lists *lists, const struct cert *issuer, enum crl_kind kind)
{
    struct crl *crl = NULL;
    char path[PATH_BYTES];
    struct err err;

    if (!path_of(lists, issuer, kind, path))
        return NULL;
    if (crl_load(path, slice_mem(lists->key, sizeof(lists->key)), issuer, &crl, &err) == ST_OK)
        return crl;
    if (err.status != ST_NOT_FOUND)
        tell_refused(lists, issuer, err.text);
    return NULL;
}

static struct crl_index *load(struct lists *lists, const struct cert *issuer)
{
    AUTO(crl_free) struct crl *base = load_one(lists, issuer, CRL_KIND_BASE);
    AUTO(crl_free) struct crl *delta = base ? load_one(lists, issuer, CRL_KIND_DELTA) : NULL;
    const struct crl_index_parts parts = { base, delta, NULL };
    struct crl_index *index = NULL;
    struct err err;

    if (!base || crl_index_new(&parts, &index, &err) != ST_OK)
        return NULL;
    tell_loaded(lists, index, "disk");
    return index;
}

static void save_one(struct lists *lists, const struct cert *issuer, enum crl_kind kind,
                     const struct crl *crl)
{
    char path[PATH_BYTES];
    struct err err;

    if (crl && path_of(lists, issuer, kind, path) &&
        crl_save(crl, path, slice_mem(lists->key, sizeof(lists->key)), &err) != ST_OK)
        log_err(LOG_LEVEL_WARNING, "crl.unsaved", &err);
}

/* ---- entries ---- */

static struct entry *find_entry(struct lists *lists, const struct cert *issuer)
{
    for (size_t i = 0; i < lists->count; i++)
        if (memcmp(cert_signer(lists->entries[i]->issuer)->sha256, cert_signer(issuer)->sha256,
                   SHA256_BYTES) == 0)
            return lists->entries[i];
    return NULL;
}

static void entry_free(struct entry *entry)
{
    if (!entry)
        return;
    cert_free(entry->issuer);
    crl_index_free(entry->index);
    free(entry);
}

/* When to fetch again: some time before the first of them ends. An authority that publishes late
 * is asked a few times more while the end draws near. */
static int64_t due_of(const struct lists *lists, const struct entry *entry, int64_t now_ms)
{
    const struct crl *delta = crl_index_delta(entry->index);
    int64_t end_ms = crl_facts(crl_index_base(entry->index))->next_update_ms;
    int64_t soonest_ms = now_ms + WAIT_MAX_MS;

    if (delta && crl_facts(delta)->next_update_ms < end_ms)
        end_ms = crl_facts(delta)->next_update_ms;
    int64_t due_ms = end_ms - lists->settings.refresh_ms;
    if (now_ms + (end_ms - now_ms) / 4 > due_ms)
        due_ms = now_ms + (end_ms - now_ms) / 4;
    if (!delta && entry->urls[CRL_KIND_DELTA].count > 0 && now_ms + RETRY_LAST_MS < due_ms)
        due_ms = now_ms + RETRY_LAST_MS;
    return due_ms > soonest_ms ? due_ms : soonest_ms;
}

static struct entry *make_entry(struct lists *lists, const struct cert *subject,
                                const struct cert *issuer)
{
    struct entry *entry = calloc(1, sizeof(*entry));
    struct err err;

    if (!entry)
        return NULL;
    entry->issuer = cert_ref(issuer);
    entry->pause_ms = RETRY_FIRST_MS;
    text_copy(entry->why, sizeof(entry->why), "not fetched yet");
    for (int kind = CRL_KIND_BASE; kind <= CRL_KIND_DELTA; kind++)
        if (cert_crl_urls(subject, (enum crl_kind)kind, &entry->urls[kind], &err) != ST_OK)
            tell_refused(lists, issuer, err.text);
    entry->index = load(lists, issuer);
    /* As if fetched a while ago: a list that has ended meanwhile is due at once. */
    if (entry->index)
        entry->due_ms = due_of(lists, entry, clock_now(lists->clock) - RETRY_LAST_MS);
    return entry;
}

void lists_see(struct lists *lists, const struct cert *subject, const struct cert *issuer)
{
    pthread_mutex_lock(&lists->lock);
    if (lists->count < LISTS_MAX && !find_entry(lists, issuer)) {
        struct entry *entry = make_entry(lists, subject, issuer);
        if (entry)
            lists->entries[lists->count++] = entry;
        pthread_cond_signal(&lists->changed);
    }
    pthread_mutex_unlock(&lists->lock);
}

static void wait_until(struct lists *lists, pthread_cond_t *cond, int64_t until_ms)
{
    const struct timespec until = { .tv_sec = until_ms / 1000,
                                    .tv_nsec = until_ms % 1000 * 1000000 };

    (void)pthread_cond_timedwait(cond, &lists->lock, &until);
}

/* The lists of an issuer that was never heard of take a moment. */
static void wait_for_first(struct lists *lists, struct entry *entry, int64_t deadline_ms)
{
    entry->waiting++;
    while (!entry->index && !entry->tried && !lists->ending && clock_monotonic_ms() < deadline_ms)
        wait_until(lists, &lists->fetched, deadline_ms);
    entry->waiting--;
}

size_t lists_look(struct lists *lists, struct list_look ret_looks[LISTS_MAX])
{
    size_t n = 0;

    pthread_mutex_lock(&lists->lock);
    for (size_t i = 0; i < lists->count; i++) {
        const struct entry *entry = lists->entries[i];
        const struct signer *issuer = cert_signer(entry->issuer);
        if (!entry->index)
            continue;
        const struct crl *delta = crl_index_delta(entry->index);
        const struct crl_facts *facts = crl_facts(delta ? delta : crl_index_base(entry->index));
        struct list_look *look = &ret_looks[n++];
        *look = (struct list_look){ .this_update_ms = facts->this_update_ms,
                                    .next_update_ms = facts->next_update_ms };
        text_copy(look->issuer, sizeof(look->issuer), issuer->common_name);
        memcpy(look->sha256, issuer->sha256, sizeof(look->sha256));
    }
    pthread_mutex_unlock(&lists->lock);
    return n;
}

enum status lists_find(struct lists *lists, const struct cert *subject, const struct cert *issuer,
                       int64_t deadline_ms, struct crl_index **ret_index, struct err *err)
{
    enum status found = ST_OK;

    lists_see(lists, subject, issuer);
    pthread_mutex_lock(&lists->lock);
    struct entry *entry = find_entry(lists, issuer);
    if (entry)
        wait_for_first(lists, entry, deadline_ms);
    if (entry && entry->index)
        *ret_index = crl_index_ref(entry->index);
    else
        found = RAISE(err, ST_NOT_FOUND, "no CRL of the certificate's issuer is here: %.200s",
                      entry ? entry->why : "too many issuers");
    pthread_mutex_unlock(&lists->lock);
    return found;
}

/* ---- the thread ---- */

/* The entry whose turn has come, first those that are waited for; else NULL and how long until the
 * next one's. */
static struct entry *next_due(struct lists *lists, int64_t *ret_wait_ms)
{
    int64_t now_ms = clock_now(lists->clock);
    struct entry *due = NULL;

    *ret_wait_ms = WAIT_MAX_MS;
    for (size_t i = 0; i < lists->count; i++) {
        struct entry *entry = lists->entries[i];
        int64_t wait_ms = entry->due_ms - now_ms;
        if (wait_ms <= 0 && (!due || entry->waiting > due->waiting))
            due = entry;
        if (wait_ms < *ret_wait_ms)
            *ret_wait_ms = wait_ms;
    }
    return due;
}

/* Saves and tells what is new against old (NULL: nothing was there). */
static void take_in(struct lists *lists, const struct cert *issuer, const struct crl_index *old,
                    const struct crl_index *fresh)
{
    const struct crl *base = old ? crl_index_base(old) : NULL;
    const struct crl *delta = old ? crl_index_delta(old) : NULL;

    if (crl_index_base(fresh) != base)
        save_one(lists, issuer, CRL_KIND_BASE, crl_index_base(fresh));
    if (crl_index_delta(fresh) != delta)
        save_one(lists, issuer, CRL_KIND_DELTA, crl_index_delta(fresh));
    if (crl_index_base(fresh) != base || crl_index_delta(fresh) != delta)
        tell_loaded(lists, fresh, "the network");
    if (*fetcher_note(lists->fetcher))
        tell_refused(lists, issuer, fetcher_note(lists->fetcher));
}

/* From now on questions are answered by it. ret_old is the caller's. */
static void keep_fresh(struct lists *lists, struct entry *entry, const struct crl_index *fresh,
                       struct crl_index **ret_old)
{
    *ret_old = entry->index;
    entry->index = crl_index_ref(fresh);
    entry->due_ms = due_of(lists, entry, clock_now(lists->clock));
    entry->pause_ms = RETRY_FIRST_MS;
}

static void note_failure(struct lists *lists, struct entry *entry, const struct err *err)
{
    text_copy(entry->why, sizeof(entry->why), err->text);
    entry->due_ms = clock_now(lists->clock) + entry->pause_ms;
    entry->pause_ms = entry->pause_ms * 2 < RETRY_LAST_MS ? entry->pause_ms * 2 : RETRY_LAST_MS;
}

/* Fetches without the lock: entries are never taken away while the thread runs, and what of them
 * it reads is its own or never changes. */
static void refresh(struct lists *lists, struct entry *entry)
{
    const struct fetch_order order = { entry->issuer, &entry->urls[CRL_KIND_BASE],
                                       &entry->urls[CRL_KIND_DELTA], entry->index,
                                       clock_now(lists->clock) + lists->settings.refresh_ms };
    AUTO(crl_index_free) struct crl_index *fresh = NULL;
    AUTO(crl_index_free) struct crl_index *old = NULL;
    struct err err = { 0 };

    pthread_mutex_unlock(&lists->lock);
    enum status done = fetcher_run(lists->fetcher, &order, &fresh, &err);
    pthread_mutex_lock(&lists->lock);
    bool broken_off = lists->ending || lists->next_fetcher; /* which is no news about the list */
    if (!broken_off && done == ST_OK)
        keep_fresh(lists, entry, fresh, &old);
    else if (!broken_off)
        note_failure(lists, entry, &err);
    entry->tried = entry->tried || !broken_off;
    pthread_cond_broadcast(&lists->fetched);
    pthread_mutex_unlock(&lists->lock);
    if (!broken_off && done == ST_OK)
        take_in(lists, entry->issuer, old, fresh);
    else if (!broken_off)
        tell_refused(lists, entry->issuer, err.text);
    pthread_mutex_lock(&lists->lock);
    (void)malloc_trim(0); /* what a list of 20 MB was read from */
}

/* Makes the folder when it is absent. */
static void use_dir(char dir[PATH_BYTES])
{
    if (!*dir || mkdir(dir, 0700) == 0 || errno == EEXIST)
        return;
    log_warning("crl.unsaved", "dir=%s errno=%d", dir, errno);
    dir[0] = '\0';
}

/* Goes on with the new settings: whatever is held is fetched anew by them. */
static void adopt_settings(struct lists *lists)
{
    fetcher_free(lists->fetcher);
    lists->fetcher = TAKE(lists->next_fetcher);
    lists->settings = lists->next_settings;
    use_dir(lists->settings.dir);
    for (size_t i = 0; i < lists->count; i++) {
        lists->entries[i]->due_ms = 0;
        lists->entries[i]->pause_ms = RETRY_FIRST_MS;
    }
}

static void *run(void *arg)
{
    struct lists *lists = arg;
    int64_t wait_ms;

    pthread_mutex_lock(&lists->lock);
    while (!lists->ending) {
        if (lists->next_fetcher)
            adopt_settings(lists);
        struct entry *entry = next_due(lists, &wait_ms);
        if (entry)
            refresh(lists, entry);
        else
            wait_until(lists, &lists->changed, clock_monotonic_ms() + wait_ms);
    }
    pthread_mutex_unlock(&lists->lock);
    return NULL;
}

/* ---- settings ---- */

static enum status copy_urls(const char *const *list, const char *key, struct crl_urls *ret,
                             struct err *err)
{
    for (; *list; list++) {
        if (ret->count == CRL_URLS_MAX)
            return RAISE(err, ST_INPUT, "[trust] %s: more than %d addresses", key, CRL_URLS_MAX);
        if (!text_copy(ret->at[ret->count], CRL_URL_BYTES, *list))
            return RAISE(err, ST_INPUT, "[trust] %s: an address over %d bytes", key,
                         CRL_URL_BYTES - 1);
        ret->count++;
    }
    return ST_OK;
}

/* ret: zeroed. */
static enum status read_settings(const struct conf_trust *conf, struct settings *ret,
                                 struct err *err)
{
    TRY(copy_urls(conf->crl_url, "crl_url", &ret->urls[CRL_KIND_BASE], err));
    TRY(copy_urls(conf->crl_delta_url, "crl_delta_url", &ret->urls[CRL_KIND_DELTA], err));
    if (!text_copy(ret->dir, sizeof(ret->dir), conf->crl_dir))
        return RAISE(err, ST_INPUT, "[trust] crl_dir: over %d bytes", PATH_BYTES - 1);
    if (!text_copy(ret->archive, sizeof(ret->archive), conf->crl_archive_dir))
        return RAISE(err, ST_INPUT, "[trust] crl_archive_dir: over %d bytes", PATH_BYTES - 1);
    ret->refresh_ms = conf->crl_refresh_ms;
    return ST_OK;
}

static bool same_settings(const struct settings *a, const struct settings *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

enum status lists_configure(struct lists *lists, const struct conf_trust *conf, struct err *err)
{
    AUTO(fetcher_free) struct fetcher *fetcher = NULL;
    AUTO_FREE struct settings *settings = calloc(1, sizeof(*settings));

    if (!settings)
        return RAISE(err, ST_NOMEM, "revocation lists: out of memory");
    TRY(read_settings(conf, settings, err));
    TRY(fetcher_new(settings->urls, settings->archive, &lists->outward, &fetcher, err));
    pthread_mutex_lock(&lists->lock);
    if (!same_settings(settings, &lists->next_settings)) {
        struct fetcher *unused = lists->next_fetcher;
        lists->next_settings = *settings;
        lists->next_fetcher = TAKE(fetcher);
        fetcher = unused;
        fetcher_cancel(lists->fetcher);
        pthread_cond_signal(&lists->changed);
    }
    pthread_mutex_unlock(&lists->lock);
    return ST_OK;
}

/* ---- life ---- */

static void init_locks(struct lists *lists)
{
    pthread_condattr_t monotonic;

    (void)pthread_mutex_init(&lists->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&lists->changed, &monotonic);
    (void)pthread_cond_init(&lists->fetched, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

enum status lists_start(const struct lists_params *params, struct lists **ret_lists,
                        struct err *err)
{
    AUTO(lists_stop) struct lists *lists = calloc(1, sizeof(*lists));

    if (!lists)
        return RAISE(err, ST_NOMEM, "revocation lists: out of memory");
    init_locks(lists);
    lists->journal = params->journal;
    lists->clock = params->clock;
    lists->outward = (struct outward){ params->journal, params->clock, params->calls };
    hmac_sha256(params->secret, SLICE("shepd: files of revocation lists"), lists->key);
    TRY(read_settings(params->conf, &lists->next_settings, err));
    lists->settings = lists->next_settings;
    use_dir(lists->settings.dir);
    TRY(fetcher_new(lists->settings.urls, lists->settings.archive, &lists->outward, &lists->fetcher,
                    err));
    if (pthread_create(&lists->thread, NULL, run, lists) != 0)
        return RAISE(err, ST_NOMEM, "revocation lists: their thread cannot be started");
    lists->running = true;
    *ret_lists = TAKE(lists);
    return ST_OK;
}

void lists_stop(struct lists *lists)
{
    if (!lists)
        return;
    if (lists->running) {
        pthread_mutex_lock(&lists->lock);
        lists->ending = true;
        fetcher_cancel(lists->fetcher);
        pthread_cond_signal(&lists->changed);
        pthread_mutex_unlock(&lists->lock);
        (void)pthread_join(lists->thread, NULL);
    }
    for (size_t i = 0; i < lists->count; i++)
        entry_free(lists->entries[i]);
    fetcher_free(lists->fetcher);
    fetcher_free(lists->next_fetcher);
    explicit_bzero(lists->key, sizeof(lists->key));
    (void)pthread_cond_destroy(&lists->changed);
    (void)pthread_cond_destroy(&lists->fetched);
    (void)pthread_mutex_destroy(&lists->lock);
    free(lists);
}
