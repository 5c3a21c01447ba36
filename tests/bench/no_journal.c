/* A journal that is none: shepd linked with it does all its work but the journal's, for
 * scripts/bench journal. Never installed. */
#include "journal/journal.h"

#include "base/text.h"

#include <stdlib.h>

struct journal {
    struct journal_params params;
};
struct shipper {
    char nothing;
};

enum status journal_open(const struct journal_params *params, struct journal **ret_journal,
                         struct err *err)
{
    struct journal *journal = calloc(1, sizeof(*journal));

    if (!journal)
        return RAISE(err, ST_NOMEM, "journal: out of memory");
    journal->params = *params;
    *ret_journal = journal;
    return ST_OK;
}

void journal_close(struct journal *journal)
{
    free(journal);
}

enum status journal_write(struct journal *journal, const struct event *event, struct err *err)
{
    (void)journal;
    (void)event;
    (void)err;
    return ST_OK;
}

enum status journal_recover(struct journal *journal, struct err *err)
{
    (void)journal;
    (void)err;
    return ST_OK;
}

enum status journal_received(struct journal *journal, const struct peer *peer,
                             const struct request *req, struct err *err)
{
    (void)journal;
    (void)peer;
    (void)req;
    (void)err;
    return ST_OK;
}

enum status journal_answered(struct journal *journal, const struct peer *peer,
                             const struct request *req, const struct reply *reply,
                             const char *reason, struct err *err)
{
    (void)journal;
    (void)peer;
    (void)req;
    (void)reply;
    (void)reason;
    (void)err;
    return ST_OK;
}

void journal_pseudonym(const struct journal *journal, const char *iin, char ret[17])
{
    (void)journal;
    (void)iin;
    (void)text_copy(ret, 17, "0000000000000000");
}

struct journal_stats journal_stats(struct journal *journal)
{
    (void)journal;
    return (struct journal_stats){ .lines = 0 };
}

enum status shipper_start(struct journal *journal, const struct event_sink *sink,
                          struct shipper **ret_shipper, struct err *err)
{
    (void)journal;
    (void)sink;
    *ret_shipper = calloc(1, sizeof(**ret_shipper));
    return *ret_shipper ? ST_OK : RAISE(err, ST_NOMEM, "shipper: out of memory");
}

uint64_t shipper_lag(const struct shipper *shipper)
{
    (void)shipper;
    return 0;
}

bool shipper_failing(const struct shipper *shipper, struct err *ret_err)
{
    (void)shipper;
    (void)ret_err;
    return false;
}

void shipper_stop(struct shipper *shipper, int64_t grace_ms)
{
    (void)grace_ms;
    free(shipper);
}
