#include "soap/coid_answers.h"
#include "soap/support.h"
#include "support/cmocka.h"

/* Torture: let the n-th allocation of ours or of the generated code fail, for every n until none
 * does. */
static size_t fail_at;

static bool fails(void)
{
    return fail_at && --fail_at == 0;
}

void *__real_soap_malloc(struct soap *soap, size_t size);
void *__wrap_soap_malloc(struct soap *soap, size_t size);
void *__real_arena_alloc(struct arena *arena, size_t size);
void *__wrap_arena_alloc(struct arena *arena, size_t size);
char *__real_arena_text(struct arena *arena, struct slice s);
char *__wrap_arena_text(struct arena *arena, struct slice s);
struct bytes *__real_bytes_new(size_t max);
struct bytes *__wrap_bytes_new(size_t max);

void *__wrap_soap_malloc(struct soap *soap, size_t size)
{
    if (!fails())
        return __real_soap_malloc(soap, size);
    soap->error = SOAP_EOM;
    return NULL;
}

void *__wrap_arena_alloc(struct arena *arena, size_t size)
{
    return fails() ? NULL : __real_arena_alloc(arena, size);
}

char *__wrap_arena_text(struct arena *arena, struct slice s)
{
    return fails() ? NULL : __real_arena_text(arena, s);
}

struct bytes *__wrap_bytes_new(size_t max)
{
    return fails() ? NULL : __real_bytes_new(max);
}

static const char create[] =
    "<s:createSigningSession xmlns:s='" SIGNING_NS "'><description>d</description>"
    "<signMethod>XML</signMethod><signers><signer><role>ceo</role></signer></signers>"
    "<documents><document><id>1</id><nameRu>n</nameRu><meta><item><name>n</name></item></meta>"
    "<documentXml>x</documentXml></document><document><id>2</id><nameRu>n</nameRu><file>"
    "<mime>a/b</mime><data>aGVsbG8=</data></file></document></documents></s:createSigningSession>";

static const char verify[] =
    "<c:verifyPhoto xmlns:c='" COID_NS "'><iin>123456789011</iin><vendor>1</vendor>"
    "<photo><contentType>image/png</contentType><data>aGVsbG8=</data></photo></c:verifyPhoto>";
static const char person[] =
    "<c:getPersonData xmlns:c='" COID_NS "'><idempotencyKey>" COID_ID "</idempotencyKey>"
    "<mcdb>true</mcdb><consent><iin>123456789011</iin><fullName>n</fullName><text>t</text>"
    "</consent></c:getPersonData>";

static const struct asked {
    const char *name, *ns, *xml;
    enum operation op;
} requests[] = {
    { "createSigningSession", SIGNING_NS, create, OP_CREATE_SIGNING_SESSION },
    { "verifyPhoto", COID_NS, verify, OP_VERIFY_PHOTO },
    { "getPersonData", COID_NS, person, OP_GET_PERSON_DATA },
};

struct ready {
    struct codec *codec;
    struct bytes *body;
    struct bytes *payload;
    const struct asked *asked;
    enum operation op; /* whose answer is encoded */
};

static enum status decode_all(const struct ready *ready)
{
    static const struct signer signer = { .iin = "" };
    const struct parts parts = { .body = bytes_slice(ready->body),
                                 .signer = &signer,
                                 .payload = { PAYLOAD_ELEMENT, bytes_slice(ready->payload),
                                              ready->asked->name, ready->asked->ns } };
    AUTO(request_free) struct request *req = NULL;
    struct err err = { 0 };
    enum status got = soap_decode_parts(ready->codec, &parts, &req, &err);

    if (got == ST_OK)
        assert_int_equal(req->op, ready->asked->op);
    else
        assert_null(req);
    return got;
}

static enum status encode_all(const struct ready *ready)
{
    static const struct evidence_item items[] = {
        { EVIDENCE_CERTIFICATE, { "C", 1 } },
        { EVIDENCE_REPORT, { "{\"checks\":[{\"name\":\"x\"}]}", 25 } },
    };
    static const struct signed_document documents[] = {
        { .id = 1, .content = { "<x/>", 4 }, .evidence = items, .evidence_count = 2 },
    };
    struct signing_session session = { .id = { "i" },
                                       .state = SESSION_SIGNED,
                                       .method = METHOD_XML,
                                       .signed_documents = documents,
                                       .signed_count = 1 };
    const struct coid_answer told = coid_whole(ready->op);
    const struct reply reply = { .code = "SCSS001",
                                 .message = "m",
                                 .message_id = "id",
                                 .correlation_id = "c",
                                 .data_as_text = true,
                                 .op = ready->op,
                                 .session = &session,
                                 .coid = &told };
    AUTO(bytes_free) struct bytes *out = NULL;
    struct err err = { 0 };

    return soap_encode(ready->codec, NULL, &reply, &out, &err);
}

static void assert_survives(enum status (*work)(const struct ready *ready),
                            const struct asked *asked, enum operation op)
{
    struct ready ready = {
        .codec = new_codec(),
        .body = canonical("<soap:Body xmlns:soap='" SOAP_NS "'>" MESSAGE("<data/>") "</soap:Body>"),
        .payload = canonical(asked->xml),
        .asked = asked,
        .op = op,
    };
    enum status got = ST_NOMEM;
    size_t n = 0;

    while (got != ST_OK) {
        fail_at = ++n;
        got = work(&ready);
        fail_at = 0;
        if (got != ST_OK && got != ST_NOMEM)
            fail_msg("failure %zu: %s", n, status_name(got));
    }
    assert_true(n > 10);
    bytes_free(ready.body);
    bytes_free(ready.payload);
    codec_free(ready.codec);
}

static void decoding_survives_every_failed_allocation(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++)
        assert_survives(decode_all, &requests[i], OP_NONE);
}

static void encoding_survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_survives(encode_all, requests, OP_GET_SIGNING_RESULT);
    for (enum operation op = OP_VERIFY_PHOTO; op <= OP_GET_NEWS; op++)
        assert_survives(encode_all, requests, op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding_survives_every_failed_allocation),
        cmocka_unit_test(encoding_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
