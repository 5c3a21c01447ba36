#include "server/seal_judge.h"

#include "base/file.h"
#include "base/text.h"
#include "crypto/cms.h"

#include <string.h>

enum { CERT_MAX = 1024 * 1024, SKEW_MS = 5 * 60 * 1000 };

enum status seal_judge_add_dir(struct seal_judge *judge, const char *dir, struct err *err)
{
    if (!judge->trust)
        TRY(trust_new(&judge->trust, err));
    return trust_add_dir(judge->trust, dir, err);
}

enum status seal_judge_add_pin(struct seal_judge *judge, const char *path, struct err *err)
{
    AUTO(bytes_free) struct bytes *data = NULL;
    struct err cause;

    if (judge->pin_count == SEAL_JUDGE_PINS)
        return RAISE(err, ST_INPUT, "--pin: more than %d", SEAL_JUDGE_PINS);
    TRY(file_load(path, CERT_MAX, &data, err));
    if (cert_parse(bytes_slice(data), &judge->pins[judge->pin_count], &cause) != ST_OK)
        return RAISE(err, ST_INPUT, "--pin %s: %s", path, cause.text);
    judge->pin_count++;
    return ST_OK;
}

enum status seal_judge_from(struct seal_judge *judge, const struct conf *conf, struct err *err)
{
    const struct conf_keys *keys = &conf->keys;
    const struct key_source source = { keys->sign_key_file, keys->sign_pass_file,
                                       keys->sign_cert_file, keys->pkcs11_module };
    AUTO(key_free) struct key *key = NULL;

    TRY(key_open(&source, &key, err));
    return seal_judge_own(judge, key_cert(key), conf->trust.dir, err);
}

enum status seal_judge_own(struct seal_judge *judge, const struct cert *own, const char *trust_dir,
                           struct err *err)
{
    const struct signer *facts = cert_signer(own);

    if (facts->bin[0] && text_copy(judge->bin, sizeof(judge->bin), facts->bin))
        return seal_judge_add_dir(judge, trust_dir, err);
    judge->pins[judge->pin_count++] = cert_ref(own);
    return ST_OK;
}

void seal_judge_clear(struct seal_judge *judge)
{
    for (size_t i = 0; i < judge->pin_count; i++)
        cert_free(judge->pins[i]);
    trust_free(judge->trust);
    *judge = (struct seal_judge){ .trust = NULL };
}

static void note_signer(struct seal_judge *judge, const struct report *report)
{
    char name[sizeof(judge->signers[0])];

    if (report_signer_count(report) == 0 || judge->signer_count == SEAL_JUDGE_SIGNERS)
        return;
    (void)text_copy(name, sizeof(name), report_signer(report, 0)->subject);
    for (size_t i = 0; i < judge->signer_count; i++)
        if (strcmp(judge->signers[i], name) == 0)
            return;
    memcpy(judge->signers[judge->signer_count++], name, sizeof(name));
}

/* As of when it was made: keys of years ago have ended since. */
enum seal_word seal_judge(struct seal_judge *who, struct slice statement, struct slice sig,
                          char why[SEAL_WHY_BYTES])
{
    AUTO(report_free) struct report *report = report_new();
    const bool anybody = !who->trust && who->pin_count == 0;
    struct judge judge = { .trust = who->trust,
                           .purpose = PURPOSE_TRANSPORT,
                           .revocation = REVOCATION_OFF,
                           .signature_only = anybody,
                           .expect_bin = who->bin,
                           .pins = (const struct cert *const *)who->pins,
                           .pin_count = who->pin_count,
                           .skew_ms = SKEW_MS };
    struct err err;

    (void)text_copy(why, SEAL_WHY_BYTES, "out of memory");
    if (!report)
        return SEAL_UNKNOWN;
    if (cms_signing_time(sig, &judge.now_ms, &err) != ST_OK) {
        (void)text_format(why, SEAL_WHY_BYTES, "%.200s", err.text);
        return err.status == ST_NOMEM ? SEAL_UNKNOWN : SEAL_WRONG;
    }
    enum verdict verdict = cms_judge(&judge, sig, statement, report, NULL);
    (void)text_format(why, SEAL_WHY_BYTES, "%.200s", report_reason(report));
    if (verdict == VERDICT_VALID)
        note_signer(who, report);
    if (verdict == VERDICT_VALID && anybody)
        (void)text_copy(why, SEAL_WHY_BYTES, "whose seal it should be is said by --trust or --pin");
    else if (verdict == VERDICT_VALID)
        return SEAL_GOOD;
    return verdict == VERDICT_INVALID || report_culprit(report) == CHECK_FORMAT ? SEAL_WRONG
                                                                                : SEAL_UNKNOWN;
}
