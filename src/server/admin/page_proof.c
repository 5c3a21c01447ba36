/* What the journal's proof stands on, for both roles: files and seals of this instance, what came
 * of the last proof (server/journal_proof.h), and what the journal says of itself on all (req
 * 0.53). */
#include "base/text.h"
#include "server/admin/pages.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { COUNT_MS = 3000, FILES_SHOWN = 200, FILES_MAX = 10000, NAME = 64 };

struct file {
    char name[NAME];
    int64_t bytes, changed_ms;
    bool sealed;
};

static bool is_journal(const char *name)
{
    const size_t length = strlen(name);

    return strncmp(name, "journal-", 8) == 0 && length > 12 && length < NAME &&
           strcmp(name + length - 4, ".log") == 0;
}

/* The newest first: names carry the day, then the first number, of as many digits as it has. */
static int by_name(const void *a, const void *b)
{
    const struct file *x = a, *y = b;
    const int day = strncmp(x->name, y->name, 16);

    if (day != 0)
        return -day;
    const size_t i = strlen(x->name), j = strlen(y->name);
    return i != j ? (i < j ? 1 : -1) : -strcmp(x->name, y->name);
}

static void look_at(int fd, const char *name, struct file *file)
{
    char seal[NAME + 8];
    struct stat st;

    (void)text_copy(file->name, sizeof(file->name), name);
    if (fstatat(fd, name, &st, 0) == 0) {
        file->bytes = st.st_size;
        file->changed_ms = (int64_t)st.st_mtim.tv_sec * 1000;
    }
    (void)text_format(seal, sizeof(seal), "%s.sig", name);
    file->sealed = fstatat(fd, seal, &st, 0) == 0;
}

static enum status list_files(const char *path, struct file *files, size_t *ret_count,
                              struct err *err)
{
    DIR *dir = opendir(path);
    size_t count = 0;

    if (!dir)
        return RAISE(err, ST_UNAVAILABLE, "%s: %s", path, strerrordesc_np(errno));
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own; glibc's readdir() is safe so */
    for (const struct dirent *entry; count < FILES_MAX && (entry = readdir(dir));)
        if (is_journal(entry->d_name))
            look_at(dirfd(dir), entry->d_name, &files[count++]);
    (void)closedir(dir);
    qsort(files, count, sizeof(*files), by_name);
    *ret_count = count;
    return ST_OK;
}

static void add_files(struct html *h, const struct file *files, size_t count)
{
    static const char *const heads[] = { "c_file", "#c_bytes", "c_changed", "c_seal", NULL };

    html_add(h, "<h2>%s</h2>\n", html_word(h, "own_files"));
    html_table(h, "own_files", heads);
    for (size_t i = 0; i < count && i < FILES_SHOWN; i++) {
        const bool open = i == 0;
        html_add(h, "<tr class=\"%s\">", open || files[i].sealed ? "" : "error");
        html_cell(h, "c_file", "mono", files[i].name);
        html_cell(h, "c_bytes", "number", html_text(h, "%lld", (long long)files[i].bytes));
        html_cell(h, "c_changed", "time", html_time(h, files[i].changed_ms));
        html_add(
            h, "<td data-label=\"%s\"><span><span class=\"badge %s\">%s</span></span></td></tr>\n",
            html_word(h, "c_seal"),
            files[i].sealed ? "good"
            : open          ? "off"
                            : "bad",
            html_word(h, files[i].sealed ? "sealed"
                         : open          ? "open_file"
                                         : "unsealed"));
    }
    html_table_end(h);
}

static void add_tiles(struct html *h, const struct console_visit *visit, const struct file *files,
                      size_t count)
{
    const struct rooms *rooms = service_rooms(visit->service);
    const struct journal_stats stats = journal_stats(rooms->journal);
    size_t sealed = 0;

    for (size_t i = 0; i < count; i++)
        sealed += files[i].sealed;
    html_add(h,
             "<ul class=\"tiles\"><li><strong>%llu</strong><span>%s</span></li>"
             "<li><strong>%llu</strong><span>%s</span></li>"
             "<li><strong>%zu / %zu</strong><span>%s</span></li>"
             "<li class=\"%s\"><strong>%llu</strong><span>%s</span></li></ul>\n",
             (unsigned long long)stats.seq, html_word(h, "t_lines"),
             (unsigned long long)shipper_lag(rooms->shipper), html_word(h, "t_lag"), sealed, count,
             html_word(h, "t_sealed"), stats.refused ? "bad" : "good",
             (unsigned long long)stats.refused, html_word(h, "t_refused"));
}

/* The last proof of each folder. */
static void add_proof(struct html *h, const struct rooms *rooms)
{
    static const struct {
        const char *word, *class;
    } shown[PROOF_WORDS] = { [PROOF_NEVER] = { "proof_never", "off" },
                             [PROOF_WHOLE] = { "proof_whole", "good" },
                             [PROOF_UNJUDGED] = { "proof_unjudged", "bad" },
                             [PROOF_BROKEN] = { "proof_broken", "bad" } };
    static const char *const heads[] = { "c_folder", "c_proof", "c_time",
                                         "#c_lines", "c_place", NULL };
    struct proof_news news[PROOF_FOLDERS];

    journal_proof_news(rooms->proof, news);
    html_add(h, "<h2>%s</h2>\n", html_word(h, "last_proof"));
    html_table(h, "last_proof", heads);
    for (size_t i = 0; i < PROOF_FOLDERS; i++) {
        const bool bad = news[i].word == PROOF_BROKEN;
        html_add(h, "<tr class=\"%s\">", bad ? "error" : "");
        html_cell(h, "c_folder", "mono", news[i].folder);
        html_add(h, "<td data-label=\"%s\"><span><span class=\"badge %s\">%s</span></span></td>",
                 html_word(h, "c_proof"), shown[news[i].word].class,
                 html_word(h, shown[news[i].word].word));
        html_cell(h, "c_time", "time",
                  html_time(h, news[i].word == PROOF_NEVER ? 0 : news[i].at_ms));
        html_cell(h, "c_lines", "number", html_text(h, "%llu", (unsigned long long)news[i].lines));
        html_cell(h, "c_place", "", news[i].place);
        html_add(h, "</tr>\n");
    }
    html_table_end(h);
}

static void add_own_words(struct html *h, const struct kind_numbers *kinds, size_t count)
{
    static const char *const events[] = { "journal.sealed",    "journal.verified",
                                          "journal.unjudged",  "journal.broken",
                                          "journal.recovered", "journal.refused",
                                          "journal.archived",  NULL };

    html_add(h, "<h2>%s</h2>\n<ul class=\"tiles\">\n", html_word(h, "own_words"));
    for (size_t e = 0; events[e]; e++) {
        int64_t sum = 0;
        for (size_t i = 0; i < count; i++)
            if (strcmp(kinds[i].event, events[e]) == 0)
                sum += kinds[i].count;
        const bool bad = sum > 0 && strcmp(events[e], "journal.broken") == 0;
        html_add(h, "<li class=\"%s\"><strong>%lld</strong><span>%s</span></li>\n",
                 bad ? "bad" : "", (long long)sum, events[e]);
    }
    html_add(h, "</ul>\n");
}

enum status proof_give(const struct console_visit *visit, struct console_answer *ret,
                       struct err *err)
{
    const struct rooms *rooms = service_rooms(visit->service);
    const struct conf *conf = service_conf(visit->service);
    struct file *files = arena_array(visit->arena, FILES_MAX, sizeof(*files));
    size_t count = 0, kind_count = 0;
    bool whole = false;
    struct html h;

    if (!files)
        return RAISE(err, ST_NOMEM, "proof: out of memory");
    TRY(list_files(conf->journal.dir, files, &count, err));
    TRY(statistics_count(rooms->statistics, rooms->store, clock_now(rooms->clock),
                         clock_monotonic_ms() + COUNT_MS, &whole, err));
    const struct kind_numbers *kinds =
        statistics_kinds(rooms->statistics, visit->arena, &kind_count);
    TRY(html_begin(visit, &h, err));
    add_tiles(&h, visit, files, count);
    html_add(&h, "<p class=\"notice\">%s <code>shepctl journal verify %s --trust %s</code></p>\n",
             html_word(&h, "proof_note"), conf->journal.dir, conf->trust.dir);
    add_proof(&h, rooms);
    add_own_words(&h, kinds, kinds ? kind_count : 0);
    add_files(&h, files, count);
    (void)text_format(ret->looked_at, sizeof(ret->looked_at), "files=%zu", count);
    return html_done(&h, ret, err);
}
