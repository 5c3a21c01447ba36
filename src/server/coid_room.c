#include "server/coid_room.h"

#include "base/text.h"
#include "server/allowed.h"
#include "server/judging.h"

#include <stdlib.h>
#include <string.h>

enum { HOST_MAX = 256 };

struct coid_room {
    const struct conf *conf;
    struct key *sign_key;
    struct rest *rest;
    char host[HOST_MAX]; /* of base_url: nobody else is ever called */
    const char *hosts[2];
    struct coid *coid;
};

/* The host of https://host[:port]/path; IPv6 with its brackets. */
static enum status read_host(struct coid_room *room, struct err *err)
{
    const char *url = room->conf->coid.base_url;
    const char *scheme = strstr(url, "://");
    const char *at = scheme ? scheme + strlen("://") : url;
    size_t len = *at == '[' ? strcspn(at, "]") + 1 : strcspn(at, ":/");

    if (!text_copy_slice(room->host, sizeof(room->host), (struct slice){ at, len }))
        return RAISE(err, ST_INPUT, "[coid] base_url: its host is over %d bytes", HOST_MAX - 1);
    room->hosts[0] = room->host;
    return ST_OK;
}

static enum status open_rest(struct coid_room *room, const struct clock *clock, struct err *err)
{
    const struct conf_coid *c = &room->conf->coid;
    const struct key_source client = { .place = c->client_key_file,
                                       .secret_file = c->client_pass_file };
    const struct rest_params params = {
        .ca_file = c->ca_file,
        .max_parallel = (unsigned)c->max_calls,
        .user_agent = "shepd",
        .hosts = room->hosts,
        .client = &client,
        .clock = clock,
        .client_of_any_date = true,
    };
    struct err cause = { 0 };

    if (rest_new(&params, &room->rest, &cause) != ST_OK)
        return RAISE(err, cause.status, "[coid] %s", cause.text);
    return ST_OK;
}

static enum status read_jws(const struct conf *conf, struct jws_settings *ret, struct err *err)
{
    *ret = (struct jws_settings){ .iss = *conf->coid.jws_iss ? conf->coid.jws_iss : NULL };
    TRY(jws_input_parse(conf->jws.input, &ret->input, err));
    TRY(jws_order_parse(conf->coid.jws_order, &ret->order, err));
    return jws_alphabet_parse(conf->coid.jws_alphabet, &ret->alphabet, err);
}

/* A trial signature: a key that cannot make one is found out now, not when a citizen waits. */
static enum status open_sign_key(struct coid_room *room, const struct jws_settings *settings,
                                 struct err *err)
{
    const struct conf_coid *c = &room->conf->coid;
    const struct key_source source = { c->sign_key_file, c->sign_pass_file, c->sign_cert_file,
                                       room->conf->keys.pkcs11_module };
    AUTO(bytes_free) struct bytes *jws = NULL;
    struct err cause = { 0 };

    if (key_open(&source, &room->sign_key, &cause) != ST_OK ||
        jws_sign(room->sign_key, SLICE("{}"), settings, &jws, &cause) != ST_OK)
        return RAISE(err, cause.status, "[coid] sign_key_file: %s", cause.text);
    return ST_OK;
}

/* How its answers are judged (req 2.46–2.51); time and deadline are set for each. */
static struct judge judge_of(const struct coid_room_params *params)
{
    const struct conf *c = params->conf;
    struct judge judge = {
        .trust = params->trust,
        .io = params->io,
        .purpose = PURPOSE_TRANSPORT,
        .revocation = judging_revocation(c),
        .scope = judging_scope(c),
        .ocsp_url = judging_ocsp_url(c),
        .algorithms = allowed_algorithms(c, KIND_JWS),
        .expect_bin = c->jws.signer_bin,
        .skew_ms = c->trust.clock_skew_ms,
    };

    judge.pins = jws_source_pins(params->jws, &judge.pin_count);
    return judge;
}

static struct coid_paths paths_of(const struct conf_coid *c)
{
    return (struct coid_paths){
        .verify = c->verify_path,
        .data = c->data_path,
        .vendors = c->vendors_path,
        .transactions = c->transactions_path,
        .act_detail = c->act_detail_path,
        .act = c->act_path,
        .news = c->news_path,
    };
}

static enum status make_coid(struct coid_room *room, const struct coid_room_params *params,
                             const struct jws_settings *jws, struct err *err)
{
    const struct conf_coid *c = &room->conf->coid;
    const struct coid_params all = {
        .base_url = c->base_url,
        .paths = paths_of(c),
        .participant = c->participant,
        .consent_template = c->consent_template,
        .threshold = (double)c->threshold_percent / 100,
        .data_window_ms = c->data_window_ms,
        .iin_check_digit = c->iin_check_digit,
        .max_photo_bytes = (size_t)c->max_photo_bytes,
        .max_answer_bytes = (size_t)c->max_answer_bytes,
        .budget_ms = c->budget_ms,
        .call_ms = c->call_ms,
        .vendors_keep_ms = c->vendors_keep_ms,
        .unsigned_accepted = strcmp(c->unsigned_answers, "accept") == 0,
        .jws = *jws,
        .sign_key = room->sign_key,
        .jws_judge = judge_of(params),
        .jws_params = jws_source_params_of(params->jws),
        .rest = room->rest,
        .upstream = params->upstream,
        .store = params->store,
        .journal = params->journal,
        .clock = params->clock,
        .observer = params->observer,
    };

    return coid_new(&all, &room->coid, err);
}

enum status coid_room_new(const struct coid_room_params *params, struct coid_room **ret_room,
                          struct err *err)
{
    AUTO(coid_room_free) struct coid_room *room = calloc(1, sizeof(*room));
    struct jws_settings jws;

    if (!room)
        return RAISE(err, ST_NOMEM, "[coid] out of memory");
    room->conf = params->conf;
    TRY(read_host(room, err));
    TRY(open_rest(room, params->clock, err));
    TRY(read_jws(params->conf, &jws, err));
    TRY(open_sign_key(room, &jws, err));
    TRY(make_coid(room, params, &jws, err));
    *ret_room = TAKE(room);
    return ST_OK;
}

void coid_room_free(struct coid_room *room)
{
    if (!room)
        return;
    coid_free(room->coid);
    key_free(room->sign_key);
    rest_free(room->rest);
    free(room);
}

struct coid *coid_room_coid(const struct coid_room *room)
{
    return room->coid;
}

const struct key *coid_room_sign_key(const struct coid_room *room)
{
    return room->sign_key;
}

const struct cert *coid_room_client_cert(const struct coid_room *room)
{
    return rest_client_cert(room->rest);
}

void coid_room_cancel(struct coid_room *room)
{
    rest_cancel(room->rest);
}

struct upstream_params coid_room_limits(const struct conf *conf)
{
    const struct conf_coid *c = &conf->coid;

    return (struct upstream_params){
        .name = "ЦОИД",
        .max_calls = (unsigned)c->max_calls,
        .max_waiting = (unsigned)c->max_waiting,
        .wait_ms = c->wait_ms,
        .budget_ms = c->budget_ms,
        .failures = (unsigned)c->failures,
        .window_ms = c->failure_window_ms,
        .open_ms = c->open_ms,
        .successes = (unsigned)c->successes,
    };
}
