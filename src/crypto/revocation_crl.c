/* What the issuer's revocation lists say (req 0.24), and what is kept of them as evidence. */
#include "base/text.h"
#include "crypto/cert_impl.h"
#include "crypto/crl_index.h"
#include "crypto/revocation_impl.h"

enum {
    FIRST_LIST_MS = 5 * 1000, /* at most for lists that were never fetched yet */
    EVIDENCE_TEXT_MAX = 4096,
};

static int64_t deadline_of(const struct judge *judge)
{
    int64_t latest_ms = clock_monotonic_ms() + FIRST_LIST_MS;

    return judge->deadline_ms && judge->deadline_ms < latest_ms ? judge->deadline_ms : latest_ms;
}

static void add_list(struct bytes *text, const char *what, const struct crl *crl)
{
    const struct crl_facts *facts = crl_facts(crl);
    char number[CRL_NUMBER_TEXT];
    char sha256[65];
    char from[TIME_TEXT];
    char to[TIME_TEXT];

    crl_number_text(&facts->number, number);
    text_hex(slice_mem(facts->sha256, 32), sha256);
    time_utc_text(facts->this_update_ms, from);
    time_utc_text(facts->next_update_ms, to);
    bytes_addf(text,
               "%sCRLNumber: %s\n%ssha256: %s\n%sthisUpdate: %s\n%snextUpdate: %s\n"
               "%ssignature: %s\n",
               what, number, what, sha256, what, from, what, to, what,
               algorithm_name(facts->algorithm));
}

/* Which lists were relied upon, and what they say: what EVIDENCE_CRL is made of. A list itself is
 * too large for every signature's evidence (20 MB); its hash tells which one it was. */
static void keep_lists(const struct question *q, const struct crl_index *index,
                       const struct crl_answer *answer)
{
    const struct crl *base = crl_index_base(index);
    const struct crl *delta = crl_index_delta(index);
    AUTO(bytes_free) struct bytes *text = bytes_new(EVIDENCE_TEXT_MAX);
    char when[TIME_TEXT];

    if (!text || !q->judge->evidence)
        return;
    bytes_addf(text, "issuer: %s\n", cert_signer(crl_issuer(base))->subject);
    add_list(text, "", base);
    if (delta)
        add_list(text, "delta ", delta);
    bytes_addf(text, "serial: %s\n", cert_signer(q->subject)->serial);
    time_utc_text(answer->revoked_ms, when);
    if (answer->state == CRL_GOOD)
        bytes_add_str(text, "entry: none in force\n");
    else
        bytes_addf(text, "entry: revoked on %s, reason %s\n", when,
                   crl_reason_name(answer->reason));
    evidence_add(q->judge->evidence, EVIDENCE_CRL, bytes_slice(text));
}

static void tell_source(const struct crl_index *index, const struct crl_answer *answer,
                        struct report_source *ret)
{
    const struct crl *base = crl_index_base(index);
    const struct crl *delta = crl_index_delta(index);

    text_copy(ret->kind, sizeof(ret->kind), "crl");
    text_copy(ret->signed_by, sizeof(ret->signed_by), cert_label(crl_issuer(base)));
    text_copy(ret->algorithm, sizeof(ret->algorithm), algorithm_name(crl_facts(base)->algorithm));
    crl_number_text(&crl_facts(base)->number, ret->number);
    if (delta)
        crl_number_text(&crl_facts(delta)->number, ret->delta_number);
    ret->at_ms = answer->this_update_ms;
    ret->until_ms = answer->next_update_ms;
}

static enum status find(const struct question *q, struct crl_index **ret_index, struct err *err)
{
    const struct trust_io *io = q->judge->io;

    if (!has_lists(q->judge))
        return RAISE(err, ST_NOT_FOUND, "no CRLs are kept here");
    return io->find_crl(io->ctx, q->subject, q->issuer, deadline_of(q->judge), ret_index, err);
}

void word_of_lists(const struct question *q, struct word *ret)
{
    const struct crl_query query = { q->subject, q->issuer, q->judge->now_ms, q->judge->skew_ms };
    AUTO(crl_index_free) struct crl_index *index = NULL;
    struct crl_answer answer;
    struct err err;

    *ret = (struct word){ .state = WORD_NONE };
    if (find(q, &index, &err) != ST_OK) {
        text_copy(ret->text, sizeof(ret->text), err.text);
        return;
    }
    crl_index_judge(index, &query, &answer);
    text_copy(ret->text, sizeof(ret->text), answer.text);
    if (answer.state == CRL_UNKNOWN)
        return;
    ret->state = answer.state == CRL_GOOD ? WORD_GOOD : WORD_REVOKED;
    ret->revoked_ms = answer.revoked_ms;
    /* a list that gives no reason reads as unspecified */
    ret->reason = answer.reason == REASON_UNSPECIFIED ? -1 : (int)answer.reason;
    tell_source(index, &answer, &ret->source);
    keep_lists(q, index, &answer);
}
