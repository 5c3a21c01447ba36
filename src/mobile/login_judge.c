/* Is this the login of somebody who may see the session's documents (authType Eds; seed 001 section
 * 4, req 0.27, 1.19)? What costs least is looked at first. Fails closed: only DECISION_ACCEPTED is
 * a yes. */
#include "base/text.h"
#include "crypto/encode.h"
#include "mobile/internal.h"

#include <stdlib.h>

enum { XML_DEPTH = 32, JSON_DEPTH = 4, JSON_VALUES = 16 };

static const struct xml_limits xml_limits = { LOGIN_MAX_BYTES, XML_DEPTH };

static const enum message by_check[CHECK_COUNT_] = {
    [CHECK_FORMAT] = MSG_LOGIN_INVALID,
    [CHECK_ALGORITHM] = MSG_ALGORITHM,
    [CHECK_DIGEST] = MSG_LOGIN_INVALID,
    [CHECK_SIGNATURE] = MSG_LOGIN_INVALID,
    [CHECK_COVERAGE] = MSG_LOGIN_INVALID,
    [CHECK_PATH] = MSG_PATH,
    [CHECK_DATES] = MSG_DATES,
    [CHECK_REVOCATION] = MSG_REVOKED,
    [CHECK_KEY_USAGE] = MSG_LOGIN_KEY,
    [CHECK_ROLE] = MSG_LOGIN_KEY,
    [CHECK_OWNER] = MSG_OWNER,
    [CHECK_TIMESTAMP] = MSG_LOGIN_INVALID,
};

/* The checks that no signature knows, by what a reason begins with; none of the list: the check of
 * a signature. */
static const struct login_check {
    const char *name;
    enum message message;
} login_checks[] = {
    { "format:", MSG_LOGIN_INVALID }, { "url:", MSG_LOGIN_ADDRESS },
    { "timeStamp:", MSG_LOGIN_TIME }, { "signer:", MSG_LOGIN_KEY },
    { "replay:", MSG_LOGIN_SEEN },
};

enum message login_message(struct slice reason)
{
    enum check check = reason_check(reason);

    for (size_t i = 0; i < sizeof(login_checks) / sizeof(login_checks[0]); i++)
        if (slice_starts(reason, slice_str(login_checks[i].name)))
            return login_checks[i].message;
    return check < CHECK_COUNT_ ? by_check[check] : MSG_LOGIN_INVALID;
}

/* ---- reading ---- */

/* The app's documentation does not say how it writes the time (flows.md section 1). */
static bool read_time(struct slice text, int64_t *ret_ms)
{
    struct time_span span;

    if (text_is_digits(text, 10) || text_is_digits(text, 13)) { /* epoch: seconds, milliseconds */
        *ret_ms = strtoll(text.at, NULL, 10) * (text.len == 10 ? 1000 : 1);
        return true;
    }
    if (!time_parse(text, &span) || span.from_ms != span.to_ms) /* a bare date is no instant */
        return false;
    *ret_ms = span.from_ms;
    return true;
}

enum status login_read(struct slice body, struct login_text *ret, struct err *err)
{
    static const struct json_limits limits = { LOGIN_MAX_BYTES, JSON_DEPTH, JSON_VALUES };
    AUTO(json_free) struct json *json = NULL;
    struct login_text text = { 0 };

    TRY(json_parse(body, &limits, &json, err));
    if (!json_string(json_member(json, "xml"), &text.signed_xml))
        return RAISE(err, ST_FORMAT, "the body has no text named xml");
    TRY(login_xml_read(text.signed_xml, &xml_limits, &text.xml, err));
    text.is_timed = read_time(slice_str(text.xml.time_stamp), &text.at_ms);
    text.json = TAKE(json);
    *ret = text;
    return ST_OK;
}

void login_text_free(struct login_text *text)
{
    json_free(text->json);
    *text = (struct login_text){ 0 };
}

/* ---- judging ---- */

struct judging {
    const struct mobile *mobile;
    const struct signing_session *session;
    const struct login_text *text;
    struct login_judgement *ret;
};

static bool refuse(const struct judging *j, const char *reason)
{
    j->ret->decision = DECISION_REFUSED;
    reason_set(j->ret->reason, "%s", reason);
    return false;
}

/* Neither URL is told: their tokens are secrets. */
static bool is_for_this_session(const struct judging *j, const struct urls *urls)
{
    const char *url = j->text->xml.url, *base = j->mobile->p.public_url;

    if (slice_eq(slice_str(url), bytes_slice(urls->api2)))
        return true;
    return refuse(j, slice_starts(slice_str(url), slice_str(base))
                         ? "url: another address than this session's API №2"
                         : "url: not below [http] public_url");
}

static bool is_in_time(const struct judging *j)
{
    int64_t off_ms = j->text->at_ms - clock_now(j->mobile->p.clock);
    char why[128];

    if (!j->text->is_timed)
        return refuse(j, "timeStamp: neither ISO 8601 nor epoch time");
    if (llabs(off_ms) <= j->mobile->p.login_window_ms)
        return true;
    text_format(why, sizeof(why), "timeStamp: %lld s %s our clock, at most %lld s are allowed",
                llabs(off_ms) / 1000, off_ms < 0 ? "behind" : "ahead of",
                (long long)j->mobile->p.login_window_ms / 1000);
    return refuse(j, why);
}

/* Of what was signed and of who signed it; session and time stand in what was signed. */
static void identify(const struct judging *j, const struct signer *signer)
{
    uint8_t both[2 * SHA256_BYTES];

    memcpy(both, j->text->xml.content_sha256, SHA256_BYTES);
    memcpy(both + SHA256_BYTES, signer->sha256, SHA256_BYTES);
    sha256(slice_mem(both, sizeof(both)), j->ret->sha256);
    text_copy(j->ret->iin, sizeof(j->ret->iin), signer->iin);
    text_copy(j->ret->bin, sizeof(j->ret->bin), signer->bin);
}

static bool is_signed(const struct judging *j, const struct peer *peer, struct report *report)
{
    const struct judge judge = judge_of_user(j->mobile, PURPOSE_AUTH, peer);
    enum verdict verdict = xmlsig_judge_enveloped(&judge, j->text->signed_xml, &xml_limits, report);
    bool is_unknown = false;
    enum decision decision = judge_decide(j->mobile, verdict, report, &is_unknown);

    if (report_signer_count(report) == 1)
        identify(j, report_signer(report, 0));
    if (decision != DECISION_ACCEPTED) {
        (void)refuse(j, report_reason(report));
        j->ret->decision = decision;
        return false;
    }
    if (report_signer_count(report) != 1)
        return refuse(j, "signature: not exactly one");
    if (is_unknown)
        reason_set(j->ret->unknown, "%s", report_reason(report));
    return true;
}

/* Somebody who can be none of the expected signers is told so before signing; an expected signer
 * without an IIN may be anybody. */
static bool is_expected(const struct judging *j)
{
    const struct signing_session *s = j->session;

    if (!j->ret->iin[0])
        return refuse(j, "signer: the certificate names no IIN");
    for (size_t i = 0; i < s->signer_count; i++) {
        struct slice iin = slice_str(s->signers[i].iin);
        if (iin.len == 0 || slice_eq_str(iin, j->ret->iin))
            return true;
    }
    return s->signer_count == 0 || refuse(j, "owner: none of the expected signers");
}

static enum status judge_text(const struct judging *j, const struct peer *peer, struct err *err)
{
    AUTO(report_free) struct report *report = report_new();
    struct urls urls = { 0 };
    bool is_ours;

    if (!report)
        return RAISE(err, ST_NOMEM, "login");
    TRY(urls_make(j->mobile, &j->session->id, &urls, err));
    is_ours = is_for_this_session(j, &urls);
    urls_free(&urls);
    if (is_ours && is_in_time(j) && is_signed(j, peer, report) && is_expected(j))
        j->ret->decision = DECISION_ACCEPTED;
    return ST_OK;
}

enum status login_judge(const struct mobile *mobile, const struct signing_session *session,
                        struct slice body, const struct peer *peer, struct login_judgement *ret,
                        struct err *err)
{
    struct login_judgement judgement = { .decision = DECISION_REFUSED };
    struct login_text text = { 0 };
    const struct judging j = { mobile, session, &text, &judgement };
    struct err cause;
    enum status status = login_read(body, &text, &cause);
    char reason[300];

    if (status == ST_FORMAT) {
        text_format(reason, sizeof(reason), "format: %s", cause.text);
        (void)refuse(&j, reason);
    } else if (status != ST_OK) {
        *err = cause;
        return status;
    } else {
        status = judge_text(&j, peer, err);
        login_text_free(&text);
        TRY(status);
    }
    *ret = judgement;
    return ST_OK;
}
