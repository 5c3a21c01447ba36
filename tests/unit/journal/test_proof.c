/* What is done to a journal's folder is found, and told with file, line and number. */
#include "journal/proof.h"

#include "base/text.h"
#include "fixture.h"
#include "journal/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINES = 200, FLAWS = 64 };

/* ---- a seal that is none: enough to see what is signed ---- */

static enum status sign(void *ctx, struct slice statement, struct bytes **ret_sig, struct err *err)
{
    struct bytes *sig = bytes_new(1024);

    (void)ctx;
    (void)err;
    bytes_addf(sig, "sealed: %.*s", (int)statement.len, statement.at);
    *ret_sig = sig;
    return ST_OK;
}

static enum status tell(void *ctx, const struct sealed *what, struct err *err)
{
    unsigned *told = ctx;

    (void)err;
    assert_int_equal(strlen(what->sha256), 64);
    assert_true(what->last >= what->first);
    (*told)++;
    return ST_OK;
}

static enum status tell_nobody(void *ctx, const struct sealed *what, struct err *err)
{
    (void)ctx;
    (void)what;
    return RAISE(err, ST_UNAVAILABLE, "the disk is full");
}

static enum seal_word judge(void *ctx, struct slice statement, struct slice sig,
                            char why[SEAL_WHY_BYTES])
{
    (void)ctx;
    (void)text_copy(why, SEAL_WHY_BYTES, "another file's");
    return slice_starts(sig, SLICE("sealed: ")) && slice_eq(slice_skip(sig, 8), statement)
               ? SEAL_GOOD
               : SEAL_WRONG;
}

static unsigned seal_all(const char *dir)
{
    unsigned told = 0;
    const struct sealing how = { &told, sign, tell };
    struct sealed done;

    do
        assert_ok(seal_next(dir, 1, &how, &done, err));
    while (done.file[0]);
    return told;
}

/* ---- the folder ---- */

static struct journal_file files[16];
static size_t file_count;

static void list(const char *dir)
{
    AUTO(files_free) struct journal_files *found = NULL;
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY);

    assert_ok(files_list(dir_fd, &found, err));
    file_count = found->count;
    assert_true(file_count <= 16);
    memcpy(files, found->at, file_count * sizeof(*files));
    (void)close(dir_fd);
}

static void fill_journal(const char *dir)
{
    struct journal_params params = params_in(dir);
    AUTO(journal_close) struct journal *journal = NULL;
    char text[1001];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    params.max_file_bytes = 1 << 16;
    assert_ok(journal_open(&params, &journal, err));
    for (int i = 0; i < LINES; i++)
        assert_int_equal(write_one(journal, text), ST_OK);
}

static const char *path_of(const char *dir, const char *name)
{
    static char path[4][256];
    static unsigned turn;
    char *mine = path[turn++ % 4];

    (void)snprintf(mine, 256, "%s/%s", dir, name);
    return mine;
}

static const char *seal_of(const char *dir, size_t i)
{
    char name[128];

    (void)snprintf(name, sizeof(name), "%s" SEAL_SUFFIX, files[i].name);
    return path_of(dir, name);
}

struct text {
    char *lines[LINES + 8]; /* ends with newline each */
    size_t count;
};

static struct text load(const char *dir, size_t i)
{
    struct text text = { .count = 0 };
    FILE *in = fopen(path_of(dir, files[i].name), "r");
    char *line = NULL;
    size_t room = 0;

    assert_non_null(in);
    while (getline(&line, &room, in) > 0)
        text.lines[text.count++] = strdup(line);
    free(line);
    (void)fclose(in);
    return text;
}

static void save(const char *dir, size_t i, struct text *text)
{
    FILE *out = fopen(path_of(dir, files[i].name), "w");

    assert_non_null(out);
    for (size_t k = 0; k < text->count; k++) {
        (void)fputs(text->lines[k], out);
        free(text->lines[k]);
    }
    (void)fclose(out);
}

/* ---- what is done to it: to line 5 (from 1) of a file ---- */

static void replace(char *line, const char *what, const char *by)
{
    char *at = line ? strstr(line, what) : NULL;

    assert_non_null(at);
    while (at && *by)
        *at++ = *by++;
}

static void change(struct text *text)
{
    replace(text->lines[4], "xxxx", "yyyy");
}

static void spoil(struct text *text)
{
    replace(text->lines[4], "level=", "LEVEL=");
}

static void renumber(struct text *text)
{
    char *digit = strchr(text->lines[4], '"') + 1;

    digit[strspn(digit, "0123456789") - 1] = '9';
}

static void cut_out(struct text *text)
{
    free(text->lines[4]);
    memmove(&text->lines[4], &text->lines[5], (--text->count - 4) * sizeof(*text->lines));
}

static void insert(struct text *text)
{
    memmove(&text->lines[5], &text->lines[4], (text->count++ - 4) * sizeof(*text->lines));
    text->lines[4] = strdup(text->lines[3]);
}

static void move(struct text *text)
{
    char *line = text->lines[4];

    text->lines[4] = text->lines[5];
    text->lines[5] = line;
}

static void cut_first(struct text *text)
{
    free(text->lines[0]);
    memmove(&text->lines[0], &text->lines[1], --text->count * sizeof(*text->lines));
}

static void cut_last(struct text *text)
{
    free(text->lines[--text->count]);
}

static void change_last(struct text *text)
{
    replace(text->lines[text->count - 1], "xxxx", "yyyy");
}

static void add_junk(struct text *text)
{
    text->lines[text->count++] = strdup("seq=\"");
}

/* Nothing comes after it that would carry its hash. */
static void rename_source(struct text *text)
{
    replace(text->lines[text->count - 1], "source=\"shepd/", "source=\"shepd/other");
}

static void tear(struct text *text)
{
    text->lines[text->count - 1][40] = '\0';
}

static void empty(struct text *text)
{
    while (text->count > 0)
        free(text->lines[--text->count]);
}

static void swap_files(const char *dir)
{
    assert_int_equal(rename(path_of(dir, files[0].name), path_of(dir, "x")), 0);
    assert_int_equal(rename(path_of(dir, files[1].name), path_of(dir, files[0].name)), 0);
    assert_int_equal(rename(path_of(dir, "x"), path_of(dir, files[1].name)), 0);
}

static void rename_file(const char *dir)
{
    char name[FILE_NAME_BYTES];

    (void)text_copy(name, sizeof(name), files[1].name);
    name[15]++; /* another day, the same number: with its seal */
    assert_int_equal(rename(path_of(dir, files[1].name), path_of(dir, name)), 0);
    (void)text_copy(files[1].name, sizeof(name), name);
}

static void rename_with_seal(const char *dir)
{
    char was[256];

    (void)text_copy(was, sizeof(was), seal_of(dir, 1));
    rename_file(dir);
    assert_int_equal(rename(was, seal_of(dir, 1)), 0);
}

/* The end of a file once more, under the name that fits it. */
static void insert_file(const char *dir)
{
    struct text text = load(dir, 1);
    const uint64_t first = files[1].first + 3;

    for (size_t i = 0; i < 3; i++)
        cut_first(&text);
    (void)snprintf(files[2].name, sizeof(files[2].name), "%.17s%012llu.log", files[1].name,
                   (unsigned long long)first);
    files[2].first = first;
    save(dir, 2, &text);
}

static void remove_first(const char *dir)
{
    (void)unlink(path_of(dir, files[0].name));
    (void)unlink(seal_of(dir, 0));
}

static void remove_middle(const char *dir)
{
    (void)unlink(path_of(dir, files[1].name));
    (void)unlink(seal_of(dir, 1));
}

static void remove_open(const char *dir)
{
    (void)unlink(path_of(dir, files[file_count - 1].name));
}

static void remove_seal(const char *dir)
{
    (void)unlink(seal_of(dir, 1));
}

static void remove_sealed(const char *dir)
{
    (void)unlink(path_of(dir, files[1].name));
}

static void foreign_seal(const char *dir)
{
    (void)unlink(seal_of(dir, 1));
    assert_int_equal(link(seal_of(dir, 0), seal_of(dir, 1)), 0);
}

static const struct deed {
    const char *name;
    void (*lines)(struct text *text); /* of file `file` */
    void (*folder)(const char *dir);
    size_t file;      /* where the flaw is; OPEN: the last one */
    const char *kind; /* of the first flaw; NULL: the journal is whole */
    uint64_t line;    /* from 1; 0: the file as a whole */
    uint64_t seq;     /* relative to the file's first line, from 1; 0: not looked at */
    bool seal_too;    /* the file's seal does not hold either */
} deeds[] = {
#define OPEN 99
#define ANY_LINE 9999
    { "nothing", NULL, NULL, 0, NULL, 0, 0, false },
    { "a line of a sealed file changed", change, NULL, 1, "lineChanged", 5, 5, true },
    { "a line of the open file changed", change, NULL, OPEN, "lineChanged", 5, 5, false },
    { "a line spoilt", spoil, NULL, 1, "lineMalformed", 5, 5, true },
    { "a line given another number", renumber, NULL, 1, "linesMissing", 5, 0, true },
    { "a line removed", cut_out, NULL, 1, "linesMissing", 5, 6, true },
    { "a line of the open file removed", cut_out, NULL, OPEN, "linesMissing", 5, 6, false },
    { "a line inserted", insert, NULL, 1, "lineMisplaced", 5, 4, true },
    { "a line of the open file inserted", insert, NULL, OPEN, "lineMisplaced", 5, 4, false },
    { "two lines changed places", move, NULL, 1, "linesMissing", 5, 6, true },
    { "a file's first line removed", cut_first, NULL, 1, "linesMissing", 1, 2, true },
    { "a sealed file's last line torn", tear, NULL, 1, "lineMalformed", ANY_LINE, 0, true },
    { "the open file's last line torn", tear, NULL, OPEN, NULL, 0, 0, false },
    { "a sealed file emptied", empty, NULL, 1, "sealWrong", 0, 0, false },
    { "the last line of another instance", rename_source, NULL, OPEN, "otherInstance", ANY_LINE, 0,
      false },
    { "a file inserted", NULL, insert_file, 2, "fileMisplaced", 0, 1, false },
    { "two files swapped", NULL, swap_files, 0, "fileMisplaced", 1, 0, true },
    { "a file renamed", NULL, rename_file, 1, "sealMissing", 0, 0, false },
    { "a file renamed with its seal", NULL, rename_with_seal, 1, "sealWrong", 0, 0, true },
    { "the first file gone", NULL, remove_first, 1, "linesMissing", 0, 1, false },
    { "a file in the middle gone", NULL, remove_middle, 2, "linesMissing", 0, 1, false },
    { "a file gone without its seal", NULL, remove_sealed, 2, "linesMissing", 0, 1, false },
    { "the open file gone", NULL, remove_open, 3, "fileMissing", 0, 1, false },
    { "a seal gone", NULL, remove_seal, 1, "sealMissing", 0, 0, false },
    { "another file's seal", NULL, foreign_seal, 1, "sealWrong", 0, 0, true },
};

struct found {
    struct flaw at[FLAWS];
    char files[FLAWS][FILE_NAME_BYTES];
    size_t count;
};

static void keep(void *ctx, const struct flaw *flaw)
{
    struct found *found = ctx;
    size_t i = found->count++;

    assert_true(i < FLAWS);
    found->at[i] = *flaw;
    (void)text_copy(found->files[i], sizeof(found->files[i]), flaw->file);
}

static struct proof prove(const char *dir, struct found *found)
{
    const struct proof_params params = { .dir = dir, .ctx = found, .flaw = keep, .judge = judge };
    struct proof proof;

    *found = (struct found){ .count = 0 };
    assert_ok(proof_make(&params, &proof, err));
    assert_int_equal(proof.flaws, found->count);
    return proof;
}

static bool tells(const struct found *found, const char *kind, const char *file)
{
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->at[i].kind, kind) == 0 && strcmp(found->files[i], file) == 0)
            return true;
    return false;
}

static void check_deed(const struct deed *deed, const char *dir)
{
    size_t at = deed->file == OPEN ? file_count - 1 : deed->file;
    struct found found;
    struct proof proof;

    if (deed->lines) {
        struct text text = load(dir, at);
        deed->lines(&text);
        save(dir, at, &text);
    } else if (deed->folder) {
        deed->folder(dir);
    }
    proof = prove(dir, &found);
    if (!deed->kind) {
        assert_int_equal(found.count, 0);
        assert_int_equal(proof.sealed, file_count - 1);
        assert_int_equal(proof.torn_bytes > 0, deed->lines == tear);
        return;
    }
    assert_true(found.count > 0);
    assert_string_equal(found.at[0].kind, deed->kind);
    assert_string_equal(found.files[0], files[at].name);
    if (deed->line != ANY_LINE)
        assert_int_equal(found.at[0].line, deed->line);
    if (deed->seq)
        assert_int_equal(found.at[0].seq, files[at].first + deed->seq - 1);
    assert_true(deed->folder != remove_sealed || tells(&found, "sealStray", files[1].name));
    assert_true(!deed->seal_too || tells(&found, "sealWrong", files[at].name));
}

/* req 0.57 */
static void what_is_done_to_a_journal_is_found_and_located(void **state)
{
    const char *dir = *state;
    char copy[128], command[512];

    fill_journal(dir);
    list(dir);
    assert_int_equal(file_count, 5);
    assert_int_equal(seal_all(dir), file_count - 1);
    for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
        print_message("%s\n", deeds[i].name);
        (void)snprintf(copy, sizeof(copy), "%s/copy", dir);
        (void)snprintf(command, sizeof(command),
                       "rm -rf '%s'; mkdir '%s' && cp -p '%s'/journal-* '%s'", copy, copy, dir,
                       copy);
        assert_int_equal(system(command), 0); /* NOLINT(concurrency-mt-unsafe): one thread */
        list(copy);
        check_deed(&deeds[i], copy);
    }
}

static void a_seal_is_made_once_and_the_journal_goes_on_beside_it(void **state)
{
    const char *dir = *state;
    struct found found;
    struct stat stat_of;

    fill_journal(dir);
    list(dir);
    assert_int_equal(seal_all(dir), file_count - 1);
    assert_int_equal(seal_all(dir), 0);
    for (size_t i = 0; i + 1 < file_count; i++) {
        assert_int_equal(stat(seal_of(dir, i), &stat_of), 0);
        assert_int_equal(stat_of.st_mode & 07777, 0600);
    }
    assert_int_not_equal(stat(seal_of(dir, file_count - 1), &stat_of), 0);
    fill_journal(dir); /* opens it again, and closes more files */
    assert_int_equal(walk(dir, NULL, NULL).lines, 2 * LINES);
    assert_true(seal_all(dir) > 0);
    assert_int_equal(prove(dir, &found).lines, 2 * LINES);
    assert_int_equal(found.count, 0);
}

static void what_the_chain_does_not_vouch_for_is_not_sealed(void **state)
{
    static void (*const ways[])(struct text *) = { change,   change_last, cut_out, insert,
                                                   cut_last, add_junk,    empty };
    const char *dir = *state;
    unsigned told = 0;
    const struct sealing how = { &told, sign, tell };
    struct sealed done;
    struct stat stat_of;
    char command[256];

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        fill_journal(dir);
        list(dir);
        struct text text = load(dir, 0);
        ways[i](&text);
        save(dir, 0, &text);
        assert_status(seal_next(dir, 1, &how, &done, err), ST_CONFLICT);
        assert_string_equal(done.file, files[0].name);
        assert_int_not_equal(stat(seal_of(dir, 0), &stat_of), 0);
        assert_int_equal(told, 0);
        assert_ok(seal_next(dir, done.first + 1, &how, &done, err)); /* the others are */
        assert_string_equal(done.file, files[1].name);
        told = 0;
        (void)snprintf(command, sizeof(command), "rm '%s'/*", dir);
        assert_int_equal(system(command), 0); /* NOLINT(concurrency-mt-unsafe): one thread */
    }
}

static void a_seal_that_is_not_on_record_is_not_kept(void **state)
{
    const char *dir = *state;
    const struct sealing how = { NULL, sign, tell_nobody };
    struct sealed done;
    struct stat stat_of;

    fill_journal(dir);
    list(dir);
    assert_status(seal_next(dir, 1, &how, &done, err), ST_UNAVAILABLE);
    assert_int_not_equal(stat(seal_of(dir, 0), &stat_of), 0);
    assert_int_equal(seal_all(dir), file_count - 1); /* later it is */
}

static void a_crash_while_sealing_leaves_no_file_unsealed(void **state)
{
    const char *dir = *state;
    struct found found;

    fill_journal(dir);
    list(dir);
    FILE *draft = fopen(path_of(dir, ".seal"), "w"); /* what a crash leaves of it */
    assert_non_null(draft);
    (void)fputs("sealed: but no", draft);
    (void)fclose(draft);
    assert_int_equal(seal_all(dir), file_count - 1);
    assert_int_equal(prove(dir, &found).sealed, file_count - 1);
    assert_int_equal(found.count, 0);
}

static void a_folder_without_journal_is_not_judged(void **state)
{
    struct found found = { .count = 0 };
    struct proof_params params = { .dir = *state, .ctx = &found, .flaw = keep, .judge = judge };
    struct proof proof;

    assert_status(proof_make(&params, &proof, err), ST_NOT_FOUND);
    params.dir = "/no/such/folder";
    assert_status(proof_make(&params, &proof, err), ST_NOT_FOUND);
}

static void pass_over(void *ctx, const struct flaw *flaw)
{
    (void)ctx;
    (void)flaw;
}

static bool only_so_many(void *ctx)
{
    return (*(unsigned *)ctx)-- > 0;
}

static void whoever_asks_for_a_proof_may_end_it(void **state)
{
    const char *dir = *state;
    struct proof proof;
    unsigned lines = 10;
    const struct proof_params params = {
        .dir = dir, .ctx = &lines, .flaw = pass_over, .judge = judge, .go_on = only_so_many
    };

    fill_journal(dir);
    assert_status(proof_make(&params, &proof, err), ST_TIMEOUT);
    assert_int_equal(proof.lines, 10);
    lines = 2 * LINES;
    assert_ok(proof_make(&params, &proof, err));
    assert_int_equal(proof.lines, LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)
        IN_FOLDER(what_is_done_to_a_journal_is_found_and_located),
        IN_FOLDER(a_seal_is_made_once_and_the_journal_goes_on_beside_it),
        IN_FOLDER(what_the_chain_does_not_vouch_for_is_not_sealed),
        IN_FOLDER(a_seal_that_is_not_on_record_is_not_kept),
        IN_FOLDER(a_crash_while_sealing_leaves_no_file_unsealed),
        IN_FOLDER(a_folder_without_journal_is_not_judged),
        IN_FOLDER(whoever_asks_for_a_proof_may_end_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
