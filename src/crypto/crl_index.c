#include "crypto/crl_index.h"

#include "base/text.h"
#include "crypto/crl_impl.h"
#include "crypto/crl_points.h"
#include "crypto/ossl.h"
#include "crypto/trust_impl.h"

#include <openssl/x509v3.h>

struct crl_index {
    atomic_int refs;
    struct crl *base;
    struct crl *delta;  /* NULL: none */
    bool delta_refused; /* one was given and none is used */
    char note[240];
};

static bool same_key(const struct crl *a, const struct crl *b)
{
    return memcmp(a->issuer_key, b->issuer_key, sizeof(a->issuer_key)) == 0;
}

/* NULL: it applies; else the reason why it does not, with numbers in buf. */
static const char *refuse_delta(const struct crl *base, const struct crl *delta, char *buf,
                                size_t size)
{
    char needed[CRL_NUMBER_TEXT];
    char number[CRL_NUMBER_TEXT];

    if (!same_key(base, delta))
        return "it is another issuer's";
    if (!slice_eq(bytes_slice(base->idp), bytes_slice(delta->idp)))
        return "its scope is not the base's";
    if (!base->facts.number.present)
        return "the base has no number";
    if (crl_number_compare(&delta->facts.base_number, &base->facts.number) > 0) {
        crl_number_text(&delta->facts.base_number, needed);
        crl_number_text(&base->facts.number, number);
        text_format(buf, size, "it needs base no. %s or later and the base is no. %s", needed,
                    number);
        return buf;
    }
    if (delta->facts.this_update_ms < base->facts.this_update_ms)
        return "it is older than the base";
    return NULL;
}

/* Both apply to one base list. Deltas are numbered apart, and only within one BaseCRLNumber is it
 * known that their numbers grow; thisUpdate always does. */
static bool goes_back(const struct crl *delta, const struct crl *earlier)
{
    return delta->facts.this_update_ms < earlier->facts.this_update_ms ||
           (crl_number_compare(&delta->facts.base_number, &earlier->facts.base_number) == 0 &&
            crl_number_compare(&delta->facts.number, &earlier->facts.number) < 0);
}

static void choose_base(struct crl_index *index, const struct crl_index_parts *parts)
{
    const struct crl *base = parts->base;
    const struct crl *kept = parts->earlier ? parts->earlier->base : NULL;

    if (kept && kept->facts.this_update_ms > base->facts.this_update_ms) {
        text_copy(index->note, sizeof(index->note),
                  "the base is older than the one that is used already, which stays");
        base = kept;
    }
    index->base = crl_ref(base);
}

static void choose_delta(struct crl_index *index, const struct crl_index_parts *parts)
{
    const struct crl *delta = parts->delta;
    const struct crl *kept = parts->earlier ? parts->earlier->delta : NULL;
    const char *why = NULL;
    char numbers[160];
    char unused[160];

    if (kept && refuse_delta(index->base, kept, unused, sizeof(unused)))
        kept = NULL; /* the new base holds what it said */
    if (delta) {
        why = refuse_delta(index->base, delta, numbers, sizeof(numbers));
        if (!why && kept && goes_back(delta, kept))
            why = "it is older than the one that is used already, which stays";
    }
    if (why)
        text_format(index->note, sizeof(index->note), "the delta is not used: %s", why);
    if (delta && !why)
        index->delta = crl_ref(delta);
    else if (kept)
        index->delta = crl_ref(kept);
    index->delta_refused = delta && !index->delta;
}

static enum status check_parts(const struct crl_index_parts *parts, struct err *err)
{
    if (!parts->base || crl_is_delta(parts->base))
        return RAISE(err, ST_INPUT, "CRL: the list given as base is a delta, or none");
    if (parts->delta && !crl_is_delta(parts->delta))
        return RAISE(err, ST_INPUT, "CRL: the list given as delta is no delta");
    if (parts->earlier && !same_key(parts->earlier->base, parts->base))
        return RAISE(err, ST_INPUT, "CRL: the base is of another issuer than before");
    return ST_OK;
}

enum status crl_index_new(const struct crl_index_parts *parts, struct crl_index **ret_index,
                          struct err *err)
{
    TRY(check_parts(parts, err));
    struct crl_index *index = calloc(1, sizeof(*index));
    if (!index)
        return RAISE(err, ST_NOMEM, "CRL: out of memory");
    atomic_init(&index->refs, 1);
    choose_base(index, parts);
    choose_delta(index, parts);
    *ret_index = index;
    return ST_OK;
}

struct crl_index *crl_index_ref(const struct crl_index *index)
{
    struct crl_index *shared = (struct crl_index *)index; /* read-only to all but the counter */

    atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
    return shared;
}

void crl_index_free(struct crl_index *index)
{
    if (!index || atomic_fetch_sub_explicit(&index->refs, 1, memory_order_acq_rel) > 1)
        return;
    crl_free(index->base);
    crl_free(index->delta);
    free(index);
}

const struct crl *crl_index_base(const struct crl_index *index)
{
    return index->base;
}

const struct crl *crl_index_delta(const struct crl_index *index)
{
    return index->delta;
}

const char *crl_index_note(const struct crl_index *index)
{
    return index->note;
}

static bool find_in(const struct crl *base, const struct crl *delta, struct slice serial,
                    struct crl_entry *ret)
{
    struct crl_entry ours = { 0 };
    struct crl_entry later = { 0 };
    bool in_base = crl_find(base, serial, &ours);
    bool in_delta = delta && crl_find(delta, serial, &later);

    if (in_delta && later.reason != REASON_REMOVE_FROM_CRL) {
        *ret = later;
        return true;
    }
    if (!in_base || (in_delta && ours.reason == REASON_CERTIFICATE_HOLD))
        return false;
    *ret = ours;
    return true;
}

/* What is being answered, from which lists. */
struct question {
    const struct crl_query *query;
    const struct crl *base;
    const struct crl *delta; /* NULL: none, or none yet at the time that is asked about */
    bool delta_refused;
    struct crl_answer *answer;
};

static bool refuse(const struct question *q, enum crl_why why, const char *text)
{
    q->answer->state = CRL_UNKNOWN;
    q->answer->why = why;
    text_copy(q->answer->text, sizeof(q->answer->text), text);
    return false;
}

static bool check_issuer(const struct question *q)
{
    const struct crl *base = q->base;
    const X509_NAME *name = X509_get_subject_name(cert_x509(base->issuer));
    uint8_t key[32];

    if (X509_NAME_cmp(X509_get_issuer_name(cert_x509(q->query->subject)), name) != 0 ||
        X509_NAME_cmp(X509_get_subject_name(cert_x509(q->query->issuer)), name) != 0)
        return refuse(q, CRL_WHY_ISSUER, "the CRL is another issuer's");
    if (!crl_key_sha256(q->query->issuer, key) || memcmp(key, base->issuer_key, sizeof(key)) != 0)
        return refuse(q, CRL_WHY_ISSUER, "the CRL is of another key of the issuer's");
    return true;
}

static bool check_scope(const struct question *q)
{
    const struct crl *base = q->base;
    X509 *x509 = cert_x509(q->query->subject);
    bool authority = (X509_get_extension_flags(x509) & EXFLAG_CA) != 0;

    if (base->facts.scope == CRL_SCOPE_USERS && authority)
        return refuse(q, CRL_WHY_SCOPE, "the CRL is about users, and this is an authority");
    if (base->facts.scope == CRL_SCOPE_AUTHORITIES && !authority)
        return refuse(q, CRL_WHY_SCOPE, "the CRL is about authorities, and this is none");
    if (!crl_is_for_point_of(base, q->query->subject))
        return refuse(q, CRL_WHY_SCOPE,
                      "the CRL is of a distribution point that the certificate does not name");
    return true;
}

static bool is_fresh(const struct crl *crl, const struct crl_query *query)
{
    return query->now_ms <= crl->facts.next_update_ms + query->skew_ms;
}

static bool has_begun(const struct crl *crl, const struct crl_query *query)
{
    return crl->facts.this_update_ms <= query->now_ms + query->skew_ms;
}

/* "CRL no. 14" or "CRL no. 14 with delta no. 10". */
static void list_text(const struct question *q, char *dst, size_t size)
{
    char base[CRL_NUMBER_TEXT];
    char delta[CRL_NUMBER_TEXT];

    crl_number_text(&q->base->facts.number, base);
    if (!q->delta) {
        text_format(dst, size, "CRL no. %s", base);
        return;
    }
    crl_number_text(&q->delta->facts.number, delta);
    text_format(dst, size, "CRL no. %s with delta no. %s", base, delta);
}

static bool refuse_dates(const struct question *q, enum crl_why why, const char *what, int64_t ms)
{
    char list[160];
    char when[TIME_TEXT];
    char text[320];

    list_text(q, list, sizeof(list));
    detail_time(ms, when);
    text_format(text, sizeof(text), "%s %s %s", list, what, when);
    return refuse(q, why, text);
}

static bool check_dates(const struct question *q)
{
    const struct crl *base = q->base;
    const struct crl *delta = q->delta;
    struct crl_answer *answer = q->answer;

    answer->this_update_ms = (delta ? delta : base)->facts.this_update_ms;
    answer->next_update_ms = base->facts.next_update_ms;
    if (delta && delta->facts.next_update_ms > answer->next_update_ms)
        answer->next_update_ms = delta->facts.next_update_ms;
    if (!has_begun(base, q->query))
        return refuse_dates(q, CRL_WHY_NOT_YET_VALID, "is not valid before",
                            answer->this_update_ms);
    if (!is_fresh(base, q->query) && (!delta || !is_fresh(delta, q->query)))
        return refuse_dates(q, CRL_WHY_STALE, "has been stale since", answer->next_update_ms);
    answer->delta_missing = delta ? !is_fresh(delta, q->query) : q->delta_refused;
    return true;
}

static void say(const struct question *q, const char *verdict)
{
    char list[160];
    char as_of[TIME_TEXT];

    list_text(q, list, sizeof(list));
    detail_time(q->answer->this_update_ms, as_of);
    text_format(q->answer->text, sizeof(q->answer->text), "%s by %s as of %s%s", verdict, list,
                as_of,
                !q->answer->delta_missing ? ""
                : q->delta                ? " (the delta is stale)"
                                          : " (without a delta)");
}

static void look_up(const struct question *q, struct slice serial)
{
    struct crl_entry entry;
    char when[TIME_TEXT];
    char verdict[120];

    if (!find_in(q->base, q->delta, serial, &entry)) {
        q->answer->state = CRL_GOOD;
        say(q, "good");
        return;
    }
    q->answer->state = CRL_REVOKED;
    q->answer->reason = entry.reason;
    q->answer->revoked_ms = entry.revoked_ms;
    detail_time(entry.revoked_ms, when);
    text_format(verdict, sizeof(verdict), "revoked on %s, reason %s,", when,
                crl_reason_name(entry.reason));
    say(q, verdict);
}

void crl_index_judge(const struct crl_index *index, const struct crl_query *query,
                     struct crl_answer *ret)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert_x509(query->subject));
    const struct crl *delta = index->delta && has_begun(index->delta, query) ? index->delta : NULL;
    const struct question q = { query, index->base, delta, index->delta_refused, ret };

    *ret = (struct crl_answer){ .state = CRL_UNKNOWN };
    if (!check_issuer(&q) || !check_scope(&q) || !check_dates(&q))
        return;
    if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
        (void)refuse(&q, CRL_WHY_SERIAL, "the certificate's serial number is negative");
    else
        look_up(&q, asn1_slice(serial));
}
