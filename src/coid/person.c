/* getPersonData (seed 002 section 6.3): who may have it, and the consent that is signed. */
#include "base/text.h"
#include "coid/proof.h"
#include "coid/read.h"
#include "coid/verification.h"

#include <stdlib.h>

enum { CONSENT_MAX = 64 << 10, BODY_MAX = 128 << 10 };

/* ---- may it be asked for? ---- */

static enum status check_result(const struct coid *coid, const struct coid_call *call,
                                struct err *err)
{
    char limit[32];

    if (call->state == COID_REFUSED)
        return RAISE_CAUSE(err, ST_INPUT, "verificationUnknown", "idempotencyKey", NULL,
                           "ЦОИД refused this verification");
    if (call->state != COID_DONE)
        return RAISE_CAUSE(err, ST_INPUT, "verificationUnfinished", "idempotencyKey", NULL,
                           "the verification has no result yet: send verifyPhoto again, or ask "
                           "getVerification");
    if (strtod(call->result, NULL) >= coid->p.threshold)
        return ST_OK;
    (void)text_format(limit, sizeof(limit), "%g", coid->p.threshold);
    return RAISE_CAUSE(err, ST_INPUT, "verificationBelowThreshold", "idempotencyKey", limit,
                       "the similarity %s is below %s", call->result, limit);
}

static enum status check_age(const struct coid *coid, const struct coid_call *call, struct err *err)
{
    enum { MINUTE_MS = 60000 };
    char limit[48];

    if (call->now_ms < call->asked_ms + coid->p.data_window_ms)
        return ST_OK;
    (void)text_format(limit, sizeof(limit), "%lld min",
                      (long long)(coid->p.data_window_ms / MINUTE_MS));
    return RAISE_CAUSE(err, ST_INPUT, "verificationTooOld", "idempotencyKey", limit,
                       "the verification is older than %s: make a new one", limit);
}

/* ---- the consent (req 2.05, 2.19) ---- */

static enum status check_consent(const struct coid_consent *consent, const struct coid_call *call,
                                 struct err *err)
{
    if (!consent->iin[0])
        return RAISE_CAUSE(err, ST_INPUT, "consentMissing", "consent/iin", NULL,
                           "the client's consent has no IIN");
    if (!consent->full_name[0])
        return RAISE_CAUSE(err, ST_INPUT, "consentMissing", "consent/fullName", NULL,
                           "the client's consent has no name");
    if (strcmp(consent->iin, call->iin) != 0)
        return RAISE_CAUSE(err, ST_INPUT, "consentIinMismatch", "consent/iin", NULL,
                           "the consent is not of the person who was verified");
    if (consent->text[0] &&
        (!strstr(consent->text, consent->iin) || !strstr(consent->text, consent->full_name)))
        return RAISE_CAUSE(err, ST_INPUT, "consentTextIncomplete", "consent/text", NULL,
                           "the text of the consent must hold the IIN and the full name");
    return ST_OK;
}

/* Each {name} of the template once, from left to right: what is put in is not looked at again. */
static void add_template(struct bytes *text, const struct coid *coid,
                         const struct coid_consent *consent)
{
    const struct {
        const char *name, *value;
    } parts[] = {
        { "{participant}", coid->p.participant },
        { "{fullName}", consent->full_name },
        { "{iin}", consent->iin },
    };

    for (const char *at = coid->p.consent_template; *at;) {
        size_t len = strcspn(at, "{");
        bool found = false;

        bytes_add(text, (struct slice){ at, len });
        at += len;
        for (size_t i = 0; *at && !found && i < sizeof(parts) / sizeof(parts[0]); i++) {
            found = strncmp(at, parts[i].name, strlen(parts[i].name)) == 0;
            if (found) {
                bytes_add_str(text, parts[i].value);
                at += strlen(parts[i].name);
            }
        }
        if (*at && !found)
            bytes_add(text, (struct slice){ at++, 1 });
    }
}

static enum status make_body(const struct coid *coid, const struct coid_consent *consent,
                             struct bytes **ret, struct err *err)
{
    AUTO(bytes_free) struct bytes *text = bytes_new(CONSENT_MAX);
    AUTO(json_free) struct json *root = json_new_object();

    if (!text || !root)
        return RAISE(err, ST_NOMEM, "consent: out of memory");
    if (consent->text[0])
        bytes_add_str(text, consent->text);
    else
        add_template(text, coid, consent);
    TRY(bytes_check(text, "consent", err));
    json_set_string(json_set_object(root, "Data"), "confirmation", bytes_slice(text));
    return json_print(root, BODY_MAX, ret, err);
}

/* ---- the answer ---- */

static enum status read_told(const struct errand *errand, const struct coid_call *call,
                             const struct told *told, struct coid_answer *ret, struct err *err)
{
    struct reading *reading = reading_new(errand->arena);

    if (!reading)
        return RAISE(err, ST_NOMEM, "answer: out of memory");
    TRY(read_person(reading, told->json, &ret->told.person, err));
    if (strcmp(ret->told.person.iin, call->iin) != 0)
        return RAISE_CAUSE(err, ST_UPSTREAM, "answerInvalid", "person/iin", NULL,
                           "ЦОИД's answer is of another person");
    ret->proof = told->proof;
    ret->extras = reading_extras(reading, &ret->extra_count);
    ret->idempotency_key = arena_text(errand->arena, slice_str(errand->key.text));
    return ret->idempotency_key ? ST_OK : RAISE(err, ST_NOMEM, "answer: out of memory");
}

enum status run_get_person_data(struct errand *errand, const struct coid_sender *sender,
                                const struct request *req, struct coid_answer *ret, struct err *err)
{
    const struct coid_get_person_data *get = &req->payload.get_person_data;
    struct coid *coid = errand->coid;
    AUTO(bytes_free) struct bytes *body = NULL;
    AUTO(bytes_free) struct bytes *jws = NULL;
    struct coid_call call;
    struct told told;

    TRY(verification_find(errand, sender, get->idempotency_key, &call, err));
    TRY(check_result(coid, &call, err));
    TRY(check_age(coid, &call, err));
    TRY(check_consent(&get->consent, &call, err));
    TRY(make_body(coid, &get->consent, &body, err));
    TRY(jws_sign(coid->p.sign_key, bytes_slice(body), &coid->p.jws, &jws, err));
    const struct question question = {
        .asked = ASK_DATA,
        .query = get->mcdb ? "mcdb=1" : NULL, /* req 3.12 */
        .content_type = "application/json",
        .body = bytes_slice(body),
        .jws = jws->at,
    };
    TRY(ask(errand, &question, &told, err));
    const enum status status = read_told(errand, &call, &told, ret, err);
    told_free(&told);
    if (status != ST_OK)
        told_spoilt(errand, &told, err);
    return status;
}
