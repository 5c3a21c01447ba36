#include "server/journal_begin.h"

#include "store/lines.h"
#include "store/months.h"

#include <string.h>

enum { MONTH_END = 999912 };

struct begin {
    const char *instance;
    uint64_t seq;
};

static enum status see(void *ctx, const struct archived *file, struct err *err)
{
    struct begin *begin = ctx;

    (void)err;
    if (strcmp(file->instance, begin->instance) == 0 && file->removed_ms &&
        file->last >= begin->seq)
        begin->seq = file->last + 1;
    return ST_OK;
}

enum status journal_begins(struct store *store, const char *instance, uint64_t *ret_seq,
                           struct err *err)
{
    struct begin begin = { .instance = instance };

    TRY(store_archived_each(store, 0, MONTH_END, see, &begin, err));
    *ret_seq = begin.seq;
    return ST_OK;
}

enum status journal_table(struct store *store, const char *instance, uint64_t seq,
                          uint64_t *ret_last, struct bytes **ret_line, struct err *err)
{
    TRY(store_journal_position(store, instance, ret_last, err));
    return seq > 0 ? store_journal_line(store, instance, seq, ret_line, err) : ST_OK;
}
