/* Rotation by size and by Astana's day: whatever the hour and whoever writes, no line is lost,
 * split or out of turn. */
#include "fixture.h"

#include "base/text.h"
#include "journal/files.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIDNIGHT_MS 1795374000000LL /* 2026-11-23T00:00:00+05:00 */
#define MINUTE_MS 60000LL
#define DAY_MS (1440 * MINUTE_MS)

enum {
    THREADS = 8,
    EACH = 200,
    STEP_MS = 150000, /* the clock moves so far whenever it is read: over two midnights in all */
    NIGHTS = 2,
    FILE_BYTES = 65536,
};

static _Atomic int64_t instant;

static int64_t moving_now(const struct clock *clock)
{
    return atomic_fetch_add(&instant, clock->fixed_ms);
}

/* Each reading moves it by step_ms. */
static struct journal *open_at(const char *dir, struct clock *clock, int64_t step_ms)
{
    struct journal_params params = params_in(dir);
    struct journal *journal = NULL;

    *clock = (struct clock){ .now_ms = moving_now, .fixed_ms = step_ms };
    params.max_file_bytes = FILE_BYTES;
    params.clock = clock;
    assert_ok(journal_open(&params, &journal, err));
    return journal;
}

/* ---- what stands in which file ---- */

struct shelf {
    struct journal_files *files;
    size_t at;       /* the file of the line that is looked at */
    size_t late;     /* lines of the day before their file's */
    size_t days;     /* that have a file */
    size_t lines[8]; /* of the first files */
    int next[THREADS];
};

static void date_in_name(int64_t at_ms, char ret[FILE_NAME_BYTES])
{
    files_name(1, at_ms, ret);
    ret[FILE_DATE_END] = '\0';
}

static bool look(const struct event_row *row, void *ctx)
{
    struct shelf *shelf = ctx;
    char mine[FILE_NAME_BYTES];
    int thread = 0, number = 0;

    while (shelf->at + 1 < shelf->files->count && shelf->files->at[shelf->at + 1].first <= row->seq)
        shelf->at++;
    if (shelf->at < sizeof(shelf->lines) / sizeof(shelf->lines[0]))
        shelf->lines[shelf->at]++;
    date_in_name(row->at_ms, mine);
    int order = strncmp(mine, shelf->files->at[shelf->at].name, FILE_DATE_END);
    shelf->late += order < 0;
    if (sscanf(row->event.text, "thread %d line %d", &thread, &number) == 2 &&
        number != shelf->next[thread]++)
        return false;
    return order <= 0; /* a line of a later day begins a file */
}

static void shelf_open(const char *dir, struct shelf *shelf)
{
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY);

    *shelf = (struct shelf){ .days = 1 };
    assert_ok(files_list(dir_fd, &shelf->files, err));
    (void)close(dir_fd);
    for (size_t i = 1; i < shelf->files->count; i++) {
        int order = strncmp(shelf->files->at[i].name, shelf->files->at[i - 1].name, FILE_DATE_END);
        assert_true(order >= 0); /* sorted by name they are in order too */
        shelf->days += order > 0;
    }
}

/* ---- tests ---- */

/* req 0.41, 0.57 */
static void the_first_line_of_a_day_begins_a_file(void **state)
{
    struct clock clock;
    struct shelf shelf;
    static const struct {
        int64_t at_ms;
        size_t file;
        bool restart;
    } steps[] = {
        { MIDNIGHT_MS - MINUTE_MS, 0, false },
        { MIDNIGHT_MS - 1, 0, false },
        { MIDNIGHT_MS, 1, false },
        { MIDNIGHT_MS - 1, 1, false }, /* set back, or a thread that was slow */
        { MIDNIGHT_MS + MINUTE_MS, 1, true },
        { MIDNIGHT_MS + DAY_MS - 1, 1, false },
        { MIDNIGHT_MS + 40 * DAY_MS, 2, true }, /* the name tells the day after a restart too */
        { MIDNIGHT_MS + 40 * DAY_MS, 2, false },
    };
    size_t want[3] = { 0 };

    atomic_store(&instant, steps[0].at_ms);
    struct journal *journal = open_at(*state, &clock, 0);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        atomic_store(&instant, steps[i].at_ms);
        if (steps[i].restart) {
            journal_close(journal);
            journal = open_at(*state, &clock, 0);
        }
        assert_int_equal(write_one(journal, "a line"), ST_OK);
        want[steps[i].file]++;
    }
    journal_close(journal);
    shelf_open(*state, &shelf);
    struct walk all = walk(*state, look, &shelf);
    assert_int_equal(all.lines, sizeof(steps) / sizeof(steps[0]));
    assert_int_equal(shelf.files->count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(shelf.lines[i], want[i]);
    files_free(shelf.files);
}

static void an_empty_file_takes_its_first_line_whatever_the_day(void **state)
{
    struct clock clock;

    atomic_store(&instant, MIDNIGHT_MS - 1);
    struct journal *journal = open_at(*state, &clock, 0);
    atomic_store(&instant, MIDNIGHT_MS);
    assert_int_equal(write_one(journal, "the first one"), ST_OK);
    journal_close(journal);
    struct walk all = walk(*state, NULL, NULL);
    assert_int_equal(all.lines, 1);
    assert_int_equal(all.files, 1); /* no two files of one number */
}

struct writing {
    struct journal *journal;
    int thread;
    int failed;
};

static void *write_numbered(void *arg)
{
    struct writing *writing = arg;
    char text[200];

    for (int i = 0; i < EACH; i++) {
        (void)snprintf(text, sizeof(text), "thread %d line %d %0*d", writing->thread, i, i % 90, 0);
        writing->failed += write_one(writing->journal, text) != ST_OK;
    }
    return NULL;
}

/* req 0.41, 0.57 */
static void a_crowd_over_midnight_loses_and_splits_no_line(void **state)
{
    struct clock clock;
    struct shelf shelf;
    struct writing writing[THREADS];
    pthread_t threads[THREADS];

    atomic_store(&instant, MIDNIGHT_MS - 360 * MINUTE_MS);
    struct journal *journal = open_at(*state, &clock, STEP_MS);
    for (int i = 0; i < THREADS; i++) {
        writing[i] = (struct writing){ .journal = journal, .thread = i };
        assert_int_equal(pthread_create(&threads[i], NULL, write_numbered, &writing[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(writing[i].failed, 0);
    }
    journal_close(journal);
    shelf_open(*state, &shelf);
    struct walk all = walk(*state, look, &shelf); /* numbers, chain, modes, nothing torn */
    assert_int_equal(all.lines, THREADS * EACH);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(shelf.next[i], EACH);
    print_message("%zu files of %zu days, %zu lines came late\n", shelf.files->count, shelf.days,
                  shelf.late);
    assert_true(shelf.days > NIGHTS);
    assert_true(shelf.late <= THREADS * (shelf.days - 1));
    assert_true(shelf.files->count > shelf.days); /* full ones as well */
    assert_true(all.largest_file <= FILE_BYTES && all.largest_file > FILE_BYTES - 2000);
    files_free(shelf.files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_line_of_a_day_begins_a_file, folder_make,
                                        folder_remove),
        cmocka_unit_test_setup_teardown(an_empty_file_takes_its_first_line_whatever_the_day,
                                        folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(a_crowd_over_midnight_loses_and_splits_no_line, folder_make,
                                        folder_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
