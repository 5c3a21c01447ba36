#include "journal/proof_seals.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { HEX = 64 };

/* From behind: a seal is told of soon after its file. */
static enum status note_of(struct seal_notes *notes, struct slice file, struct seal_note **ret,
                           struct err *err)
{
    for (size_t i = notes->count; i-- > 0;)
        if (slice_eq_str(file, notes->at[i].file)) {
            *ret = &notes->at[i];
            return ST_OK;
        }
    if (notes->count == 2 * (size_t)FILES_MAX)
        return RAISE(err, ST_UNAVAILABLE, "the journal tells of over %d seals", 2 * FILES_MAX);
    if (notes->count == notes->room) {
        size_t room = notes->room ? notes->room * 2 : 64;
        struct seal_note *at = realloc(notes->at, room * sizeof(*at));
        if (!at)
            return RAISE(err, ST_NOMEM, "journal: out of memory");
        notes->at = at;
        notes->room = room;
    }
    *ret = &notes->at[notes->count++];
    **ret = (struct seal_note){ .file = "" };
    (void)text_copy_slice((*ret)->file, sizeof((*ret)->file), file);
    return ST_OK;
}

enum status seal_notes_file(struct seal_notes *notes, const char *file, const char *sha256,
                            struct err *err)
{
    struct seal_note *note = NULL;

    TRY(note_of(notes, slice_str(file), &note, err));
    (void)text_copy(note->sha256, sizeof(note->sha256), sha256);
    return ST_OK;
}

/* FILE, lines A to B, SHA-256 HEX (src/server/housekeeping.c) */
enum status seal_notes_line(struct seal_notes *notes, const struct event *event, struct err *err)
{
    static const char mark[] = ", SHA-256 ";
    struct seal_note *note = NULL;
    struct journal_file file;
    char name[FILE_NAME_BYTES];

    if (strcmp(event->name, "journal.sealed") != 0)
        return ST_OK;
    const char *comma = strchr(event->text, ',');
    const char *hash = strstr(event->text, mark);
    if (!comma || !hash || strlen(hash + sizeof(mark) - 1) != HEX ||
        !text_copy_slice(name, sizeof(name),
                         slice_mem(event->text, (size_t)(comma - event->text))) ||
        !files_named(name, &file))
        return ST_OK;
    hash += sizeof(mark) - 1;
    if (note_of(notes, slice_str(name), &note, err) != ST_OK || !note)
        return err->status;
    if (note->told[0])
        note->differs |= strcmp(note->told, hash) != 0;
    else
        (void)text_copy(note->told, sizeof(note->told), hash);
    return ST_OK;
}

bool seal_note_holds(const struct seal_note *note)
{
    return !note->differs &&
           (!note->told[0] || !note->sha256[0] || strcmp(note->told, note->sha256) == 0);
}

void seal_notes_clear(struct seal_notes *notes)
{
    free(notes->at);
    *notes = (struct seal_notes){ .at = NULL };
}
