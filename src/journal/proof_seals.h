/* What the journal's own lines say of its seals, beside what the files are: a seal that was taken
 * away and made anew over another content. For src/journal/proof.c only. */
#pragma once

#include "base/err.h"
#include "journal/files.h"
#include "model/event.h"

/* Of one file; "" : not known. */
struct seal_note {
    char file[FILE_NAME_BYTES];
    char sha256[65]; /* as the file is */
    char told[65];   /* as journal.sealed said first */
    bool differs;    /* it was said in two ways */
};
struct seal_notes {
    struct seal_note *at;
    size_t count, room;
};
MUST_USE enum status seal_notes_file(struct seal_notes *notes, const char *file, const char *sha256,
                                     struct err *err);
/* A line; others than journal.sealed, and those about another folder, are passed over. */
MUST_USE enum status seal_notes_line(struct seal_notes *notes, const struct event *event,
                                     struct err *err);
/* false: another content was sealed than what the file is now, or twice in two ways. */
bool seal_note_holds(const struct seal_note *note);
void seal_notes_clear(struct seal_notes *notes);
