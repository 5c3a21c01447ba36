#include "server/service.h"

#include "base/file.h"
#include "base/text.h"
#include "server/allowed.h"
#include "server/coid_meters.h"
#include "server/inventory.h"
#include "server/judging.h"
#include "server/jws_source.h"
#include "server/open.h"
#include "server/senders.h"

#include <stdatomic.h>
#include <string.h>

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

enum { MIN_KEY = 32 /* bytes of the cluster key */, MAX_CERTIFICATE = 64 << 10 /* bytes */ };

struct service {
    _Atomic unsigned references;
    const struct conf *conf;
    const struct rooms *rooms; /* borrowed: they outlive every service */
    struct trust *trust;
    struct key *key;
    struct pin *pins;
    size_t pin_count;
    struct expiry_list *certificates;
    struct flow_sender *senders;
    struct wsse *wsse;
    struct mobile *mobile;
    struct jws_source *jws;
    struct coid_room *coid; /* NULL: not offered */
    struct flows *flows;
    struct road road;
};

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

static enum status load_pin(const struct conf_gateway *gateway, struct pin *pin, struct err *err)
{
    AUTO(bytes_wipe) struct bytes *file = NULL;

    TRY(file_load(gateway->certificate_file, MAX_CERTIFICATE, &file, err));
    text_copy(pin->name, sizeof(pin->name), gateway->name);
    return cert_parse(bytes_slice(file), &pin->cert, err);
}

static enum status load_pins(struct service *s, struct err *err)
{
    if (s->conf->gateway_count == 0)
        return ST_OK;
    s->pins = calloc(s->conf->gateway_count, sizeof(*s->pins));
    if (!s->pins)
        return RAISE(err, ST_NOMEM, "gateways: out of memory");
    for (; s->pin_count < s->conf->gateway_count; s->pin_count++)
        TRY(load_pin(&s->conf->gateways[s->pin_count], &s->pins[s->pin_count], err));
    return ST_OK;
}

static enum status load_trust(struct service *s, struct err *err)
{
    TRY(trust_new(&s->trust, err));
    TRY(trust_add_dir(s->trust, s->conf->trust.dir, err));
    if (trust_anchor_count(s->trust) == 0)
        return RAISE(err, ST_INPUT, "%s: holds no root certificate", s->conf->trust.dir);
    return ST_OK;
}

/* Our own certificate and the gateways' come from the authorities whose lists will be wanted: a
 * judgement by lists alone makes them known, without the network. Its verdict is not asked for. */
static void want_lists(const struct service *s)
{
    const struct judge judge = { .trust = s->trust,
                                 .io = &s->rooms->trust_io,
                                 .now_ms = clock_now(s->rooms->clock),
                                 .revocation = REVOCATION_CRL,
                                 .scope = judging_scope(s->conf),
                                 .deadline_ms = 1 /* long past: nothing is waited for */ };
    AUTO(report_free) struct report *report = report_new();

    if (!report || judging_revocation(s->conf) < REVOCATION_CRL)
        return;
    (void)!trust_judge(&judge, key_cert(s->key), report);
    for (size_t i = 0; i < s->pin_count; i++)
        (void)!trust_judge(&judge, s->pins[i].cert, report);
}

static enum status make_wsse(struct service *s, struct err *err)
{
    const struct conf *c = s->conf;
    const struct wsse_params params = {
        .limits = { (size_t)c->http.max_request_bytes, (int)c->limits.xml_depth },
        .algorithms = allowed_algorithms(c, KIND_TRANSPORT),
        .business_algorithms = allowed_algorithms(c, KIND_BUSINESS),
        .follow_aia = c->trust.follow_aia,
        .trust = s->trust,
        .pins = s->pins,
        .pin_count = s->pin_count,
        .io = &s->rooms->trust_io,
        .revocation = judging_revocation(c),
        .scope = judging_scope(c),
        .unknown = judging_unknown(c->trust.transport_unknown),
        .business_unknown = judging_unknown(c->trust.business_unknown),
        .ocsp_url = judging_ocsp_url(c),
        .skew_ms = c->trust.clock_skew_ms,
        .key = s->key,
        .clock = s->rooms->clock,
    };

    return wsse_new(&params, &s->wsse, err);
}

static enum status make_mobile(struct service *s, struct err *err)
{
    AUTO(bytes_wipe) struct bytes *cluster_key = NULL;
    const struct conf *c = s->conf;

    TRY(secret_load(c->instance.cluster_key_file, MIN_KEY, &cluster_key, err));
    const struct mobile_params params = {
        .public_url = c->http.public_url,
        .link_template = c->signing.link_template,
        .business_template = c->signing.business_link_template,
        .expiry_zone = c->signing.expiry_zone,
        .default_life_ms = c->signing.session_life_s * 1000,
        .max_life_ms = c->signing.max_session_life_s * 1000,
        .login_window_ms = c->signing.login_window_s * 1000,
        .max_document_bytes = (size_t)c->signing.max_documents_bytes,
        .max_documents = (unsigned)c->signing.max_documents,
        .max_signers = (unsigned)c->signing.max_signers,
        .max_put_bytes = (size_t)c->http.max_request_bytes,
        .max_xml_depth = (int)c->limits.xml_depth,
        .timestamp_required = c->signing.timestamp_required,
        .refusal_allowed = c->sandbox.enabled,
        .algorithms = allowed_algorithms(c, KIND_USER),
        .timestamp_algorithms = allowed_algorithms(c, KIND_TIMESTAMP),
        .follow_aia = c->trust.follow_aia,
        .revocation = judging_revocation(c),
        .scope = judging_scope(c),
        .unknown = judging_unknown(c->trust.user_unknown),
        .ocsp_url = judging_ocsp_url(c),
        .skew_ms = c->trust.clock_skew_ms,
        .content_keep_ms = c->signing.content_keep_days * DAY_MS,
        .cluster_key = bytes_slice(cluster_key),
        .seal_key = s->key,
        .seal_tsp_url = or_null(c->signing.seal_tsp_url),
        .trust = s->trust,
        .io = &s->rooms->trust_io,
        .store = s->rooms->store,
        .journal = s->rooms->journal,
        .clock = s->rooms->clock,
    };
    return mobile_new(&params, &s->mobile, err);
}

static enum status make_flows(struct service *s, struct err *err)
{
    const struct conf *c = s->conf;

    TRY(senders_new(c, &s->senders, err));
    const struct flow_params params = {
        .senders = s->senders,
        .sender_count = c->sender_count,
        .signing_service_id = c->signing.service_id,
        .coid_service_id = c->coid.service_id,
        .message_window_ms = c->limits.message_window_ms,
        .claim_lease_ms = c->limits.claim_lease_ms,
        .claim_keep_ms = c->limits.claim_keep_ms,
        .mobile = s->mobile,
        .coid = s->coid ? coid_room_coid(s->coid) : NULL,
        .store = s->rooms->store,
        .codec = s->rooms->codec,
        .wsse = s->wsse,
        .clock = s->rooms->clock,
    };
    return flows_new(&params, &s->flows, err);
}

static enum status make_jws(struct service *s, struct err *err)
{
    const struct jws_source_params params = { .conf = s->conf,
                                              .journal = s->rooms->journal,
                                              .clock = s->rooms->clock,
                                              .calls = s->rooms->meters.all[METER_OUTWARD_CALL] };

    return jws_source_new(&params, &s->jws, err);
}

static enum status make_coid(struct service *s, struct err *err)
{
    const struct coid_room_params params = {
        .conf = s->conf,
        .trust = s->trust,
        .io = &s->rooms->trust_io,
        .jws = s->jws,
        .upstream = s->rooms->coid,
        .store = s->rooms->store,
        .journal = s->rooms->journal,
        .clock = s->rooms->clock,
        .observer = coid_meters_observer(&s->rooms->meters),
    };

    return *s->conf->coid.base_url ? coid_room_new(&params, &s->coid, err) : ST_OK;
}

static enum status list_certificates(struct service *s, struct err *err)
{
    const struct inventory inventory = {
        .conf = s->conf,
        .key = s->key,
        .trust = s->trust,
        .pins = s->pins,
        .pin_count = s->pin_count,
        .jws = s->jws,
        .coid = s->coid,
    };

    return inventory_list(&inventory, &s->certificates, err);
}

static enum status build(struct service *s, struct err *err)
{
    const struct conf_keys *keys = &s->conf->keys;
    const struct key_source source = { keys->sign_key_file, keys->sign_pass_file,
                                       keys->sign_cert_file, keys->pkcs11_module };

    TRY(load_trust(s, err));
    TRY(key_open(&source, &s->key, err));
    TRY(load_pins(s, err));
    want_lists(s);
    TRY(make_wsse(s, err));
    TRY(make_mobile(s, err));
    TRY(make_jws(s, err));
    TRY(make_coid(s, err));
    TRY(list_certificates(s, err));
    TRY(make_flows(s, err));
    s->road =
        (struct road){ s->wsse, s->rooms->codec, s->flows, s->rooms->journal, s->rooms->clock };
    ocsp_cache_reuse(s->rooms->answers, s->conf->trust.ocsp_reuse_ms);
    return ST_OK;
}

enum status service_new(const struct conf *conf, const struct rooms *rooms,
                        struct service **ret_service, struct err *err)
{
    struct service *s = calloc(1, sizeof(*s));

    if (!s)
        return RAISE(err, ST_NOMEM, "service: out of memory");
    atomic_init(&s->references, 1);
    s->conf = conf;
    s->rooms = rooms;
    enum status built = build(s, err);
    if (built != ST_OK) {
        s->conf = NULL; /* not taken over */
        service_free(s);
        return built;
    }
    *ret_service = s;
    return ST_OK;
}

struct service *service_ref(struct service *service)
{
    atomic_fetch_add(&service->references, 1);
    return service;
}

void service_free(struct service *s)
{
    if (!s || atomic_fetch_sub(&s->references, 1) > 1)
        return;
    flows_free(s->flows);
    coid_room_free(s->coid);
    jws_source_free(s->jws);
    mobile_free(s->mobile);
    wsse_free(s->wsse);
    free(s->senders);
    expiry_list_free(s->certificates);
    for (size_t i = 0; i < s->pin_count; i++)
        cert_free(s->pins[i].cert);
    free(s->pins);
    key_free(s->key);
    trust_free(s->trust);
    conf_free(s->conf);
    free(s);
}

const struct conf *service_conf(const struct service *service)
{
    return service->conf;
}

const struct road *service_road(const struct service *service)
{
    return &service->road;
}

void service_adopt(struct service *service, struct service *before)
{
    jws_source_adopt(service->jws, before->jws);
}

struct coid_room *service_coid(const struct service *service)
{
    return service->coid;
}

struct mobile *service_mobile(const struct service *service)
{
    return service->mobile;
}

const struct rooms *service_rooms(const struct service *service)
{
    return service->rooms;
}

const struct key *service_key(const struct service *service)
{
    return service->key;
}

const struct trust *service_trust(const struct service *service)
{
    return service->trust;
}

const struct expiry_list *service_certificates(const struct service *service)
{
    return service->certificates;
}
