/* Revocation, certificate by certificate: a kept receipt first, then the responders, then the lists
 * (req 0.22–0.24). */
#include "crypto/revocation_impl.h"

#include "base/text.h"
#include "crypto/cert_impl.h"
#include "crypto/crl.h"

/* How one certificate's row is written. */
struct row {
    const char *who; /* in front of it */
    char whose[300]; /* "the signer's certificate" */
    int64_t used_ms; /* when its key was used; 0: it must not be revoked at all */
    struct report *report;
};

/* RFC 3161 section 4 (1): reasons that tell nothing against what was signed before. */
static bool was_good_when_used(const struct row *row, const struct word *word)
{
    return row->used_ms && word->revoked_ms > row->used_ms &&
           (word->reason == REASON_AFFILIATION_CHANGED || word->reason == REASON_SUPERSEDED ||
            word->reason == REASON_CESSATION_OF_OPERATION);
}

/* more: "" or a remark on how the word was come by. */
static void tell(const struct row *row, const struct word *word, const char *more)
{
    bool stands = word->state == WORD_GOOD || was_good_when_used(row, word);

    if (word->state == WORD_UNKNOWN)
        report_add_source(row->report, OUTCOME_UNKNOWN, &word->source,
                          "%scannot be learnt of %s: %s, signed by %s (%s)", row->who, row->whose,
                          word->text, word->source.signed_by, word->source.algorithm);
    else
        report_add_source(row->report, stands ? OUTCOME_PASSED : OUTCOME_FAILED, &word->source,
                          "%s%s is %s, signed by %s (%s)%s%s", row->who, row->whose, word->text,
                          word->source.signed_by, word->source.algorithm,
                          stands && word->state == WORD_REVOKED ? ": after its key was used" : "",
                          more);
}

/* true: the row is written. */
static bool by_responders(const struct question *q, const struct row *row, struct word *ret)
{
    if (word_of_receipt(q, ret)) {
        tell(row, ret, " (kept receipt of this signature)");
        return true;
    }
    word_of_responders(q, ret);
    /* Responders speak for signers; of an authority they need not know. */
    if (ret->state == WORD_NONE || (ret->state == WORD_UNKNOWN && q->is_authority))
        return false;
    tell(row, ret, ret->remark);
    return true;
}

/* The lists say nothing, so a responder that failed a moment ago is asked after all. */
static bool insist(const struct question *q, const struct row *row, struct word *ret)
{
    struct question again = *q;

    again.insists = true;
    return by_responders(&again, row, ret);
}

static void learn(const struct question *q, const struct row *row)
{
    enum revocation how = q->judge->revocation;
    bool lists_alone = how == REVOCATION_CRL || (q->is_authority && !has_responders(q));
    bool lists = how != REVOCATION_OCSP || lists_alone;
    const struct trust_io *io = q->judge->io;
    struct word ocsp = { .state = WORD_NONE };
    struct word crl = { .state = WORD_NONE };
    char more[WHY_MAX + 16] = "";

    if (lists && io && io->see)
        io->see(io->ctx, q->subject, q->issuer);
    if (!lists_alone && by_responders(q, row, &ocsp))
        return;
    if (lists)
        word_of_lists(q, &crl);
    if (crl.state != WORD_NONE) {
        if (*ocsp.text)
            text_format(more, sizeof(more), " (OCSP: %s)", ocsp.text);
        tell(row, &crl, more);
        return;
    }
    if (ocsp.spared && insist(q, row, &ocsp))
        return;
    report_add(row->report, CHECK_REVOCATION, OUTCOME_UNKNOWN, "%scannot be learnt of %s: %s%s%s",
               row->who, row->whose, ocsp.text, *ocsp.text && *crl.text ? "; " : "", crl.text);
}

static void name_row(struct row *row, const struct judge *judge, const struct cert *cert,
                     bool first)
{
    if (!first)
        text_format(row->whose, sizeof(row->whose), "the certificate of %s", cert_label(cert));
    else
        text_copy(row->whose, sizeof(row->whose),
                  judge->purpose == PURPOSE_TSA ? "the timestamp authority's certificate"
                                                : "the signer's certificate");
}

/* How many certificates of the path are asked about, from the signer's on; never the anchor. */
static size_t count_of(const struct judge *judge, const struct path *path)
{
    bool all = judge->scope == REVOCATION_PATH && !judge_pins(judge, path->certs[0]);

    return all ? path->count - 1 : 1;
}

static void learn_all(const struct judge *judge, const struct path *path, struct row *row)
{
    size_t count = count_of(judge, path);

    for (size_t i = 0; i < count; i++) {
        const struct question q = { .judge = judge,
                                    .subject = path->certs[i],
                                    .issuer = path->certs[i + 1],
                                    .is_authority = i > 0 || judge->purpose == PURPOSE_TSA };
        name_row(row, judge, path->certs[i], i == 0);
        learn(&q, row);
    }
}

void judge_revocation(const struct judge *judge, const struct path *path, int64_t used_ms,
                      const char *who, struct report *report)
{
    struct row row = { .who = who,
                       .used_ms = judge->purpose == PURPOSE_TSA ? used_ms : 0,
                       .report = report };

    if (judge->revocation == REVOCATION_OFF)
        report_add(report, CHECK_REVOCATION, OUTCOME_SKIPPED, "%snot asked for", who);
    else if (path->count == 0)
        report_add(report, CHECK_REVOCATION, OUTCOME_SKIPPED,
                   "%snot judged: the certificate's issuer is not known", who);
    else if (path->count == 1)
        report_add(report, CHECK_REVOCATION, OUTCOME_SKIPPED,
                   "%snot judged: the certificate is an anchor itself", who);
    else
        learn_all(judge, path, &row);
}
