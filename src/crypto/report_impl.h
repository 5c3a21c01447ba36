/* What the judging functions of this room need of a report beyond its public face. */
#pragma once

#include "crypto/report.h"

/* The verdict of the rows from `first` on: INVALID when one failed or was lost, INDETERMINATE when
 * one is unknown. No signature row is demanded: it is for judgements that are a part of another. */
enum verdict report_part_verdict(const struct report *report, size_t first);
/* The reason of the first failed, else unknown row from `first` on: "path: …"; "" when none. */
void report_part_reason(const struct report *report, size_t first, char *dst, size_t size);
/* A row of another report with its source; who: in front of its text. */
void report_add_row(struct report *report, const char *who, const struct report_row *row);
