/* The write-ahead log: what is acknowledged is on disk, in one chain, whatever the disk does. */
#include "fixture.h"

#include "base/text.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void append(const char *path, const char *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_APPEND);

    assert_int_equal(write(fd, bytes, length), (ssize_t)length);
    (void)close(fd);
}

static void change_byte(const char *path, off_t offset)
{
    int fd = open(path, O_RDWR);
    char byte;

    assert_int_equal(pread(fd, &byte, 1, offset), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
    (void)close(fd);
}

static void lines_make_one_chain_over_restarts(void **state)
{
    const char *dir = *state;

    for (int i = 0; i < 3; i++) {
        AUTO(journal_close) struct journal *journal = open_in(dir);
        assert_int_equal(write_one(journal, "first"), ST_OK);
        assert_int_equal(write_one(journal, "second"), ST_OK);
        assert_int_equal(journal_stats(journal).seq, (uint64_t)i * 2 + 2);
    }
    struct walk all = walk(dir, NULL, NULL);
    assert_int_equal(all.lines, 6);
    assert_int_equal(all.files, 1);
}

static void folder_and_files_are_the_administrators(void **state)
{
    const char *dir = *state;
    char path[256];
    struct stat stat_of;

    assert_int_equal(chmod(dir, 0755), 0);
    AUTO(journal_close) struct journal *journal = open_in(dir);
    assert_int_equal(stat(dir, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 07777, 0700); /* req 0.53 */
    last_file(dir, path);
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 07777, 0600);
    assert_non_null(strstr(path, "/journal-20261122-000000000001.log"));
}

static void one_process_has_a_folder_at_a_time(void **state)
{
    struct journal_params params = params_in(*state);
    AUTO(journal_close) struct journal *journal = open_in(*state);
    struct journal *second = NULL;

    assert_status(journal_open(&params, &second, err), ST_CONFLICT);
    assert_null(second);
}

static void another_instances_journal_is_not_continued(void **state)
{
    struct journal_params params = params_in(*state);
    struct journal *journal = open_in(*state);
    struct journal *second = NULL;

    assert_int_equal(write_one(journal, "mine"), ST_OK);
    journal_close(journal);
    params.instance = "node2";
    assert_status(journal_open(&params, &second, err), ST_CONFLICT);
}

static void parameters_are_checked_by_name(void **state)
{
    static const char too_long[] =
        "12345678901234567890123456789012345678901234567890123456789012345";
    static const char *const names[] = { "", "a b", "a\"b", "узел", too_long };
    struct journal_params params = params_in(*state);
    struct journal *journal = NULL;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        params.instance = names[i];
        assert_status(journal_open(&params, &journal, err), ST_INPUT);
    }
    params = params_in(*state);
    params.pseudonym_key = SLICE("too short");
    assert_status(journal_open(&params, &journal, err), ST_INPUT);
    params = params_in(*state);
    params.max_file_bytes = 1000;
    assert_status(journal_open(&params, &journal, err), ST_INPUT);
    params = params_in("/proc/none/journal");
    assert_status(journal_open(&params, &journal, err), ST_UNAVAILABLE);
}

static void a_full_file_is_closed_between_two_lines(void **state)
{
    const char *dir = *state;
    struct journal_params params = params_in(dir);

    params.max_file_bytes = 65536;
    for (int again = 0; again < 2; again++) {
        AUTO(journal_close) struct journal *journal = NULL;
        assert_ok(journal_open(&params, &journal, err));
        for (int i = 0; i < 500; i++)
            assert_int_equal(write_one(journal, "a line that fills a file by and by"), ST_OK);
    }
    struct walk all = walk(dir, NULL, NULL); /* the chain goes on over files */
    assert_int_equal(all.lines, 1000);
    assert_true(all.files > 4 && all.files < 10);
    assert_true(all.largest_file <= 65536);
    assert_true(all.largest_file > 64000);
}

static void a_torn_last_line_is_cut_and_told(void **state)
{
    static const struct {
        const char *tail;
        size_t length;
    } cases[] = {
        { "seq=\"3\" id=\"0193", 16 }, { "x", 1 },         { "\0\0\0\0\0\0\0\0", 8 },
        { "\0\0\n\0\0", 5 },           { "garbage\n", 8 },
    };
    const char *dir = *state;
    uint64_t lines = 0;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[256];
        char want[256];
        struct journal *journal = open_in(dir);

        assert_int_equal(write_one(journal, "acknowledged"), ST_OK);
        journal_close(journal);
        last_file(dir, path);
        append(path, cases[i].tail, cases[i].length);
        journal_close(open_in(dir));
        (void)snprintf(want, sizeof(want), "%zu bytes of a torn last line were cut off %s",
                       cases[i].length, strrchr(path, '/') + 1);
        struct walk all = walk(dir, NULL, NULL);
        assert_string_equal(all.last_text, want);
        lines += 2;
        assert_int_equal(all.lines, lines);
    }
    assert_non_null(strstr(walk(dir, NULL, NULL).events, "test.line journal.recovered "));
}

static void a_torn_first_line_of_a_new_file_is_cut_too(void **state)
{
    const char *dir = *state;
    struct journal *journal = open_in(dir);
    char path[256];

    assert_int_equal(write_one(journal, "one"), ST_OK);
    journal_close(journal);
    (void)snprintf(path, sizeof(path), "%s/journal-20261122-000000000002.log", dir);
    (void)close(open(path, O_CREAT | O_WRONLY, 0600));
    append(path, "seq=\"2\" ", 8);
    journal = open_in(dir);
    assert_int_equal(write_one(journal, "three"), ST_OK);
    journal_close(journal);
    struct walk all = walk(dir, NULL, NULL);
    assert_int_equal(all.lines, 3);
    assert_int_equal(all.files, 2);
    assert_string_equal(all.events, "test.line journal.recovered test.line ");
}

static void a_line_changed_afterwards_is_no_torn_tail(void **state)
{
    const char *dir = *state;
    struct journal_params params = params_in(dir);
    struct journal *journal = open_in(dir);
    struct journal *again = NULL;
    struct stat before, after;
    char path[256];

    for (int i = 0; i < 3; i++)
        assert_int_equal(write_one(journal, "line"), ST_OK);
    journal_close(journal);
    last_file(dir, path);
    assert_int_equal(stat(path, &before), 0);
    change_byte(path, before.st_size / 2); /* of the second line */
    assert_status(journal_open(&params, &again, err), ST_CONFLICT);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_size, before.st_size); /* nothing was touched */
    change_byte(path, before.st_size / 2);
    change_byte(path, before.st_size - 3); /* the last line's prev */
    assert_status(journal_open(&params, &again, err), ST_CONFLICT);
}

static void a_missing_file_breaks_the_chain_loudly(void **state)
{
    const char *dir = *state;
    struct journal_params params = params_in(dir);
    struct journal *journal = NULL;
    char path[256];

    (void)snprintf(path, sizeof(path), "%s/journal-20261122-000000000007.log", dir);
    (void)close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_status(journal_open(&params, &journal, err), ST_CONFLICT);
}

/* ---- iin ---- */

static bool holds_no_iin(const struct event_row *row, void *ctx)
{
    struct slice line = row->line;

    for (size_t i = 0; i + 12 <= line.len; i++)
        if (memcmp(line.at + i, ctx, 12) == 0)
            return false;
    return true;
}

static void an_iin_is_written_as_its_pseudonym_only(void **state)
{
    static char iin[] = "800101300123";
    struct journal *journal = open_in(*state);
    char hex[17], want[256];

    journal_pseudonym(journal, iin, hex);
    assert_int_equal(strlen(hex), 16);
    struct event event = { .level = EVENT_NOTICE,
                           .name = "session.signed",
                           .iin = iin,
                           .text = "IIN800101300123 is not 800101300123, BIN 123456789021" };
    assert_ok(journal_write(journal, &event, err));
    journal_close(journal);
    struct walk all = walk(*state, holds_no_iin, iin); /* C-27 */
    (void)snprintf(want, sizeof(want), "IIN%s is not %s, BIN 123456789021 iin=%s", hex, hex, hex);
    assert_string_equal(all.last_text, want);

    struct journal_params params = params_in(*state);
    char other[17];
    params.pseudonym_key = SLICE("another key of thirty-two bytes.");
    assert_ok(journal_open(&params, &journal, err));
    journal_pseudonym(journal, iin, other);
    journal_close(journal);
    assert_string_not_equal(hex, other);
}

/* ---- many threads ---- */

enum { THREADS = 8, EACH = 150 };

static void *write_many(void *arg)
{
    for (int i = 0; i < EACH; i++)
        if (write_one(arg, "of many") != ST_OK)
            return arg;
    return NULL;
}

static void threads_share_one_fsync(void **state)
{
    struct journal *journal = open_in(*state);
    pthread_t threads[THREADS];
    void *failed = NULL;

    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, journal), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    struct journal_stats stats = journal_stats(journal);
    journal_close(journal);
    assert_int_equal(stats.lines, THREADS * EACH);
    assert_int_equal(walk(*state, NULL, NULL).lines, THREADS * EACH);
    print_message("%llu lines, %llu fsyncs\n", (unsigned long long)stats.lines,
                  (unsigned long long)stats.syncs);
    assert_true(stats.syncs < stats.lines * 3 / 4);
}

/* ---- a disk that refuses ---- */

static bool see_count(const struct event_row *row, void *ctx)
{
    char want[160];

    if (strcmp(row->event.name, "journal.refused") != 0)
        return true;
    (void)snprintf(want, sizeof(want), "%llu lines were refused: the disk could not take them",
                   *(unsigned long long *)ctx);
    return strcmp(row->event.text, want) == 0;
}

static void count_written(void *ctx, const struct event *event)
{
    *(unsigned *)ctx += strcmp(event->name, "test.line") == 0;
}

static void a_file_that_may_not_grow_refuses_and_recovers(void **state)
{
    unsigned told = 0; /* of what is on disk, and of nothing else */
    struct journal_params params = params_in(*state);
    params.wrote = count_written;
    params.ctx = &told;
    struct journal *journal = NULL;
    assert_ok(journal_open(&params, &journal, err));
    struct rlimit was, low = { 0, 0 };
    char path[256];
    struct stat full, later;

    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(write_one(journal, "before"), ST_OK);
    last_file(*state, path);
    assert_int_equal(stat(path, &full), 0);
    low.rlim_cur = (rlim_t)full.st_size + 100; /* a part of the next line can be written */
    low.rlim_max = was.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(write_one(journal, "refused"), ST_UNAVAILABLE);
    assert_int_equal(stat(path, &later), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(later.st_size, full.st_size); /* the part was taken back */
    assert_int_equal(journal_stats(journal).refused, 3);
    assert_int_equal(told, 1);
    assert_int_equal(write_one(journal, "after"), ST_OK);
    assert_int_equal(write_one(journal, "after"), ST_OK);
    assert_int_equal(told, 3);
    journal_close(journal);
    unsigned long long count = 3;
    struct walk all = walk(*state, see_count, &count);
    assert_string_equal(all.events, "test.line journal.refused test.line test.line ");
}

/* req 0.62: nobody has to come by for it. */
static void a_disk_that_takes_lines_again_is_told_of_without_traffic(void **state)
{
    struct journal *journal = open_in(*state);
    struct rlimit was, low;
    struct err err;

    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(journal_recover(journal, &err), ST_OK); /* nothing is due */
    assert_int_equal(journal_stats(journal).lines, 0);
    assert_int_equal(write_one(journal, "before"), ST_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    low = (struct rlimit){ 1, was.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    assert_int_equal(write_one(journal, "refused"), ST_UNAVAILABLE);
    assert_int_equal(journal_recover(journal, &err), ST_UNAVAILABLE);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_non_null(strstr(err.text, "1 lines so far"));
    assert_int_equal(journal_stats(journal).unsaid, 1);
    assert_int_equal(journal_recover(journal, &err), ST_OK);
    assert_int_equal(journal_stats(journal).unsaid, 0);
    assert_int_equal(journal_recover(journal, &err), ST_OK); /* said once */
    journal_close(journal);
    unsigned long long count = 1;
    struct walk all = walk(*state, see_count, &count);
    assert_string_equal(all.events, "test.line journal.refused ");
}

static bool mount_small(const char *dir)
{
    if (mount("tmpfs", dir, "tmpfs", 0, "size=256k,mode=0700") == 0)
        return true;
    print_message("SKIP: no right to mount a tmpfs\n");
    return false;
}

static void a_full_disk_refuses_and_recovers(void **state)
{
    const char *dir = *state;
    unsigned long long refused = 0;
    char path[256];

    if (!mount_small(dir))
        skip();
    struct journal *journal = open_in(dir);
    (void)snprintf(path, sizeof(path), "%s/ballast", dir);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(posix_fallocate(fd, 0, 131072), 0);
    (void)close(fd);
    while (refused < 20)
        refused += write_one(journal, "until it is full") != ST_OK;
    assert_int_equal(journal_stats(journal).refused, refused);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(write_one(journal, "after"), ST_OK);
    journal_close(journal);
    (void)walk(dir, see_count, &refused);
    struct walk all = walk(dir, NULL, NULL);
    assert_string_equal(all.last_text, "after");
    assert_int_equal(umount(dir), 0);
}

static void a_read_only_disk_refuses_and_recovers(void **state)
{
    const char *dir = *state;

    if (!mount_small(dir))
        skip();
    struct journal *journal = open_in(dir);
    assert_int_equal(write_one(journal, "before"), ST_OK);
    journal_close(journal);
    assert_int_equal(mount("tmpfs", dir, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=256k"), 0);
    struct journal_params params = params_in(dir);
    struct err err;
    enum status status = journal_open(&params, &journal, &err);
    assert_int_equal(mount("tmpfs", dir, "tmpfs", MS_REMOUNT, "size=256k"), 0);
    assert_int_equal(status, ST_UNAVAILABLE);
    journal = open_in(dir);
    assert_int_equal(write_one(journal, "after"), ST_OK);
    journal_close(journal);
    assert_int_equal(walk(dir, NULL, NULL).lines, 2);
    assert_int_equal(umount(dir), 0);
}

struct crowd {
    struct journal *journal;
    unsigned long long ok, refused;
};

static void *write_or_not(void *arg)
{
    struct crowd *crowd = arg;

    for (int i = 0; i < EACH; i++) {
        if (write_one(crowd->journal, "of a crowd before a full disk") == ST_OK)
            crowd->ok++;
        else
            crowd->refused++;
    }
    return NULL;
}

static void a_crowd_before_a_full_disk_knows_what_was_written(void **state)
{
    const char *dir = *state;
    struct crowd crowd[THREADS];
    pthread_t threads[THREADS];
    unsigned long long ok = 0, refused = 0;

    if (!mount_small(dir))
        skip();
    struct journal_params params = params_in(dir);
    struct journal *journal = NULL;
    params.max_file_bytes = 65536; /* rotation meets the full disk too */
    assert_ok(journal_open(&params, &journal, err));
    for (size_t i = 0; i < THREADS; i++) {
        crowd[i] = (struct crowd){ .journal = journal };
        assert_int_equal(pthread_create(&threads[i], NULL, write_or_not, &crowd[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        ok += crowd[i].ok;
        refused += crowd[i].refused;
    }
    assert_true(ok > 0 && refused > 0);
    assert_int_equal(journal_stats(journal).refused, refused);
    journal_close(journal);
    assert_int_equal(walk(dir, NULL, NULL).lines, ok);
    assert_int_equal(umount(dir), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(lines_make_one_chain_over_restarts),
        TEST(folder_and_files_are_the_administrators),
        TEST(one_process_has_a_folder_at_a_time),
        TEST(another_instances_journal_is_not_continued),
        TEST(parameters_are_checked_by_name),
        TEST(a_full_file_is_closed_between_two_lines),
        TEST(a_torn_last_line_is_cut_and_told),
        TEST(a_torn_first_line_of_a_new_file_is_cut_too),
        TEST(a_line_changed_afterwards_is_no_torn_tail),
        TEST(a_missing_file_breaks_the_chain_loudly),
        TEST(an_iin_is_written_as_its_pseudonym_only),
        TEST(threads_share_one_fsync),
        TEST(a_file_that_may_not_grow_refuses_and_recovers),
        TEST(a_disk_that_takes_lines_again_is_told_of_without_traffic),
        TEST(a_full_disk_refuses_and_recovers),
        TEST(a_read_only_disk_refuses_and_recovers),
        TEST(a_crowd_before_a_full_disk_knows_what_was_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
