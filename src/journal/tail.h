/* What a shipper needs of the journal beside its files. For this room only. Thread-safe. */
#pragma once

#include "journal/journal.h"

/* Whoever waits for lines; `ending` is set and read under the journal's lock. */
struct tail {
    struct journal *journal;
    bool ending;
};
int tail_dir(const struct journal *journal); /* the folder, borrowed */
struct slice tail_instance(const struct journal *journal);
/* The last seq on disk; waits until it is past seq, the tail is to end, or ms are over; -1: no such
 * end. */
uint64_t tail_await(struct tail *tail, uint64_t seq, int64_t ms);
/* Waits ms, or until the tail is to end when it is not ending yet. */
void tail_pause(struct tail *tail, int64_t ms);
bool tail_ending(struct tail *tail);
void tail_end(struct tail *tail);
