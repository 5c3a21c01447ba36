/* The journal's folders, proven in the background after each start and once a day: the
 * service's own and shepctl's beside it, with what was archived of them. What came of it is an
 * event, two numbers and a word on the console. Thread-safe. */
#pragma once

#include "base/auto.h"
#include "server/meters.h"

#include <stdbool.h>
#include <stdint.h>

struct service;
struct journal_proof;

struct journal_proof *journal_proof_new(void); /* NULL: out of memory */
/* NULL is fine. */
void journal_proof_free(struct journal_proof *proof);
DEFINE_AUTO(struct journal_proof, journal_proof_free)

enum proof_word {
    PROOF_NEVER, /* not yet, or there is no such folder */
    PROOF_WHOLE,
    PROOF_UNJUDGED, /* nothing is wrong, but there are seals that nobody here can judge */
    PROOF_BROKEN,
    PROOF_WORDS,
};
enum { PROOF_FOLDERS = 2, PROOF_PLACE = 512 };

struct proof_news {
    const char *folder; /* journal, ctl */
    enum proof_word word;
    int64_t at_ms, took_ms;
    uint64_t files, lines, sealed, flaws;
    char place[PROOF_PLACE]; /* of the first flaw, or why a seal cannot be judged */
};

/* For the chore: proves what is due, at a quarter of one processor's time at most; ends when the
 * service does. What is wrong is looked at once more before it is told: a file may just have been
 * closed, or moved into the archive. The seconds until there is reason to look again. */
int journal_proof_look(struct journal_proof *proof, const struct service *service);
/* The last of each folder. */
void journal_proof_news(struct journal_proof *proof, struct proof_news ret[PROOF_FOLDERS]);
void journal_proof_measure(struct journal_proof *proof, const struct meters *meters);

/* The next time after now_ms that Astana's clock strikes this hour. */
int64_t journal_proof_next(int64_t now_ms, int64_t hour);
