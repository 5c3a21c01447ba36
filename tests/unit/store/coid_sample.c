#include "coid_sample.h"

#include "fixture.h"

struct coid_begin coid_begin_of(const char *message, unsigned number)
{
    static const uint8_t payloads[3][32] = { { 0xaa }, { 0xbb }, { 0xcc } };
    static const char *const iins[] = { "800101300123", "900101300124", "700101300125" };

    return (struct coid_begin){
        .sender_id = "ekzamen",
        .message_id = message,
        .payload_sha256 = payloads[number % 3],
        .exchange = id_new(1795337000000),
        .key = id_new(1795337000000),
        .iin = iins[number % 3],
        .vendor = 7 + number,
        .photo = number == 1 ? SLICE("\x89PNG\0another face") : SLICE("\x89PNG\0a face\0"),
        .day = COID_DAY,
    };
}

struct coid_call coid_begun(struct store *store, const struct coid_begin *begin, bool want_fresh)
{
    struct coid_call call;
    bool fresh = !want_fresh;

    assert_ok(store_coid_begin(store, begin, &call, &fresh, err));
    assert_int_equal(fresh, want_fresh);
    return call;
}

struct coid_end coid_done(void)
{
    return (struct coid_end){ .state = COID_DONE, .vendor_name = "Verigram", .result = "0.9731" };
}

struct coid_end coid_refused(void)
{
    return (struct coid_end){ .state = COID_REFUSED,
                              .refused_status = 406,
                              .refused_code = "imageRefused",
                              .refused_text = "Не найдено лицо" };
}

struct coid_evidence coid_evidence_of(const struct id *key, const char *body)
{
    return (struct coid_evidence){
        .id = id_new(1795337000000),
        .op = OP_VERIFY_PHOTO,
        .sender_id = "ekzamen",
        .message_id = "m1",
        .exchange = id_new(1795337000000),
        .key = *key,
        .received_ms = 1795337000123,
        .http_status = 200,
        .request_body = SLICE("{\"image\":\"тайна\"}"),
        .request_jws = "eyJhbGciOiJ..c2ln",
        .body = slice_str(body),
        .jws = "eyJraWQiOiI..\xff",
        .certificate = SLICE("\x30\x00"),
        .verdict = "valid",
        .report = SLICE("{\"verdict\":\"valid\"}"),
    };
}
