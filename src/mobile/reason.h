/* Why a signature or a login was refused, as store, journal, status and page have it. For this room
 * and its tests only. */
#pragma once

#include "base/slice.h"
#include "crypto/report.h"

enum { REASON_TEXT = 240 };

/* Cut to fit. Certificates' names carry IINs, which do not belong there: none is left, nor a part
 * of one that was cut. */
void reason_set(char dst[REASON_TEXT], const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Of which check «CHECK: …» speaks; CHECK_COUNT_: of none. */
enum check reason_check(struct slice reason);
