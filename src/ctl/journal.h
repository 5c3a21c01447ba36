/* What the commands of `shepctl journal` share: options, and what they look into. */
#pragma once

#include "conf/conf.h"
#include "ctl/audit.h"
#include "ctl/ctl.h"
#include "server/seal_judge.h"
#include "store/months.h"

#define JOURNAL_CONF "/etc/shepd/shepd.conf"

enum { JOURNAL_FOLDERS = 2 };

/* Configuration, store, the record of who does it, and whose seals count. */
struct journal_desk {
    const struct conf *conf;
    struct store *store;
    struct audit *audit;
    struct seal_judge judge;
    /* the service's journal and shepctl's own beside it */
    char dirs[JOURNAL_FOLDERS][1024];
    char instances[JOURNAL_FOLDERS][128];
};
/* path NULL: JOURNAL_CONF. *ret_desk is the caller's. */
MUST_USE enum status journal_desk_open(const char *path, struct journal_desk **ret_desk,
                                       struct err *err);
/* NULL is fine. */
void journal_desk_close(struct journal_desk *desk);
DEFINE_AUTO(struct journal_desk, journal_desk_close)

/* Now, as a month: the earlier one of the database's clock and ours, so that neither alone makes
 * anything old. */
MUST_USE enum status journal_month_now(const struct journal_desk *desk, int32_t *ret_month,
                                       struct err *err);
/* One line in shepctl's journal. */
MUST_USE enum status journal_tell(const struct journal_desk *desk, struct err *err,
                                  enum event_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* A number of an option. ST_INPUT names it. */
MUST_USE enum status journal_read_number(const char *option, const char *value, int64_t min,
                                         int64_t max, int64_t *ret, struct err *err);
