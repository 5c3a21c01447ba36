/* shepctl sign: signs a document as НУЦ РК's clients and ШЭП's peers do. */
#include "base/clock.h"
#include "base/text.h"
#include "crypto/bytes_judge.h"
#include "crypto/cms.h"
#include "crypto/jws.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/detect.h"
#include "sandbox/file.h"
#include "wsse/wsse.h"
#include "wsse/xades.h"
#include "wsse/xmlsig.h"

#include <ctype.h>
#include <string.h>

enum { INPUT_MAX = 64 * 1024 * 1024, XML_DEPTH_MAX = 64, TSP_WAIT_MS = 25000, URI_MAX = 300 };

static const struct xml_limits limits = { INPUT_MAX, XML_DEPTH_MAX };

struct sign {
    const char *path;
    enum profile profile;
    const char *key_path;
    const char *pass_path;
    const char *tsp_url;
    const char *out_path;
    const char *ca_file;
    struct jws_settings jws;
};

enum {
    OPT_PROFILE,
    OPT_KEY,
    OPT_PASS,
    OPT_TSP,
    OPT_OUT,
    OPT_CA,
    OPT_JWS_INPUT,
    OPT_JWS_ORDER,
    OPT_JWS_BASE64
};

static const struct option_row rows[] = {
    { OPT_PROFILE, "profile", "NAME",
      "shep, enveloped, xades, xml-detached, cms, detached, bytes or jws" },
    { OPT_KEY, "key", "P12", "the signer's key" },
    { OPT_PASS, "pass-file", "FILE", "its password: the file's first line" },
    { OPT_TSP, "tsp", "URL", "cms, detached, xades: adds a timestamp of this TSA" },
    { OPT_OUT, "out", "FILE", "standard output by default" },
    { OPT_CA, "ca", "FILE", "PEM bundle for https (SHEPCTL_CA)" },
    { OPT_JWS_INPUT, "jws-input", "WHAT", "jws: sign the body (default) or rfc7515's input" },
    { OPT_JWS_ORDER, "jws-order", "ORDER", "jws: le-rs (default) or be-sr" },
    { OPT_JWS_BASE64, "jws-base64", "ALPHABET", "jws: url (default) or std, as the examples" },
};

static enum status set(void *ctx, int key, const char *value, struct err *err)
{
    struct sign *s = ctx;
    const char **const places[] = { [OPT_KEY] = &s->key_path,
                                    [OPT_PASS] = &s->pass_path,
                                    [OPT_TSP] = &s->tsp_url,
                                    [OPT_OUT] = &s->out_path,
                                    [OPT_CA] = &s->ca_file };

    switch (key) {
    case OPT_PROFILE:
        return profile_parse(value, &s->profile, err);
    case OPT_JWS_INPUT:
        return jws_input_parse(value, &s->jws.input, err);
    case OPT_JWS_ORDER:
        return jws_order_parse(value, &s->jws.order, err);
    case OPT_JWS_BASE64:
        return jws_alphabet_parse(value, &s->jws.alphabet, err);
    default:
        break;
    }
    *places[key] = value;
    return ST_OK;
}

static const struct usage usage = {
    .command = "shepctl sign",
    .arguments = "FILE",
    .about = "Signs a document. FILE is XML for enveloped and xades, a SOAP envelope or the "
             "content of its Body for shep,\nanything for the others; - is standard input. cms and "
             "detached "
             "are written as DER.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .min_arguments = 1,
    .max_arguments = 1,
    .set = set,
};

static enum status sign_shep(struct key *key, struct slice data, struct bytes **ret,
                             struct err *err)
{
    AUTO(trust_free) struct trust *nobody = NULL;
    AUTO(wsse_free) struct wsse *wsse = NULL;
    struct wsse_params params = {
        .limits = limits, .algorithms = ALG_DEFAULT, .key = key, .clock = clock_system()
    };

    if (xml_document_kind(data, &limits) == DOCUMENT_ENVELOPE)
        return xmlsig_sign_envelope(key, data, &limits, ret, err);
    TRY(trust_new(&nobody, err));
    params.trust = nobody;
    TRY(wsse_new(&params, &wsse, err));
    return wsse_sign(wsse, data, ret, err);
}

/* The file's name without its folder, as a URI (RFC 3986); NULL: it has none. */
static const char *uri_of(const char *path, char *dst, size_t size)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t len = 0;

    if (strcmp(path, "-") == 0)
        return NULL;
    for (; *name && len + 4 < size; name++) {
        const bool is_plain = isalnum((unsigned char)*name) || strchr("-._~", *name);

        (void)text_format(dst + len, size - len, is_plain ? "%c" : "%%%02X", (unsigned char)*name);
        len += is_plain ? 1 : 3;
    }
    return *name || len == 0 ? NULL : dst;
}

static enum status sign_xml_detached(const struct sign *s, const struct key *key, struct slice data,
                                     struct bytes **ret, struct err *err)
{
    char uri[3 * URI_MAX];

    return xmlsig_sign_detached(key, data, uri_of(s->path, uri, sizeof(uri)), ret, err);
}

static enum status sign_cms(const struct sign *s, const struct key *key, struct slice data,
                            struct bytes **ret, struct err *err)
{
    AUTO(rest_free) struct rest *rest = NULL;
    struct trust_io io = { .fetch = rest_fetch };
    struct cms_params params = { .detached = s->profile == PROFILE_DETACHED,
                                 .signing_time_ms = clock_now(clock_system()),
                                 .tsp_url = s->tsp_url,
                                 .deadline_ms = clock_monotonic_ms() + TSP_WAIT_MS };

    if (s->tsp_url) {
        TRY(ctl_open_rest(s->ca_file, &rest, err));
        io.ctx = rest;
        params.io = &io;
    }
    return cms_sign(key, data, &params, ret, err);
}

static enum status sign_xades(const struct sign *s, const struct key *key, struct slice data,
                              struct bytes **ret, struct err *err)
{
    AUTO(rest_free) struct rest *rest = NULL;
    struct trust_io io = { .fetch = rest_fetch };
    const struct xades_params params = { .signing_time_ms = clock_now(clock_system()),
                                         .io = &io,
                                         .tsp_url = s->tsp_url,
                                         .deadline_ms = clock_monotonic_ms() + TSP_WAIT_MS };

    if (s->tsp_url)
        TRY(ctl_open_rest(s->ca_file, &rest, err));
    io.ctx = rest;
    return xades_seal(key, data, &params, &limits, ret, err);
}

static bool takes_timestamp(enum profile profile)
{
    return profile == PROFILE_CMS || profile == PROFILE_DETACHED || profile == PROFILE_XADES;
}

static enum status sign_by_profile(const struct sign *s, struct key *key, struct slice data,
                                   struct bytes **ret, struct err *err)
{
    if (s->tsp_url && !takes_timestamp(s->profile))
        return RAISE(err, ST_INPUT, "--tsp goes with --profile cms, detached or xades only");
    switch (s->profile) {
    case PROFILE_SHEP:
        return sign_shep(key, data, ret, err);
    case PROFILE_ENVELOPED:
        return xmlsig_sign_enveloped(key, data, &limits, ret, err);
    case PROFILE_XML_DETACHED:
        return sign_xml_detached(s, key, data, ret, err);
    case PROFILE_XADES:
        return sign_xades(s, key, data, ret, err);
    case PROFILE_CMS:
    case PROFILE_DETACHED:
        return sign_cms(s, key, data, ret, err);
    case PROFILE_JWS:
        return jws_sign(key, data, &s->jws, ret, err);
    case PROFILE_BYTES:
        return bytes_sign(key, data, ret, err);
    default:
        return RAISE(err, ST_INPUT,
                     "--profile: expected shep, enveloped, xades, xml-detached, cms, detached, "
                     "bytes or jws");
    }
}

static enum status run(const struct sign *s, struct err *err)
{
    AUTO(key_free) struct key *key = NULL;
    AUTO(bytes_free) struct bytes *data = NULL;
    AUTO(bytes_free) struct bytes *out = NULL;

    TRY(ctl_open_key(&(struct key_source){ .place = s->key_path, .secret_file = s->pass_path },
                     &key, err));
    TRY(file_read(s->path, INPUT_MAX, &data, err));
    TRY(sign_by_profile(s, key, bytes_slice(data), &out, err));
    return ctl_write(s->out_path, bytes_slice(out), err);
}

int cmd_sign(int argc, char **argv)
{
    struct sign s = { .profile = PROFILE_AUTO };
    char **arguments;
    int code = ctl_options(&usage, &s, argc, argv, &arguments);
    struct err err;

    if (code != CTL_GO)
        return code;
    s.path = arguments[0];
    return run(&s, &err) == ST_OK ? CTL_OK : ctl_fail(usage.command, &err);
}
