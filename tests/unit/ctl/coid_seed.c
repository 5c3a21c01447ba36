/* Fills the database of a configuration with checks of identity, as the service would have left
 * them: coid_seed CONFIG KEY PASSFILE. KEY signs what ЦОИД would have. Prints a line NAME KEY for
 * each. */
#include "base/clock.h"
#include "base/text.h"
#include "crypto/init.h"
#include "crypto/jws.h"
#include "server/open.h"
#include "store/coid.h"

#include <stdio.h>
#include <string.h>

#define BODY "{\"iin\":\"800101300123\", \"vendor\":\"Verigram\",\"result\":0.9731}\n"
#define CONSENT "{\"Data\":{\"confirmation\":\"согласие\"}}"
#define RECEIVED_MS INT64_C(1795337000123)

struct row {
    const char *name, *iin, *vendor_name, *result;
    int32_t day;
    enum coid_state state;
};

static const struct row rows[] = {
    { "passed", "800101300123", "Verigram", "0.9731", 20261120, COID_DONE },
    { "threshold", "800101300123", "Verigram", "0.85", 20261120, COID_DONE },
    { "low", "900101300124", "VisionLabs", "0.42", 20261121, COID_DONE },
    { "refused", "700101300125", "", "", 20261121, COID_REFUSED },
    { "asked", "700101300125", "", "", 20261121, COID_ASKED },
    { "written", "700101300125", "", "", 20261122, COID_WRITTEN },
};

static enum status fill_row(struct store *store, const struct row *row, struct id *ret_key,
                            struct err *err)
{
    const uint8_t payload[32] = { 1 };
    const struct coid_begin begin = {
        .sender_id = "ekzamen",
        .message_id = row->name,
        .payload_sha256 = payload,
        .exchange = id_new(RECEIVED_MS),
        .key = id_new(RECEIVED_MS),
        .iin = row->iin,
        .vendor = strcmp(row->vendor_name, "VisionLabs") == 0 ? 1 : 3,
        .photo = SLICE("\x89PNG\r\n\x1a\n\0a face"),
        .day = row->day,
    };
    const struct coid_end end = { .state = row->state,
                                  .vendor_name = row->vendor_name,
                                  .result = row->result,
                                  .refused_status = row->state == COID_REFUSED ? 406 : 0,
                                  .refused_code = row->state == COID_REFUSED ? "imageRefused" : "",
                                  .refused_text = "" };
    struct coid_call call;
    bool fresh;

    TRY(store_coid_begin(store, &begin, &call, &fresh, err));
    *ret_key = call.key;
    if (row->state != COID_WRITTEN)
        TRY(store_coid_asking(store, &call.key, err));
    if (row->state == COID_DONE || row->state == COID_REFUSED)
        TRY(store_coid_end(store, &call.key, &end, err));
    (void)printf("%s %s\n", row->name, call.key.text);
    return ST_OK;
}

/* Signed as ЦОИД's; request: "" none. */
static enum status fill_evidence(struct store *store, const struct key *key, const struct id *of,
                                 const char *request, struct err *err)
{
    static const struct jws_settings settings = { .order = JWS_ORDER_BE_SR };
    AUTO(bytes_free) struct bytes *jws = NULL;
    AUTO(bytes_free) struct bytes *request_jws = NULL;

    TRY(jws_sign(key, SLICE(BODY), &settings, &jws, err));
    if (*request)
        TRY(jws_sign(key, slice_str(request), &settings, &request_jws, err));
    const struct coid_evidence evidence = {
        .id = id_new(RECEIVED_MS),
        .op = *request ? OP_GET_PERSON_DATA : OP_VERIFY_PHOTO,
        .sender_id = "ekzamen",
        .message_id = "m",
        .exchange = id_new(RECEIVED_MS),
        .key = *of,
        .received_ms = RECEIVED_MS,
        .http_status = 200,
        .request_body = slice_str(request),
        .request_jws = request_jws ? request_jws->at : "",
        .body = SLICE(BODY),
        .jws = jws->at,
        .certificate = cert_der(key_cert(key)),
        .verdict = "valid",
        .report = SLICE("{\"verdict\":\"valid\"}"),
    };
    TRY(store_coid_evidence_keep(store, &evidence, err));
    (void)printf("%s %s\n", *request ? "data-evidence" : "photo-evidence", evidence.id.text);
    return ST_OK;
}

static enum status fill_unsigned(struct store *store, struct err *err)
{
    const struct coid_evidence evidence = {
        .id = id_new(RECEIVED_MS),
        .op = OP_GET_VENDORS,
        .sender_id = "-",
        .message_id = "",
        .received_ms = RECEIVED_MS,
        .http_status = 502,
        .request_jws = "",
        .body = SLICE("<html>\0bad gateway"),
        .jws = "",
        .verdict = "unsigned",
        .report = SLICE("{}"),
    };

    TRY(store_coid_evidence_keep(store, &evidence, err));
    (void)printf("vendors-evidence %s\n", evidence.id.text);
    return ST_OK;
}

static enum status fill_news(struct store *store, struct err *err)
{
    const struct coid_news news[] = {
        { { "2026-11-20", "2026-11-20" }, "Работы", "В ночь на воскресенье\nперерыв, с 2 до 4" },
        { { "2026-11-21", "2026-11-21" }, "Тариф, новый", "\"BTSDigital\"" },
    };
    size_t fresh;

    return store_coid_news_keep(store, news, sizeof(news) / sizeof(news[0]), &fresh, err);
}

static enum status fill(char **arguments, struct err *err)
{
    AUTO(conf_free) const struct conf *conf = NULL;
    AUTO(vault_close) struct vault *vault = NULL;
    AUTO(store_close) struct store *store = NULL;
    AUTO(key_free) struct key *key = NULL;
    const struct key_source source = { .place = arguments[1], .secret_file = arguments[2] };
    struct id keys[sizeof(rows) / sizeof(rows[0])];

    TRY(clock_use_astana(err));
    TRY(crypto_init(err));
    TRY(conf_load(arguments[0], &conf, err));
    TRY(vault_open(conf->store.content_keys_file, &vault, err));
    TRY(open_store(conf, vault, &store, err));
    TRY(store_migrate(store, "seed", err));
    TRY(key_open(&source, &key, err));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        TRY(fill_row(store, &rows[i], &keys[i], err));
    TRY(fill_evidence(store, key, &keys[0], "", err));
    TRY(fill_evidence(store, key, &keys[0], CONSENT, err));
    TRY(fill_unsigned(store, err));
    return fill_news(store, err);
}

int main(int argc, char **argv)
{
    struct err err = { .text = "coid_seed CONFIG KEY PASSFILE" };

    if (argc == 4 && fill(argv + 1, &err) == ST_OK)
        return 0;
    (void)fprintf(stderr, "coid_seed: %s\n", err.text);
    return 1;
}
