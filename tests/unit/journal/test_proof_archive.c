/* The proof over archive and folder as one chain, what the table knows of the last line, and seals
 * that were made anew. req 0.51, 0.53 */
#include "fixture.h"

#include "base/text.h"
#include "journal/archive.h"
#include "journal/files.h"
#include "journal/proof.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MONTHS = 4, LINES = 3 };
#define MONTH_MS (INT64_C(31) * 24 * 3600 * 1000)
#define FIRST "journal-20261122-000000000001.log"
#define LAST_LINE "the last line"

static struct clock now;
static char archive_dir[96];
static uint64_t table_last;
static char table_line[512]; /* "": none */
static char kinds[1024];     /* of flaws, each with a blank */
static char where[256];      /* of the last flaw */

static enum status sign(void *ctx, struct slice statement, struct bytes **ret_sig, struct err *err)
{
    (void)ctx;
    *ret_sig = bytes_dup(statement);
    return *ret_sig ? ST_OK : RAISE(err, ST_NOMEM, "test");
}

static enum seal_word judge(void *ctx, struct slice statement, struct slice sig,
                            char why[SEAL_WHY_BYTES])
{
    (void)ctx;
    (void)text_copy(why, SEAL_WHY_BYTES, "another file's");
    return slice_eq(sig, statement) ? SEAL_GOOD : SEAL_WRONG;
}

/* As the service does: the line is the journal's own. */
static enum status tell(void *ctx, const struct sealed *what, struct err *err)
{
    char text[256];

    (void)text_format(text, sizeof(text), "%s, lines %llu to %llu, SHA-256 %s", what->file,
                      (unsigned long long)what->first, (unsigned long long)what->last,
                      what->sha256);
    return journal_write(
        ctx, &(struct event){ .level = EVENT_NOTICE, .name = "journal.sealed", .text = text }, err);
}

static struct journal *open_now(const char *dir)
{
    struct journal_params params = params_in(dir);
    struct journal *journal = NULL;

    params.clock = &now;
    assert_ok(journal_open(&params, &journal, err));
    return journal;
}

static void seal_all(const char *dir, struct journal *journal)
{
    const struct sealing how = { journal, sign, tell };
    struct sealed done = { .file = "x" };

    while (done.file[0])
        assert_ok(seal_next(dir, 0, &how, &done, err));
}

static void make_journal(const char *dir)
{
    now = clock_fixed_at(T0_MS);
    AUTO(journal_close) struct journal *journal = open_now(dir);
    for (int month = 0; month < MONTHS; month++, now.fixed_ms += MONTH_MS) {
        for (int i = 0; i < LINES; i++)
            assert_int_equal(write_one(journal, "Строка"), ST_OK);
        seal_all(dir, journal);
    }
    assert_int_equal(write_one(journal, "Строка"), ST_OK);
    seal_all(dir, journal);
    assert_int_equal(write_one(journal, LAST_LINE), ST_OK);
}

/* ---- archiving ---- */

static enum status may(void *ctx, const struct archive_file *file, bool *ret_may,
                       char why[SEAL_WHY_BYTES], struct err *err)
{
    (void)ctx;
    (void)file;
    (void)err;
    why[0] = '\0';
    *ret_may = true;
    return ST_OK;
}

static enum status keep(void *ctx, const struct archive_file *file, struct err *err)
{
    (void)ctx;
    (void)file;
    (void)err;
    return ST_OK;
}

static void stays(void *ctx, const char *file, const char *why)
{
    (void)ctx;
    fail_msg("%s stays: %s", file, why);
}

static void move(const char *dir, uint64_t want)
{
    const struct archiving how = { .dir = dir,
                                   .archive = archive_dir,
                                   .before = 202701,
                                   .judge = judge,
                                   .may = may,
                                   .keep = keep,
                                   .stays = stays };
    uint64_t moved = 0;

    assert_ok(archive_move(&how, &moved, err));
    assert_int_equal(moved, want);
}

static int setup(void **state)
{
    (void)folder_make(state);
    (void)snprintf(archive_dir, sizeof(archive_dir), "%s.archive", (const char *)*state);
    make_journal(*state);
    table_last = 0;
    table_line[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    char command[256];

    (void)snprintf(command, sizeof(command), "rm -rf '%s'", archive_dir);
    (void)!system(command); /* NOLINT(concurrency-mt-unsafe): one thread */
    return folder_remove(state);
}

/* ---- proving ---- */

static void flaw(void *ctx, const struct flaw *flaw)
{
    const size_t used = strlen(kinds);

    (void)ctx;
    (void)text_format(kinds + used, sizeof(kinds) - used, "%s ", flaw->kind);
    (void)text_format(where, sizeof(where), "%s:%llu", flaw->file, (unsigned long long)flaw->line);
}

static enum status table(void *ctx, const char *instance, uint64_t seq, uint64_t *ret_last,
                         struct bytes **ret_line, struct err *err)
{
    (void)ctx;
    (void)err;
    assert_string_equal(instance, "node1");
    *ret_last = table_last;
    if (seq > 0)
        *ret_line = bytes_dup(slice_str(table_line));
    return ST_OK;
}

static struct proof prove(const char *dir, bool with_archive, bool with_table, uint64_t begins)
{
    const struct proof_params params = { .dir = dir,
                                         .archive = with_archive ? archive_dir : NULL,
                                         .begins = begins,
                                         .flaw = flaw,
                                         .judge = judge,
                                         .table = with_table ? table : NULL };
    struct proof proof;

    kinds[0] = '\0';
    assert_ok(proof_make(&params, &proof, err));
    return proof;
}

static void archive_and_folder_are_one_chain(void **state)
{
    struct proof whole = prove(*state, true, false, 0); /* there is no archive yet */

    assert_string_equal(kinds, "");
    move(*state, 2);
    struct proof proof = prove(*state, true, false, 0);
    assert_string_equal(kinds, "");
    assert_int_equal(proof.lines, whole.lines);
    assert_int_equal(proof.first, 1);
    assert_int_equal(proof.archived, 2);
    assert_int_equal(proof.files, whole.files);
    assert_int_equal(proof.sealed, whole.sealed);
    (void)prove(*state, false, false, 0);
    assert_string_equal(kinds, "linesMissing ");
    (void)prove(*state, false, false, proof.lines); /* not so many were removed */
    assert_non_null(strstr(kinds, "fileMisplaced"));
}

static void a_beginning_that_was_removed_by_its_time_is_none(void **state)
{
    char command[256];

    move(*state, 2);
    (void)snprintf(command, sizeof(command), "rm '%s'/node1/2026-11/*", archive_dir);
    assert_int_equal(system(command), 0); /* NOLINT(concurrency-mt-unsafe): one thread */
    (void)prove(*state, true, false, 0);
    assert_string_equal(kinds, "linesMissing ");
    struct proof proof = prove(*state, true, false, LINES + 1);
    assert_string_equal(kinds, "");
    assert_int_equal(proof.first, LINES + 1);
}

static void what_is_done_to_the_archive_is_found(void **state)
{
    static const struct {
        const char *deed, *want;
    } cases[] = {
        { "rm node1/2026-11/*.log.gz", "linesMissing sealStray " },
        { "rm node1/2026-11/*.sig", "sealMissing " },
        { "cd node1/2026-11 && truncate -s 100 *.gz", "fileDamaged sealWrong " },
        { "cd node1/2026-11 && gunzip -k *.gz && sed -i 2s/Строка/СТРОКА/ *.log &&"
          " gzip -f *.log",
          "lineChanged sealWrong sealReplaced " },
        { "cd node1 && cp 2026-11/*.sig 2026-12/journal-20261223-000000000004.log.sig",
          "sealWrong " },
    };
    char command[512];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        move(*state, 2);
        (void)snprintf(command, sizeof(command), "cd '%s' && %s", archive_dir, cases[i].deed);
        assert_int_equal(system(command), 0); /* NOLINT(concurrency-mt-unsafe): one thread */
        (void)prove(*state, true, false, 0);
        if (strcmp(kinds, cases[i].want) != 0)
            fail_msg("%s: %s, not %s", cases[i].deed, kinds, cases[i].want);
        (void)teardown(state);
        (void)setup(state);
    }
}

/* The seal is taken away, the file changed with its chain, and sealed by whoever has the key. */
static void a_seal_made_anew_over_something_else_is_found(void **state)
{
    char path[256], command[512];

    (void)snprintf(path, sizeof(path), "%s/" FIRST, (const char *)*state);
    (void)snprintf(command, sizeof(command),
                   "cd '%s' && sed -i 1s/Строка/СТРОКА/ " FIRST " && sha256sum " FIRST " >" FIRST
                   ".sig",
                   (const char *)*state);
    assert_int_equal(system(command), 0); /* NOLINT(concurrency-mt-unsafe): one thread */
    (void)prove(*state, false, false, 0);
    assert_string_equal(kinds, "lineChanged sealReplaced ");
    assert_string_equal(where, FIRST ":0");
}

static void a_second_event_of_another_content_is_found(void **state)
{
    AUTO(journal_close) struct journal *journal = open_now(*state);
    struct sealed again = { .file = FIRST, .first = 1, .last = LINES };

    (void)text_copy(again.sha256, sizeof(again.sha256), LINE_FIRST_PREV);
    assert_ok(tell(journal, &again, err));
    (void)prove(*state, false, false, 0);
    assert_string_equal(kinds, "sealReplaced ");
}

/* ---- the table ---- */

static void the_last_line_is_compared_with_the_tables(void **state)
{
    struct proof proof = prove(*state, false, true, 0); /* nothing is shipped yet */
    char command[512], file[256];

    assert_string_equal(kinds, "");
    last_file(*state, file);
    (void)snprintf(command, sizeof(command), "tail -n 1 '%s' | tr -d '\\n'", file);
    FILE *out = popen(command, "r"); /* NOLINT(cert-env33-c): a test's own command */
    assert_non_null(fgets(table_line, sizeof(table_line), out));
    (void)pclose(out);
    table_last = proof.last;
    (void)prove(*state, false, true, 0);
    assert_string_equal(kinds, "");
    (void)snprintf(command, sizeof(command), "sed -i '$s/" LAST_LINE "/the LAST line/' '%s'", file);
    assert_int_equal(system(command), 0); /* NOLINT(concurrency-mt-unsafe): one thread */
    (void)prove(*state, false, false, 0);
    assert_string_equal(kinds, ""); /* the chain alone does not see it */
    (void)prove(*state, false, true, 0);
    assert_string_equal(kinds, "tableDiffers ");
    (void)snprintf(command, sizeof(command), "sed -i '$d' '%s'", file);
    assert_int_equal(system(command), 0); /* NOLINT(concurrency-mt-unsafe): one thread */
    table_line[0] = '\0';
    (void)prove(*state, false, true, 0);
    assert_string_equal(kinds, "linesMissing ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(archive_and_folder_are_one_chain),
        TEST(a_beginning_that_was_removed_by_its_time_is_none),
        TEST(what_is_done_to_the_archive_is_found),
        TEST(a_seal_made_anew_over_something_else_is_found),
        TEST(a_second_event_of_another_content_is_found),
        TEST(the_last_line_is_compared_with_the_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
