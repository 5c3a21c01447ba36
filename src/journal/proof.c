#include "journal/proof.h"

#include "base/arena.h"
#include "base/text.h"
#include "journal/archive_place.h"
#include "journal/files.h"
#include "journal/proof_seals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHY strerrordesc_np(errno)

/* Where a line stands. */
struct place {
    char file[FILE_NAME_BYTES];
    uint64_t line, seq;
};

struct walk {
    const struct proof_params *params;
    struct proof *proof;
    int dir_fd;
    int archive_fd; /* ARCHIVE/INSTANCE, -1: none */
    const struct journal_file *file;
    const struct journal_file *after; /* NULL: `file` is the last one */
    uint64_t line;                    /* in the file */
    struct place last;                /* the last line of the chain; seq 0: none yet */
    char hash[LINE_HASH];             /* of it; "" when it is not known */
    uint64_t table_last;              /* before the files were read */
    struct bytes *line_bytes;         /* of it, when the table is asked */
    struct seal_notes notes;
    struct reader *reader;
};

static void tell(struct walk *walk, const char *kind, const struct place *place, const char *fmt,
                 ...) __attribute__((format(printf, 4, 5)));

static void tell(struct walk *walk, const char *kind, const struct place *place, const char *fmt,
                 ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    (void)text_vformat(text, sizeof(text), fmt, args);
    va_end(args);
    walk->proof->flaws++;
    walk->params->flaw(walk->params->ctx,
                       &(struct flaw){ kind, place->file, place->line, place->seq, text });
}

static int home_of(const struct walk *walk, const struct journal_file *file)
{
    return file->archived ? walk->archive_fd : walk->dir_fd;
}

static struct place here(const struct walk *walk, uint64_t line, uint64_t seq)
{
    struct place place = { .line = line, .seq = seq };

    (void)text_copy(place.file, sizeof(place.file), walk->file->name);
    return place;
}

/* ---- a line ---- */

static enum status move_on(struct walk *walk, uint64_t seq, struct slice line, struct err *err)
{
    walk->last = here(walk, walk->line, seq);
    walk->proof->last = seq;
    if (walk->proof->lines++ == 0)
        walk->proof->first = seq;
    walk->proof->open_lines++;
    if (walk->line_bytes) {
        walk->line_bytes->len = 0;
        bytes_add(walk->line_bytes, line);
    }
    return line_hash(line, walk->hash, err);
}

/* No line of ours; when its number is the one that is due, it is taken for that line. */
static void see_malformed(struct walk *walk, struct slice line, const char *why)
{
    uint64_t seq = line_seq(line);
    const struct place place = here(walk, walk->line, seq);

    tell(walk, "lineMalformed", &place, "%s", why);
    if (seq == walk->last.seq + 1) {
        walk->last = place;
        walk->hash[0] = '\0';
    }
}

static void check_instance(struct walk *walk, const struct place *place, struct slice instance)
{
    struct proof *proof = walk->proof;

    if (!proof->instance[0])
        (void)text_copy_slice(proof->instance, sizeof(proof->instance), instance);
    if (!slice_eq(slice_str(proof->instance), instance))
        tell(walk, "otherInstance", place, "a line of instance %.*s in the journal of %s",
             (int)instance.len, instance.at, proof->instance);
}

static enum status see_line(struct walk *walk, struct slice line, struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new((size_t)4 * LINE_MAX_BYTES);
    struct line got;
    struct err why;

    if (!arena)
        return RAISE(err, ST_NOMEM, "journal: out of memory");
    walk->line++;
    if (line_parse(line, arena, &got, &why) != ST_OK) {
        see_malformed(walk, line, why.text);
        return ST_OK;
    }
    const uint64_t seq = got.row.seq;
    const struct place place = here(walk, walk->line, seq);
    const unsigned long long due = walk->last.seq + 1;

    if (seq < due) {
        tell(walk, "lineMisplaced", &place, "line %llu was due: this one was inserted or moved",
             due);
        return ST_OK;
    }
    if (seq > due)
        tell(walk, "linesMissing", &place, "lines %llu to %llu are not before this one", due,
             (unsigned long long)seq - 1);
    else if (walk->hash[0] && strcmp(got.prev, walk->hash) != 0)
        tell(walk, "lineChanged", walk->last.seq ? &walk->last : &place,
             walk->last.seq ? "the line after it carries another line's hash"
                            : "the journal's first line follows another line");
    check_instance(walk, &place, got.row.instance);
    TRY(seal_notes_line(&walk->notes, &got.row.event, err));
    return move_on(walk, seq, line, err);
}

/* ---- a file's lines ---- */

/* Up to limit: behind it stands what a crash, or a write under way, left of a last line. */
static enum status see_lines(struct walk *walk, uint64_t limit, struct err *err)
{
    while (walk->reader->offset < limit) {
        enum reading what = READ_END;
        struct slice line;

        if (walk->params->go_on && !walk->params->go_on(walk->params->ctx))
            return RAISE(err, ST_TIMEOUT, "the journal's proof was ended");
        TRY(reader_next(walk->reader, &what, &line, err));
        if (what == READ_LINE) {
            TRY(see_line(walk, line, err));
            continue;
        }
        if (what == READ_TOO_LONG || (walk->after && walk->reader->begin < walk->reader->end)) {
            const struct place place = here(walk, walk->line + 1, 0);
            tell(walk, "lineMalformed", &place,
                 what == READ_END ? "the end of a closed file is not a whole line"
                                  : "no line of ours is so long; the rest of the file is not read");
        }
        return ST_OK;
    }
    return ST_OK;
}

/* The seq that the file's first line claims. */
static enum status peek(struct walk *walk, uint64_t *ret_seq, struct err *err)
{
    enum reading what = READ_END;
    struct slice line;

    TRY(reader_next(walk->reader, &what, &line, err));
    *ret_seq = what == READ_LINE ? line_seq(line) : 0;
    reader_seek(walk->reader, 0);
    return ST_OK;
}

/* Goes on behind a part of the chain that is not there. */
static void resume_at(struct walk *walk, uint64_t seq)
{
    walk->last = (struct place){ .seq = seq - 1 };
    walk->hash[0] = '\0';
}

/* Another file's lines: they are left out, one flaw tells of them all. */
static bool is_swapped(struct walk *walk, uint64_t begins)
{
    const struct place place = here(walk, 1, begins);

    if (begins == 0 ||
        (begins >= walk->file->first && (!walk->after || begins < walk->after->first)))
        return false;
    tell(walk, "fileMisplaced", &place,
         "begins with line %llu and not with %llu as its name says: it was swapped or renamed",
         (unsigned long long)begins, (unsigned long long)walk->file->first);
    if (walk->after)
        resume_at(walk, walk->after->first);
    return true;
}

static void check_first(struct walk *walk)
{
    const uint64_t due = walk->last.seq + 1, first = walk->file->first;
    const struct place place = here(walk, 0, first);

    if (first == due)
        return;
    if (first > due)
        tell(walk, "linesMissing", &place,
             "lines %llu to %llu are in no file: one before this is gone, or its end",
             (unsigned long long)due, (unsigned long long)first - 1);
    else
        tell(walk, "fileMisplaced", &place, "line %llu was due: it was inserted or renamed",
             (unsigned long long)due);
    resume_at(walk, first);
}

static enum status find_limit(struct walk *walk, uint64_t *ret_limit, struct err *err)
{
    struct file_end end;

    *ret_limit = UINT64_MAX;
    if (walk->after)
        return ST_OK;
    TRY(files_scan(home_of(walk, walk->file), walk->file, &end, err));
    if (end.broken || end.good_bytes == end.total_bytes)
        return ST_OK;
    *ret_limit = end.good_bytes;
    walk->proof->torn_bytes = end.total_bytes - end.good_bytes;
    return ST_OK;
}

static enum status read_file(struct walk *walk, struct err *err)
{
    uint64_t limit, begins = 0;

    TRY(find_limit(walk, &limit, err));
    TRY(peek(walk, &begins, err));
    check_first(walk);
    return is_swapped(walk, begins) ? ST_OK : see_lines(walk, limit, err);
}

static enum status see_file(struct walk *walk, struct err *err)
{
    AUTO(reader_free) struct reader *reader = NULL;
    const struct place place = here(walk, 0, 0);

    walk->line = 0;
    walk->proof->open_lines = 0;
    TRY(reader_open(home_of(walk, walk->file), walk->file, &reader, err));
    walk->reader = reader;
    enum status status = read_file(walk, err);
    if (status != ST_UNAVAILABLE || !walk->file->archived || !walk->after)
        return status;
    tell(walk, "fileDamaged", &place, "%.200s; what follows in it is not read", err->text);
    resume_at(walk, walk->after->first);
    return ST_OK;
}

/* ---- seals ---- */

static void hear(struct walk *walk, enum seal_word word, const char *why)
{
    struct proof *proof = walk->proof;
    const struct place place = here(walk, 0, 0);

    if (word == SEAL_GOOD)
        proof->sealed++;
    else if (word == SEAL_WRONG)
        tell(walk, "sealWrong", &place, "its seal does not hold: %s", why);
    else if (proof->unjudged++ == 0)
        (void)text_copy(proof->unjudged_why, sizeof(proof->unjudged_why), why);
}

static enum status see_seal(struct walk *walk, struct err *err)
{
    AUTO(bytes_free) struct bytes *sig = NULL;
    const struct place place = here(walk, 0, 0);
    char statement[SEAL_STATEMENT_BYTES], sha256[65];
    char why[SEAL_WHY_BYTES] = "";

    TRY(files_load_seal(home_of(walk, walk->file), walk->file, &sig, err));
    if (!sig) {
        tell(walk, "sealMissing", &place,
             "it is closed and has no seal; shepd makes one within seconds");
        return ST_OK;
    }
    struct err large;
    if (bytes_check(sig, "seal", &large) != ST_OK) {
        hear(walk, SEAL_WRONG, "it is too large for one");
        return ST_OK;
    }
    enum status status =
        seal_statement(home_of(walk, walk->file), walk->file, sha256, statement, err);
    if (status == ST_UNAVAILABLE && walk->file->archived) {
        hear(walk, SEAL_WRONG, "its file is damaged");
        return ST_OK;
    }
    TRY(status);
    TRY(seal_notes_file(&walk->notes, walk->file->name, sha256, err));
    enum seal_word word =
        walk->params->judge(walk->params->ctx, slice_str(statement), bytes_slice(sig), why);
    hear(walk, word, why);
    return ST_OK;
}

static bool holds(const struct journal_files *files, const char *name)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->at[i].name, name) == 0)
            return true;
    return false;
}

/* Seals that stand beside no file, or beside the one that should be open. */
static void check_seals(struct walk *walk, const struct journal_files *files,
                        const struct journal_files *seals)
{
    const char *open_file = files->at[files->count - 1].name;

    for (size_t i = 0; i < seals->count; i++) {
        struct place place = { .seq = seals->at[i].first };

        (void)text_copy(place.file, sizeof(place.file), seals->at[i].name);
        if (strcmp(place.file, open_file) == 0)
            tell(walk, "fileMissing", &place, "it is sealed, so others followed it: they are gone");
        else if (!holds(files, place.file))
            tell(walk, "sealStray", &place, "there is its seal, and the file is not");
    }
}

/* What the lines say of the seals, and what the files are. */
static void check_notes(struct walk *walk)
{
    for (size_t i = 0; i < walk->notes.count; i++) {
        const struct seal_note *note = &walk->notes.at[i];
        struct place place = { .seq = 0 };

        if (seal_note_holds(note))
            continue;
        (void)text_copy(place.file, sizeof(place.file), note->file);
        tell(walk, "sealReplaced", &place,
             "the journal says that it was sealed with SHA-256 %s: its seal was made anew over "
             "something else",
             note->told);
    }
}

/* ---- the table ---- */

static enum status ask_last(struct walk *walk, const char *instance, struct err *err)
{
    AUTO(bytes_free) struct bytes *line = NULL;

    if (!walk->params->table || !instance[0])
        return ST_OK;
    return walk->params->table(walk->params->ctx, instance, 0, &walk->table_last, &line, err);
}

/* The open file's last line has no line after it, and no seal: the table has it, or will. */
static enum status ask_line(struct walk *walk, struct err *err)
{
    AUTO(bytes_free) struct bytes *line = NULL;
    uint64_t last = 0;

    if (!walk->params->table || !walk->last.seq)
        return ST_OK;
    if (walk->table_last > walk->last.seq)
        tell(walk, "linesMissing", &walk->last,
             "the table has lines up to %llu: those after this one are gone",
             (unsigned long long)walk->table_last);
    TRY(walk->params->table(walk->params->ctx, walk->proof->instance, walk->last.seq, &last, &line,
                            err));
    if (line && line->len > 0 && !slice_eq(bytes_slice(line), bytes_slice(walk->line_bytes)))
        tell(walk, "tableDiffers", &walk->last, "the table has another line of this number");
    return ST_OK;
}

/* ---- the folder ---- */

/* Whose journal it is, by the last file that has lines. */
static enum status find_instance(const struct walk *walk, const struct journal_files *files,
                                 char ret[80], struct err *err)
{
    struct file_end end;

    ret[0] = '\0';
    for (size_t i = files->count; i-- > 0 && !ret[0];) {
        TRY(files_scan(walk->dir_fd, &files->at[i], &end, err));
        (void)text_copy(ret, 80, end.instance);
    }
    return ST_OK;
}

static enum status add_archive(struct walk *walk, struct journal_files *files,
                               struct journal_files *seals, const char *instance, struct err *err)
{
    if (!walk->params->archive || !archive_is_instance(instance))
        return ST_OK;
    enum status status =
        archive_open_instance(walk->params->archive, instance, false, &walk->archive_fd, err);
    if (status == ST_NOT_FOUND) /* nothing was archived yet; a gap would show */
        return ST_OK;
    TRY(status);
    TRY(files_add_archived(walk->archive_fd, true, seals, err));
    return files_add_archived(walk->archive_fd, false, files, err);
}

static enum status prove(struct walk *walk, struct err *err)
{
    AUTO(files_free) struct journal_files *files = NULL;
    AUTO(files_free) struct journal_files *seals = NULL;
    char instance[80];

    /* seals first: a file that has one by then has a file after it in the list made later */
    TRY(files_list_sealed(walk->dir_fd, &seals, err));
    TRY(files_list(walk->dir_fd, &files, err));
    if (files->count == 0)
        return RAISE(err, ST_NOT_FOUND, "%s: there is no journal in it", walk->params->dir);
    TRY(find_instance(walk, files, instance, err));
    TRY(ask_last(walk, instance, err));
    TRY(add_archive(walk, files, seals, instance, err));
    walk->proof->files = files->count;
    for (size_t i = 0; i < files->count; i++) {
        walk->file = &files->at[i];
        walk->after = i + 1 < files->count ? walk->file + 1 : NULL;
        walk->proof->archived += walk->file->archived;
        TRY(see_file(walk, err));
        if (walk->after)
            TRY(see_seal(walk, err));
    }
    check_seals(walk, files, seals);
    check_notes(walk);
    (void)text_copy(walk->proof->open_file, sizeof(walk->proof->open_file), walk->file->name);
    return ask_line(walk, err);
}

static void close_walk(struct walk *walk)
{
    if (walk->dir_fd >= 0)
        (void)close(walk->dir_fd);
    if (walk->archive_fd >= 0)
        (void)close(walk->archive_fd);
    bytes_free(walk->line_bytes);
    seal_notes_clear(&walk->notes);
}

static enum status begin(struct walk *walk, struct err *err)
{
    const struct proof_params *params = walk->params;

    (void)text_copy(walk->hash, sizeof(walk->hash), LINE_FIRST_PREV);
    if (params->begins > 1)
        resume_at(walk, params->begins);
    walk->dir_fd = open(params->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (walk->dir_fd < 0)
        return RAISE(err, errno == ENOENT ? ST_NOT_FOUND : ST_UNAVAILABLE, "%s: %s", params->dir,
                     WHY);
    if (params->table && !(walk->line_bytes = bytes_new(LINE_MAX_BYTES)))
        return RAISE(err, ST_NOMEM, "journal: out of memory");
    return prove(walk, err);
}

enum status proof_make(const struct proof_params *params, struct proof *ret, struct err *err)
{
    struct walk walk = { .params = params, .proof = ret, .dir_fd = -1, .archive_fd = -1 };

    *ret = (struct proof){ .files = 0 };
    enum status status = begin(&walk, err);
    close_walk(&walk);
    return status;
}
