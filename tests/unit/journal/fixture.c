#include "fixture.h"

#include "base/text.h"
#include "journal/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct clock test_clock;

int folder_make(void **state)
{
    struct err err;

    assert_int_equal(clock_use_astana(&err), ST_OK);
    test_clock = clock_fixed_at(T0_MS);
    (void)snprintf(folder, sizeof(folder), "/tmp/shep-journal.XXXXXX");
    assert_non_null(mkdtemp(folder));
    *state = folder;
    return 0;
}

int folder_remove(void **state)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf '%s'", (const char *)*state);
    return system(command); /* NOLINT(concurrency-mt-unsafe): one thread */
}

struct journal_params params_in(const char *dir)
{
    return (struct journal_params){
        .dir = dir,
        .instance = "node1",
        .pseudonym_key = SLICE("0123456789abcdef0123456789abcdef"),
        .max_file_bytes = 1 << 24,
        .clock = &test_clock,
    };
}

struct journal *open_in(const char *dir)
{
    struct journal_params params = params_in(dir);
    struct journal *journal = NULL;

    assert_ok(journal_open(&params, &journal, err));
    return journal;
}

enum status write_one(struct journal *journal, const char *text)
{
    struct err err;

    return journal_write(
        journal, &(struct event){ .level = EVENT_INFO, .name = "test.line", .text = text }, &err);
}

struct walker {
    struct walk *walk;
    char prev[LINE_HASH];
    bool (*see)(const struct event_row *row, void *ctx);
    void *ctx;
};

static void walk_line(struct walker *walker, struct slice line)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    struct line got;
    struct walk *to = walker->walk;
    size_t used = strlen(to->events);

    assert_ok(line_parse(line, arena, &got, err));
    assert_int_equal(got.row.seq, ++to->lines);
    assert_string_equal(got.prev, walker->prev);
    assert_ok(line_hash(line, walker->prev, err));
    (void)text_copy(to->last_text, sizeof(to->last_text), got.row.event.text);
    (void)text_format(to->events + used, sizeof(to->events) - used, "%s ", got.row.event.name);
    if (walker->see)
        assert_true(walker->see(&got.row, walker->ctx));
}

static void walk_file(struct walker *walker, int dir_fd, const struct journal_file *file)
{
    AUTO_FREE struct reader *reader = calloc(1, sizeof(*reader));
    struct stat stat;
    enum reading what = READ_LINE;
    struct slice line;

    reader->fd = openat(dir_fd, file->name, O_RDONLY);
    assert_int_equal(fstat(reader->fd, &stat), 0);
    assert_int_equal(stat.st_mode & 07777, 0600);
    assert_int_equal(file->first, walker->walk->lines + 1);
    if ((size_t)stat.st_size > walker->walk->largest_file)
        walker->walk->largest_file = (size_t)stat.st_size;
    for (;;) {
        assert_ok(reader_next(reader, &what, &line, err));
        if (what != READ_LINE)
            break;
        walk_line(walker, line);
    }
    assert_int_equal(reader->offset, stat.st_size); /* nothing is torn */
    (void)close(reader->fd);
}

struct walk walk(const char *dir, bool (*see)(const struct event_row *row, void *ctx), void *ctx)
{
    struct walk to = { .lines = 0 };
    struct walker walker = { .walk = &to, .prev = LINE_FIRST_PREV, .see = see, .ctx = ctx };
    AUTO(files_free) struct journal_files *files = NULL;
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY);

    assert_ok(files_list(dir_fd, &files, err));
    for (size_t i = 0; i < files->count; i++)
        walk_file(&walker, dir_fd, &files->at[i]);
    to.files = files->count;
    (void)close(dir_fd);
    return to;
}

void last_file(const char *dir, char path[256])
{
    AUTO(files_free) struct journal_files *files = NULL;
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY);

    assert_ok(files_list(dir_fd, &files, err));
    assert_true(files->count > 0);
    (void)snprintf(path, 256, "%s/%s", dir, files->at[files->count - 1].name);
    (void)close(dir_fd);
}
