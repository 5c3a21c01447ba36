/* What the journal's tests share: a folder of its own per test, and a walk over all lines. */
#pragma once

#include "base/clock.h"
#include "journal/journal.h"
#include "journal/line.h"
#include "support/outcome.h"

#define T0_MS 1795338187120LL /* 2026-11-22T14:03:07.120+05:00 */

/* Test set-up and its end: *state is the folder's path (const char *). */
int folder_make(void **state);
int folder_remove(void **state);

struct journal_params params_in(const char *dir);
struct journal *open_in(const char *dir);
enum status write_one(struct journal *journal, const char *text);

/* Every line of the folder in order of files; checks seq without gaps from 1 and the chain. */
struct walk {
    uint64_t lines;
    size_t files;
    size_t largest_file;
    char last_text[256];
    char events[4096]; /* names, each followed by a blank, the first ones */
};
struct walk walk(const char *dir, bool (*see)(const struct event_row *row, void *ctx), void *ctx);
/* Path of the folder's last file. */
void last_file(const char *dir, char path[256]);
