/* How far the receiver of syslog is, in a small file in the journal's folder: written whole, synced
 * and renamed, so it is never half. It may lag behind what the receiver has. For this room only. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define POSITION_FILE "syslog.position" /* a seq in decimal and a newline; mode 0600 */

struct position;
/* No file: 0. ST_FORMAT: it is damaged; whoever removes it sends all anew. ST_UNAVAILABLE. */
MUST_USE enum status position_open(const char *dir, struct position **ret_position,
                                   uint64_t *ret_seq, struct err *err);
/* Writes it when it has changed, at most once a second unless it is to be now. A disk that refuses
 * costs repeated lines only, so nobody is told. */
void position_keep(struct position *position, uint64_t seq, bool now);
/* NULL is fine. */
void position_close(struct position *position);
