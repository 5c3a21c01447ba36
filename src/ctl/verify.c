/* shepctl verify: judges a signed document or a certificate, and says why. */
#include "base/clock.h"
#include "crypto/bytes_judge.h"
#include "crypto/cms.h"
#include "crypto/judge_source.h"
#include "crypto/jws.h"
#include "crypto/trust.h"
#include "crypto/tsp.h"
#include "ctl/again.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/detect.h"
#include "ctl/show.h"
#include "ctl/sources.h"
#include "rest/ldap.h"
#include "sandbox/file.h"
#include "wsse/xades.h"
#include "wsse/xmlsig.h"

#include <string.h>

enum {
    INPUT_MAX = 64 * 1024 * 1024, /* bytes of FILE and of --content */
    CERT_MAX = 1024 * 1024,
    XML_DEPTH_MAX = 64,
    DIRS_MAX = 32,
    PINS_MAX = 64,
    SKEW_MS = 5 * 60 * 1000,
};

static const struct xml_limits limits = { INPUT_MAX, XML_DEPTH_MAX };

/* What the command line asks for. */
struct verify {
    enum profile profile;
    const char *dirs[DIRS_MAX];
    size_t dir_count;
    struct cert *pins[PINS_MAX]; /* owned */
    size_t pin_count;
    int64_t now_ms;
    enum revocation revocation;
    enum revocation_scope scope;
    bool revocation_said; /* else the files given tell by what to judge */
    struct sources sources;
    const char *ocsp_url;
    const char *content_path;
    const char *evidence_path; /* NULL: as of now_ms, by what the options give */
    const char *ca_file;
    enum jws_input jws_input;
    const char *ldap_urls[LDAP_SERVERS_MAX + 1]; /* ends with NULL */
    size_t ldap_count;
    const char *ldap_base;
    bool ldap_starttls;
    bool signature_only;
    bool allow_sha1;
    bool follow_aia;
    bool json;
};

enum {
    OPT_PROFILE,
    OPT_TRUST,
    OPT_PIN,
    OPT_TIME,
    OPT_REVOCATION,
    OPT_CRL,
    OPT_OCSP,
    OPT_OCSP_URL,
    OPT_EVIDENCE,
    OPT_SCOPE,
    OPT_CONTENT,
    OPT_JWS_INPUT,
    OPT_LDAP,
    OPT_LDAP_BASE,
    OPT_LDAP_STARTTLS,
    OPT_SIGNATURE_ONLY,
    OPT_ALLOW_SHA1,
    OPT_FOLLOW_AIA,
    OPT_JSON,
    OPT_CA,
};

static const struct option_row rows[] = {
    { OPT_PROFILE, "profile", "NAME",
      "shep, enveloped, xades, xml-detached, cms, detached, bytes, jws, tsp, cert, ocsp, crl or "
      "auto (default)" },
    { OPT_TRUST, "trust", "DIR",
      "trusted certificates, may be repeated: self-signed ones are anchors" },
    { OPT_PIN, "pin", "CERT", "a certificate trusted as it stands, may be repeated" },
    { OPT_TIME, "time", "RFC3339", "the time of judgement; now by default" },
    { OPT_REVOCATION, "revocation", "HOW",
      "off, ocsp, crl or auto (OCSP, else lists); by default what --crl and --ocsp give" },
    { OPT_SCOPE, "revocation-scope", "WHOSE",
      "signer (default), or path: of intermediates and the timestamp authority too" },
    { OPT_EVIDENCE, "evidence", "FILE",
      "judge again as of the acceptance, by the sealed evidence that getSigningResult gave" },
    { OPT_OCSP_URL, "ocsp-url", "URL",
      "of the responder, in place of the certificate's; several are tried in order" },
    { OPT_CRL, "crl", "FILE", "a revocation list, base or delta, may be repeated" },
    { OPT_OCSP, "ocsp", "FILE", "an OCSP answer (DER), may be repeated; then nobody is asked" },
    { OPT_CONTENT, "content", "FILE",
      "detached, xml-detached, bytes, jws, tsp: what is signed; enveloped: the document that a "
      "ds:Signature alone was taken from" },
    { OPT_JWS_INPUT, "jws-input", "WHAT", "jws: signed is the body (default) or rfc7515" },
    { OPT_LDAP, "ldap", "URL",
      "jws: asks ldap://HOST[:PORT] or ldaps:// for the certificate of the kid, may be repeated" },
    { OPT_LDAP_BASE, "ldap-base", "DN", "jws: searched where the JWS' iss leads nowhere" },
    { OPT_LDAP_STARTTLS, "ldap-starttls", NULL, "jws: demands TLS of ldap:// servers, see --ca" },
    { OPT_SIGNATURE_ONLY, "signature-only", NULL,
      "leave path, dates, revocation and timestamp out of the verdict" },
    { OPT_ALLOW_SHA1, "allow-sha1", NULL, "accept RSA with SHA-1 too" },
    { OPT_FOLLOW_AIA, "follow-aia", NULL,
      "fetch a missing intermediate from the http address that a certificate names" },
    { OPT_JSON, "json", NULL, "print the report as JSON" },
    { OPT_CA, "ca", "FILE", "PEM bundle for https and ldaps (SHEPCTL_CA)" },
};

/* ---- options ---- */

static enum status add_pin(struct verify *v, const char *path, struct err *err)
{
    AUTO(bytes_free) struct bytes *data = NULL;
    struct err cause;

    if (v->pin_count == PINS_MAX)
        return RAISE(err, ST_INPUT, "--pin: more than %d", PINS_MAX);
    TRY(file_read(path, CERT_MAX, &data, err));
    if (cert_parse(bytes_slice(data), &v->pins[v->pin_count], &cause) != ST_OK)
        return RAISE(err, ST_INPUT, "--pin %s: %s", path, cause.text);
    v->pin_count++;
    return ST_OK;
}

static enum status set_time(struct verify *v, const char *value, struct err *err)
{
    struct time_span span;

    if (!time_parse(slice_str(value), &span) || span.from_ms != span.to_ms)
        return RAISE(err, ST_INPUT, "--time %s: expected a time like 2026-11-22T09:00:00Z", value);
    v->now_ms = span.from_ms;
    return ST_OK;
}

static enum status set_revocation(struct verify *v, const char *value, struct err *err)
{
    static const char *const words[] = {
        [REVOCATION_OFF] = "off",
        [REVOCATION_OCSP] = "ocsp",
        [REVOCATION_CRL] = "crl",
        [REVOCATION_AUTO] = "auto",
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(value, words[i]) == 0) {
            v->revocation = (enum revocation)i;
            v->revocation_said = true;
            return ST_OK;
        }
    return RAISE(err, ST_INPUT, "--revocation %s: expected off, ocsp, crl or auto", value);
}

static enum status set_scope(struct verify *v, const char *value, struct err *err)
{
    if (strcmp(value, "path") != 0 && strcmp(value, "signer") != 0)
        return RAISE(err, ST_INPUT, "--revocation-scope %s: expected signer or path", value);
    v->scope = strcmp(value, "path") == 0 ? REVOCATION_PATH : REVOCATION_SIGNER;
    return ST_OK;
}

static enum revocation revocation_of(const struct verify *v)
{
    if (v->revocation_said)
        return v->revocation;
    if (v->sources.crl_count == 0)
        return v->sources.ocsp_count ? REVOCATION_OCSP : REVOCATION_OFF;
    return v->sources.ocsp_count ? REVOCATION_AUTO : REVOCATION_CRL;
}

static enum status add_dir(struct verify *v, const char *path, struct err *err)
{
    if (v->dir_count == DIRS_MAX)
        return RAISE(err, ST_INPUT, "--trust: more than %d", DIRS_MAX);
    v->dirs[v->dir_count++] = path;
    return ST_OK;
}

static enum status add_ldap(struct verify *v, const char *url, struct err *err)
{
    if (v->ldap_count == LDAP_SERVERS_MAX)
        return RAISE(err, ST_INPUT, "--ldap: more than %d", LDAP_SERVERS_MAX);
    v->ldap_urls[v->ldap_count++] = url;
    return ST_OK;
}

/* What is kept as it is given: texts, and flags. */
static void set_plain(struct verify *v, int key, const char *value)
{
    const struct {
        int key;
        const char **text; /* NULL: a flag */
        bool *flag;
    } places[] = {
        { OPT_EVIDENCE, &v->evidence_path, NULL },
        { OPT_OCSP_URL, &v->ocsp_url, NULL },
        { OPT_CONTENT, &v->content_path, NULL },
        { OPT_LDAP_BASE, &v->ldap_base, NULL },
        { OPT_CA, &v->ca_file, NULL },
        { OPT_LDAP_STARTTLS, NULL, &v->ldap_starttls },
        { OPT_SIGNATURE_ONLY, NULL, &v->signature_only },
        { OPT_ALLOW_SHA1, NULL, &v->allow_sha1 },
        { OPT_FOLLOW_AIA, NULL, &v->follow_aia },
        { OPT_JSON, NULL, &v->json },
    };

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (places[i].key != key)
            continue;
        if (places[i].text)
            *places[i].text = value;
        else if (places[i].flag)
            *places[i].flag = true;
    }
}

static enum status set(void *ctx, int key, const char *value, struct err *err)
{
    struct verify *v = ctx;

    switch (key) {
    case OPT_PROFILE:
        return profile_parse(value, &v->profile, err);
    case OPT_TRUST:
        return add_dir(v, value, err);
    case OPT_PIN:
        return add_pin(v, value, err);
    case OPT_TIME:
        return set_time(v, value, err);
    case OPT_REVOCATION:
        return set_revocation(v, value, err);
    case OPT_CRL:
        return sources_add_crl(&v->sources, value, err);
    case OPT_OCSP:
        return sources_add_ocsp(&v->sources, value, err);
    case OPT_SCOPE:
        return set_scope(v, value, err);
    case OPT_JWS_INPUT:
        return jws_input_parse(value, &v->jws_input, err);
    case OPT_LDAP:
        return add_ldap(v, value, err);
    default:
        set_plain(v, key, value);
        return ST_OK;
    }
}

static const struct usage usage = {
    .command = "shepctl verify",
    .arguments = "FILE",
    .about = "Judges a signed document or a certificate. FILE is XML, DER, PEM or base64; - is "
             "standard input.\nExit status: 0 valid, 1 not valid, 2 it could not be judged.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .min_arguments = 1,
    .max_arguments = 1,
    .set = set,
};

/* ---- judging ---- */

/* What a profile's judge is given. */
struct matter {
    const struct judge *judge;
    struct slice data;
    struct slice content; /* at == NULL: none */
    enum jws_input jws_input;
    struct ldap_directory *ldap; /* NULL: none */
};

static enum status judge_shep(const struct matter *m, struct report *report, struct err *err)
{
    (void)err;
    (void)!xmlsig_judge_envelope(m->judge, m->data, &limits, report);
    return ST_OK;
}

/* A ds:Signature whose document was wiped is put back into the one that is brought. */
static enum status judge_enveloped(const struct matter *m, struct report *report, struct err *err)
{
    AUTO(bytes_free) struct bytes *whole = NULL;
    struct err cause;

    (void)err;
    if (m->content.at && xmlsig_attach(m->content, m->data, &limits, &whole, &cause) != ST_OK)
        report_add(report, CHECK_FORMAT, OUTCOME_FAILED, "--content: %s", cause.text);
    else
        (void)!xmlsig_judge_enveloped(m->judge, whole ? bytes_slice(whole) : m->data, &limits,
                                      report);
    return ST_OK;
}

static enum status judge_xml_detached(const struct matter *m, struct report *report,
                                      struct err *err)
{
    (void)err;
    (void)!xmlsig_judge_detached(m->judge, m->data, m->content, &limits, report);
    return ST_OK;
}

static enum status judge_xades(const struct matter *m, struct report *report, struct err *err)
{
    (void)err;
    (void)!xades_judge(m->judge, m->data, &limits, report);
    return ST_OK;
}

static enum status judge_cms(const struct matter *m, struct report *report, struct err *err)
{
    (void)err;
    (void)!cms_judge(m->judge, detect_trim(m->data), m->content, report, NULL);
    return ST_OK;
}

static enum status judge_bytes(const struct matter *m, struct report *report, struct err *err)
{
    (void)err;
    (void)!bytes_judge(m->judge, m->data, m->content, report);
    return ST_OK;
}

static enum status judge_jws(const struct matter *m, struct report *report, struct err *err)
{
    struct jws_params params = { .input = m->jws_input };
    struct jws_lookup lookup;

    (void)err;
    if (m->ldap) {
        lookup = ldap_directory_lookup(m->ldap);
        params.lookup = &lookup;
    }
    (void)!jws_judge(m->judge, m->data, m->content, &params, report);
    return ST_OK;
}

static enum status judge_tsp(const struct matter *m, struct report *report, struct err *err)
{
    (void)err;
    (void)!tsp_judge_document(m->judge, detect_trim(m->data), m->content, report);
    return ST_OK;
}

static enum status judge_cert(const struct matter *m, struct report *report, struct err *err)
{
    AUTO(cert_free) struct cert *cert = NULL;
    struct err cause;

    (void)err;
    if (cert_parse(m->data, &cert, &cause) != ST_OK) {
        report_add(report, CHECK_FORMAT, OUTCOME_FAILED, "%s", cause.text);
        return ST_OK;
    }
    (void)!cert_judge(m->judge, cert, report);
    return ST_OK;
}

static enum status judge_ocsp(const struct matter *m, struct report *report, struct err *err)
{
    (void)err;
    (void)!ocsp_judge(m->judge, m->data, report);
    return ST_OK;
}

static enum status judge_crl(const struct matter *m, struct report *report, struct err *err)
{
    (void)err;
    (void)!crl_judge(m->judge, detect_trim(m->data), report);
    return ST_OK;
}

static enum status judge_none(const struct matter *m, struct report *report, struct err *err)
{
    (void)m;
    (void)err;
    report_add(report, CHECK_FORMAT, OUTCOME_FAILED,
               "neither a SOAP envelope nor signed XML, a CMS, a certificate, an OCSP answer or "
               "a list");
    return ST_OK;
}

static const struct {
    enum purpose purpose;
    enum status (*judge)(const struct matter *m, struct report *report, struct err *err);
} judges[] = {
    [PROFILE_SHEP] = { PURPOSE_TRANSPORT, judge_shep },
    [PROFILE_ENVELOPED] = { PURPOSE_SIGN, judge_enveloped },
    [PROFILE_XML_DETACHED] = { PURPOSE_SIGN, judge_xml_detached },
    [PROFILE_XADES] = { PURPOSE_SIGN, judge_xades },
    [PROFILE_CMS] = { PURPOSE_SIGN, judge_cms },
    [PROFILE_DETACHED] = { PURPOSE_SIGN, judge_cms },
    [PROFILE_BYTES] = { PURPOSE_SIGN, judge_bytes },
    [PROFILE_JWS] = { PURPOSE_TRANSPORT, judge_jws },
    [PROFILE_TSP] = { PURPOSE_TSA, judge_tsp },
    [PROFILE_CERT] = { PURPOSE_ANY, judge_cert },
    [PROFILE_OCSP] = { PURPOSE_ANY, judge_ocsp },
    [PROFILE_CRL] = { PURPOSE_ANY, judge_crl },
    [PROFILE_NONE] = { PURPOSE_ANY, judge_none },
};

static enum status load_trust(const struct verify *v, struct trust **ret_trust, struct err *err)
{
    AUTO(trust_free) struct trust *trust = NULL;

    TRY(trust_new(&trust, err));
    for (size_t i = 0; i < v->dir_count; i++)
        TRY(trust_add_dir(trust, v->dirs[i], err));
    *ret_trust = TAKE(trust);
    return ST_OK;
}

/* NULL without --ldap. */
static enum status open_ldap(const struct verify *v, struct ldap_directory **ret_ldap,
                             struct err *err)
{
    enum { TIMEOUT_MS = 10 * 1000, KEEP_MS = 60 * 60 * 1000 };
    const struct ldap_params params = { .urls = v->ldap_urls,
                                        .starttls = v->ldap_starttls,
                                        .ca_file = ctl_ca_file(v->ca_file),
                                        .base = v->ldap_base,
                                        .timeout_ms = TIMEOUT_MS,
                                        .keep_ms = KEEP_MS,
                                        .clock = clock_system() };

    return v->ldap_count ? ldap_directory_new(&params, ret_ldap, err) : ST_OK;
}

/* Reads all there is to read, and judges; *ret_profile is what it was judged as. */
static enum status run(struct verify *v, const char *path, struct report *report,
                       enum profile *ret_profile, struct err *err)
{
    AUTO(trust_free) struct trust *trust = NULL;
    AUTO(rest_free) struct rest *rest = NULL;
    AUTO(ldap_directory_free) struct ldap_directory *ldap = NULL;
    AUTO(bytes_free) struct bytes *data = NULL;
    AUTO(bytes_free) struct bytes *content = NULL;
    AUTO(again_free) struct again *again = NULL;
    const struct trust_io io = sources_io(&v->sources);
    struct judge judge = { .now_ms = v->now_ms,
                           .io = &io,
                           .revocation = revocation_of(v),
                           .scope = v->scope,
                           .ocsp = v->sources.ocsp,
                           .ocsp_count = v->sources.ocsp_count,
                           .ocsp_url = v->ocsp_url,
                           .signature_only = v->signature_only,
                           .algorithms = ALG_DEFAULT | (v->allow_sha1 ? ALG_RSA_SHA1 : 0u),
                           .timestamp_algorithms =
                               ALG_DEFAULT | (v->allow_sha1 ? ALG_RSA_SHA1 : 0u),
                           .follow_aia = v->follow_aia,
                           .pins = (const struct cert *const *)v->pins,
                           .pin_count = v->pin_count,
                           .skew_ms = SKEW_MS };
    struct matter matter = { .judge = &judge, .jws_input = v->jws_input };
    enum profile profile = v->profile;

    TRY(load_trust(v, &trust, err));
    TRY(ctl_open_rest(v->ca_file, &rest, err));
    TRY(open_ldap(v, &ldap, err));
    TRY(file_read(path, INPUT_MAX, &data, err));
    if (v->content_path)
        TRY(file_read(v->content_path, INPUT_MAX, &content, err));
    judge.trust = v->dir_count ? trust : NULL; /* NULL: the report says so */
    v->sources.rest = rest;
    matter.ldap = ldap;
    matter.data = bytes_slice(data);
    matter.content = content ? bytes_slice(content) : (struct slice){ NULL, 0 };
    if (v->evidence_path) {
        const struct kept_document document = { matter.data, matter.content };
        TRY(again_open(v->evidence_path, &judge, &document, &again, report, err));
        again_apply(again, &judge);
    }
    if (profile == PROFILE_AUTO)
        profile = detect(matter.data, &limits, content);
    judge.purpose = judges[profile].purpose;
    *ret_profile = profile;
    TRY(judges[profile].judge(&matter, report, err));
    if (again)
        again_check_signer(again, report);
    return ST_OK;
}

/* ---- output ---- */

static enum status print(const struct verify *v, const struct report *report, const char *path,
                         enum profile profile, struct err *err)
{
    AUTO(bytes_free) struct bytes *json = NULL;
    char what[FILE_PATH_MAX + 32];

    if (!v->json) {
        (void)snprintf(what, sizeof(what), "%s (%s)", path, profile_name(profile));
        show_report(stdout, report, what);
        return ST_OK;
    }
    TRY(report_json(report, &json, err));
    (void)printf("%s\n", json->at);
    return ST_OK;
}

static int exit_code_of(enum verdict verdict)
{
    return verdict == VERDICT_VALID ? CTL_OK : verdict == VERDICT_INVALID ? CTL_NO : CTL_TROUBLE;
}

static int judge_file(struct verify *v, const char *path)
{
    AUTO(report_free) struct report *report = report_new();
    enum profile profile = v->profile;
    struct err err;

    if (!report) {
        (void)RAISE(&err, ST_NOMEM, "out of memory");
        return ctl_fail(usage.command, &err);
    }
    if ((v->profile == PROFILE_DETACHED || v->profile == PROFILE_BYTES) && !v->content_path) {
        (void)RAISE(&err, ST_INPUT, "--profile %s needs --content FILE", profile_name(v->profile));
        return ctl_fail(usage.command, &err);
    }
    if (run(v, path, report, &profile, &err) != ST_OK ||
        print(v, report, path, profile, &err) != ST_OK)
        return ctl_fail(usage.command, &err);
    return exit_code_of(report_verdict(report));
}

int cmd_verify(int argc, char **argv)
{
    struct verify v = { .profile = PROFILE_AUTO, .now_ms = clock_now(clock_system()) };
    char **arguments;
    int code = ctl_options(&usage, &v, argc, argv, &arguments);

    if (code == CTL_GO)
        code = judge_file(&v, arguments[0]);
    for (size_t i = 0; i < v.pin_count; i++)
        cert_free(v.pins[i]);
    sources_clear(&v.sources);
    return code;
}
