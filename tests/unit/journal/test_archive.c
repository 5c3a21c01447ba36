/* The journal's archive: whatever step a crash cuts off, the next run goes on, and nothing is lost
 * or there twice. req 0.51 */
#include "fixture.h"

#include "base/text.h"
#include "journal/archive.h"
#include "journal/archive_place.h"
#include "journal/files.h"
#include "journal/seal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MONTHS = 4, LINES = 3, KILLED = 9, STEPS_MAX = 200 };
#define MONTH_MS (INT64_C(31) * 24 * 3600 * 1000)

static struct clock now;
static char archive_dir[96], records[96], failures[1024];
static int steps_left; /* until this process dies; -1: it does not */
static unsigned kept, stayed;
static bool may_go, judge_good;

/* ---- a journal of several months: a file each, and its seals ---- */

static enum status sign(void *ctx, struct slice statement, struct bytes **ret_sig, struct err *err)
{
    (void)ctx;
    *ret_sig = bytes_new(statement.len + 8);
    if (!*ret_sig)
        return RAISE(err, ST_NOMEM, "test");
    bytes_add_str(*ret_sig, "sealed: ");
    bytes_add(*ret_sig, statement);
    return ST_OK;
}

static enum status tell(void *ctx, const struct sealed *what, struct err *err)
{
    (void)ctx;
    (void)what;
    (void)err;
    return ST_OK;
}

static enum seal_word judge(void *ctx, struct slice statement, struct slice sig,
                            char why[SEAL_WHY_BYTES])
{
    char want[SEAL_STATEMENT_BYTES + 16];

    (void)ctx;
    (void)text_copy(why, SEAL_WHY_BYTES, "another file's");
    (void)text_format(want, sizeof(want), "sealed: %.*s", (int)statement.len, statement.at);
    return judge_good && slice_eq_str(sig, want) ? SEAL_GOOD : SEAL_WRONG;
}

static void make_journal(const char *dir)
{
    struct journal_params params = params_in(dir);
    const struct sealing how = { NULL, sign, tell };
    struct sealed done = { .file = "x" };

    now = clock_fixed_at(T0_MS);
    params.clock = &now;
    AUTO(journal_close) struct journal *journal = NULL;
    assert_ok(journal_open(&params, &journal, err));
    for (int month = 0; month < MONTHS; month++, now.fixed_ms += MONTH_MS)
        for (int i = 0; i < LINES; i++)
            assert_int_equal(write_one(journal, "Строка"), ST_OK);
    while (done.file[0])
        assert_ok(seal_next(dir, 0, &how, &done, err));
}

/* ---- moving ---- */

static void step(void *ctx)
{
    (void)ctx;
    if (steps_left >= 0 && steps_left-- == 0)
        _exit(KILLED);
}

static enum status may(void *ctx, const struct archive_file *file, bool *ret_may,
                       char why[SEAL_WHY_BYTES], struct err *err)
{
    (void)ctx;
    (void)err;
    assert_int_equal(file->last, file->first + LINES - 1);
    (void)text_copy(why, SEAL_WHY_BYTES, "not shipped");
    *ret_may = may_go;
    return ST_OK;
}

/* On record: a file per file, so that it outlives a killed process. */
static enum status keep(void *ctx, const struct archive_file *file, struct err *err)
{
    char path[256];

    (void)ctx;
    kept++;
    (void)text_format(path, sizeof(path), "%s/%s.%s.%llu.%llu.%d.%d.%d", records, file->file,
                      file->sha256, (unsigned long long)file->first, (unsigned long long)file->last,
                      file->month, file->first_day, file->last_day);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    return fd >= 0 && close(fd) == 0 ? ST_OK : RAISE(err, ST_UNAVAILABLE, "test");
}

static void stays(void *ctx, const char *file, const char *why)
{
    const size_t used = strlen(failures);

    (void)ctx;
    stayed++;
    (void)text_format(failures + used, sizeof(failures) - used, "%s: %s\n", file, why);
}

static uint64_t move(const char *dir, int32_t before, bool dry_run)
{
    const struct archiving how = { .dir = dir,
                                   .archive = archive_dir,
                                   .before = before,
                                   .dry_run = dry_run,
                                   .judge = judge,
                                   .may = may,
                                   .keep = keep,
                                   .stays = stays,
                                   .step = step };
    uint64_t moved = 99;

    kept = stayed = 0;
    failures[0] = '\0';
    assert_ok(archive_move(&how, &moved, err));
    return moved;
}

static int setup(void **state)
{
    (void)folder_make(state);
    (void)snprintf(archive_dir, sizeof(archive_dir), "%s.archive", (const char *)*state);
    (void)snprintf(records, sizeof(records), "%s.records", (const char *)*state);
    assert_int_equal(mkdir(records, 0700), 0);
    steps_left = -1;
    may_go = judge_good = true;
    make_journal(*state);
    return 0;
}

static int teardown(void **state)
{
    char command[512];

    (void)snprintf(command, sizeof(command), "rm -rf '%s' '%s' '%s'", (const char *)*state,
                   archive_dir, records);
    return system(command); /* NOLINT(concurrency-mt-unsafe): one thread */
}

/* ---- what is where ---- */

static int count(const char *what, const char *dir)
{
    char command[512], text[32] = "";

    (void)snprintf(command, sizeof(command), "find '%s' -name '%s' 2>/dev/null | wc -l", dir, what);
    FILE *out = popen(command, "r"); /* NOLINT(cert-env33-c): a test's own command */
    assert_non_null(out);
    assert_non_null(fgets(text, sizeof(text), out));
    (void)pclose(out);
    return (int)strtol(text, NULL, 10);
}

struct lines {
    uint64_t next;
    char prev[LINE_HASH];
};

static enum status see(void *ctx, struct slice line, struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    struct lines *lines = ctx;
    struct line got;

    TRY(line_parse(line, arena, &got, err));
    assert_int_equal(got.row.seq, lines->next++);
    assert_string_equal(got.prev, lines->prev);
    return line_hash(line, lines->prev, err);
}

/* Every line is in the archive or in the folder, in one chain from the first on; `before` tells
 * which file of the folder is the first. */
static void assert_whole(const char *dir, uint64_t in_archive)
{
    AUTO(files_free) struct journal_files *files = calloc(1, sizeof(*files));
    struct lines lines = { .next = 1, .prev = LINE_FIRST_PREV };
    int fd = -1, dir_fd = open(dir, O_RDONLY | O_DIRECTORY);

    if (in_archive > 0) {
        assert_ok(archive_open_instance(archive_dir, "node1", false, &fd, err));
        assert_ok(files_add_archived(fd, false, files, err));
    }
    assert_int_equal(files->count, in_archive);
    for (size_t i = 0; i < files->count; i++) {
        const struct archive_reading reading = { .archive = archive_dir,
                                                 .instance = "node1",
                                                 .file = files->at[i].name,
                                                 .ctx = &lines,
                                                 .line = see };
        assert_ok(archive_read(&reading, err));
    }
    AUTO(files_free) struct journal_files *folder = NULL;
    assert_ok(files_list(dir_fd, &folder, err));
    assert_int_equal(folder->at[0].first, lines.next);
    (void)close(fd);
    (void)close(dir_fd);
}

static void old_files_move_with_their_seals_and_young_ones_stay(void **state)
{
    struct stat st;

    assert_int_equal(move(*state, 202611, false), 0);
    assert_int_equal(count("*", archive_dir), 0); /* not even the folder is made */
    assert_int_equal(move(*state, 202701, true), 2);
    assert_true(count("*.gz", archive_dir) == 0 && kept == 0); /* a dry run does nothing */
    assert_int_equal(move(*state, 202701, false), 2);
    assert_true(kept == 2 && stayed == 0);
    assert_whole(*state, 2);
    assert_int_equal(count("*.log", *state), MONTHS - 2);
    assert_int_equal(count("*.sig", *state), MONTHS - 3);
    assert_int_equal(count("journal-20261122-000000000001.log.*", archive_dir), 2);
    assert_int_equal(stat(archive_dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(count("*.1.3.202611.20261122.20261122", records), 1);
    assert_int_equal(move(*state, 202701, false), 0); /* and does not move twice */
    assert_int_equal(move(*state, 209901, false), 1); /* the open file stays whatever is asked */
    assert_int_equal(stayed, 0);                      /* and nobody is told of it */
    assert_whole(*state, 3);
}

static void what_may_not_go_stays_and_keeps_no_other(void **state)
{
    char path[256], text[300];

    may_go = false;
    assert_int_equal(move(*state, 202701, false), 0);
    assert_true(stayed == 2 && strstr(failures, "not shipped"));
    may_go = true;
    judge_good = false;
    assert_int_equal(move(*state, 202701, false), 0);
    assert_true(stayed == 2 && strstr(failures, "its seal"));
    judge_good = true;
    (void)snprintf(path, sizeof(path), "%s/journal-20261122-000000000001.log.sig",
                   (const char *)*state);
    (void)snprintf(text, sizeof(text), "%s.away", path);
    assert_int_equal(rename(path, text), 0);
    assert_int_equal(move(*state, 202701, false), 1);
    assert_true(stayed == 1 && strstr(failures, "it has no seal"));
    assert_int_equal(rename(text, path), 0);
    path[strlen(path) - 4] = '\0';
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "seq=\"9\"", 7, 0), 7);
    (void)close(fd);
    assert_int_equal(move(*state, 202701, false), 0);
    assert_true(stayed == 1 && strstr(failures, "chain is broken"));
    assert_int_equal(kept, 0);
}

static void a_copy_that_is_damaged_is_written_again_while_the_file_is_there(void **state)
{
    char path[256], command[300];

    assert_int_equal(move(*state, 202612, false), 1);
    (void)snprintf(path, sizeof(path), "%s/node1/2026-12/journal-20261223-000000000004.log.gz",
                   archive_dir);
    steps_left = 4; /* in front of: on record */
    pid_t child = fork();
    if (child == 0) {
        (void)move(*state, 202701, false);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == KILLED);
    steps_left = -1;
    (void)snprintf(command, sizeof(command), "echo another | gzip >'%s'", path);
    assert_int_equal(system(command), 0); /* NOLINT(concurrency-mt-unsafe): one thread */
    assert_int_equal(move(*state, 202701, false), 1); /* whole, but not what was sealed */
    assert_whole(*state, 2);
}

static void a_copy_that_ends_in_the_middle_is_written_again(void **state)
{
    char path[256];
    int status;

    (void)snprintf(path, sizeof(path),
                   "%s/node1/2026-11/"
                   "journal-20261122-000000000001.log.gz",
                   archive_dir);
    pid_t child = fork();
    if (child == 0) {
        steps_left = 4;
        (void)move(*state, 202612, false);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == KILLED);
    assert_int_equal(truncate(path, 40), 0);
    assert_int_equal(move(*state, 202612, false), 1);
    assert_whole(*state, 1);
}

/* ---- crashes ---- */

static bool run_and_die_at(const char *dir, int at)
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        steps_left = at;
        (void)move(dir, 202702, false);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == KILLED));
    return WEXITSTATUS(status) == KILLED;
}

static void a_crash_between_any_two_steps_loses_and_doubles_nothing(void **state)
{
    bool died = true;

    for (int at = 0; died; at++) {
        assert_true(at < STEPS_MAX);
        died = run_and_die_at(*state, at);
        (void)move(*state, 202702, false); /* the next run goes on */
        assert_whole(*state, 3);
        assert_int_equal(count("*.log", *state), 1);
        assert_int_equal(count("*.sig", *state), 0);
        assert_int_equal(count("*.gz", archive_dir), 3);
        assert_int_equal(count("*.sig", archive_dir), 3);
        assert_int_equal(count("journal-*", records), 3);
        assert_int_equal(count(".draft*", archive_dir), 0);
        assert_true(died || at > 20);
        (void)teardown(state);
        assert_int_equal(mkdir(records, 0700), 0);
        assert_int_equal(mkdir(*state, 0700), 0);
        make_journal(*state);
    }
}

/* The same crash again and again: each run gets a little further. */
static void a_run_that_is_killed_again_and_again_ends_some_day(void **state)
{
    int runs = 0;

    while (run_and_die_at(*state, 4))
        assert_true(++runs < STEPS_MAX);
    assert_whole(*state, 3);
    assert_int_equal(count("*.log", *state), 1);
}

/* ---- reading ---- */

static enum status refuse(void *ctx, struct slice line, struct err *err)
{
    (void)ctx;
    (void)line;
    return RAISE(err, ST_TIMEOUT, "enough");
}

static void what_is_read_is_what_was_put_there(void **state)
{
    struct archive_reading reading = { .archive = archive_dir,
                                       .instance = "node1",
                                       .file = "journal-20261122-000000000001.log",
                                       .sha256 = LINE_FIRST_PREV,
                                       .line = refuse };
    const struct archiving how = { .judge = judge };
    char path[256], why[SEAL_WHY_BYTES];
    enum seal_word word = SEAL_WRONG;

    assert_status(archive_read(&reading, err), ST_NOT_FOUND);
    assert_int_equal(move(*state, 202612, false), 1);
    assert_status(archive_read(&reading, err), ST_CONFLICT);
    reading.sha256 = NULL;
    assert_status(archive_read(&reading, err), ST_TIMEOUT);
    assert_ok(archive_judge(&reading, &how, &word, why, err));
    assert_int_equal(word, SEAL_GOOD);
    judge_good = false;
    assert_ok(archive_judge(&reading, &how, &word, why, err));
    assert_int_equal(word, SEAL_WRONG);
    (void)snprintf(path, sizeof(path), "%s/node1/2026-11/%s.gz", archive_dir, reading.file);
    assert_int_equal(truncate(path, 60), 0);
    assert_status(archive_read(&reading, err), ST_UNAVAILABLE);
    reading.file = "../../etc/passwd";
    assert_status(archive_read(&reading, err), ST_INPUT);
    reading.file = "journal-20261122-000000000001.log";
    reading.instance = "../node1";
    assert_status(archive_read(&reading, err), ST_INPUT);
    assert_ok(archive_remove(archive_dir, "node1", reading.file, err));
    assert_ok(archive_remove(archive_dir, "node1", reading.file, err));
    assert_int_equal(count("*.log.*", archive_dir), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(old_files_move_with_their_seals_and_young_ones_stay),
        TEST(what_may_not_go_stays_and_keeps_no_other),
        TEST(a_copy_that_is_damaged_is_written_again_while_the_file_is_there),
        TEST(a_copy_that_ends_in_the_middle_is_written_again),
        TEST(a_crash_between_any_two_steps_loses_and_doubles_nothing),
        TEST(a_run_that_is_killed_again_and_again_ends_some_day),
        TEST(what_is_read_is_what_was_put_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
