/* Evidence collected while judging: a list with a ceiling and a sticky failure. */
#include "base/bytes.h"
#include "crypto/trust.h"

#include <stdlib.h>

enum {
    ITEMS_MAX = 256,
    EVIDENCE_BYTES_MAX = 8 * 1024 * 1024,
};

struct evidence {
    struct {
        enum evidence_kind kind;
        struct bytes *data;
    } items[ITEMS_MAX];
    size_t count;
    size_t total; /* bytes */
    bool lost;
};

struct evidence *evidence_new(void)
{
    return calloc(1, sizeof(struct evidence));
}

void evidence_free(struct evidence *evidence)
{
    if (!evidence)
        return;
    for (size_t i = 0; i < evidence->count; i++)
        bytes_free(evidence->items[i].data);
    free(evidence);
}

size_t evidence_count(const struct evidence *evidence)
{
    return evidence->count;
}

struct slice evidence_data(const struct evidence *evidence, size_t i)
{
    return bytes_slice(evidence->items[i].data);
}

enum evidence_kind evidence_kind(const struct evidence *evidence, size_t i)
{
    return evidence->items[i].kind;
}

/* Paths of one document share their authorities. */
static bool has(const struct evidence *evidence, enum evidence_kind kind, struct slice data)
{
    for (size_t i = 0; i < evidence->count; i++)
        if (evidence->items[i].kind == kind && slice_eq(evidence_data(evidence, i), data))
            return true;
    return false;
}

void evidence_add(struct evidence *evidence, enum evidence_kind kind, struct slice data)
{
    if (!evidence || has(evidence, kind, data))
        return;
    bool room = evidence->count < ITEMS_MAX && data.len <= EVIDENCE_BYTES_MAX - evidence->total;
    struct bytes *copy = room ? bytes_dup(data) : NULL;
    if (!copy) {
        evidence->lost = true;
        return;
    }
    evidence->items[evidence->count].kind = kind;
    evidence->items[evidence->count++].data = copy;
    evidence->total += data.len;
}

void evidence_append(struct evidence *to, const struct evidence *from)
{
    if (!to || !from)
        return;
    for (size_t i = 0; i < from->count; i++)
        evidence_add(to, from->items[i].kind, evidence_data(from, i));
    to->lost = to->lost || from->lost;
}

enum status evidence_check(const struct evidence *evidence, struct err *err)
{
    if (evidence->lost)
        return RAISE(err, ST_NOMEM, "evidence: out of memory, over %d items or %d bytes", ITEMS_MAX,
                     EVIDENCE_BYTES_MAX);
    return ST_OK;
}
