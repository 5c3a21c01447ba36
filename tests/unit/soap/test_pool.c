#include "soap/support.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 8, ROUNDS = 100 };

/* Half of what a worker does: decode a good or a bad message, encode an answer. */
static void *work(void *arg)
{
    static const struct reply reply = {
        .code = "SCSS001", .message = "m", .message_id = "id", .correlation_id = "c"
    };
    struct codec *codec = arg;
    AUTO(bytes_free)
    struct bytes *good =
        canonical("<soap:Body xmlns:soap='" SOAP_NS "'>" MESSAGE("") "</soap:Body>");
    AUTO(bytes_free)
    struct bytes *bad = canonical("<soap:Body xmlns:soap='" SOAP_NS "'><x><y/></x></soap:Body>");
    static const struct signer signer = { .iin = "" };
    size_t failures = 0;

    for (int i = 0; i < ROUNDS; i++) {
        AUTO(request_free) struct request *req = NULL;
        AUTO(bytes_free) struct bytes *out = NULL;
        bool is_good = i % 3 != 0;
        const struct parts parts = { .body = bytes_slice(is_good ? good : bad), .signer = &signer };
        struct err err;

        failures += soap_decode_parts(codec, &parts, &req, &err) != (is_good ? ST_OK : ST_FORMAT);
        failures += is_good && strcmp(req->info.message_id, "m-1") != 0;
        failures += soap_encode(codec, NULL, &reply, &out, &err) != ST_OK;
    }
    return (void *)failures;
}

static void more_threads_than_engines_share_the_pool(void **state)
{
    struct codec *codec = new_codec(); /* of four */
    pthread_t threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, codec), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failures = NULL;
        assert_int_equal(pthread_join(threads[i], &failures), 0);
        assert_ptr_equal(failures, NULL);
    }
    codec_free(codec);
}

static void a_pool_of_none_is_refused(void **state)
{
    const struct codec_params params = { 0, 1, 1, 0 };
    struct codec *codec = NULL;
    struct err err;

    (void)state;
    assert_int_equal(codec_new(&params, &codec, &err), ST_INPUT);
    codec_free(NULL);
}

static void an_engine_that_does_not_come_free_is_unavailable(void **state)
{
    const struct codec_params params = { 1, 1, 1, 0 };
    struct codec *codec = NULL;
    struct engine *engine = NULL, *second = NULL;
    struct err err;

    (void)state;
    assert_int_equal(codec_new(&params, &codec, &err), ST_OK);
    assert_int_equal(engine_take(codec, &engine, &err), ST_OK);
    assert_int_equal(engine_take(codec, &second, &err), ST_UNAVAILABLE);
    engine_return(engine);
    assert_int_equal(engine_take(codec, &second, &err), ST_OK);
    engine_return(second);
    codec_free(codec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_threads_than_engines_share_the_pool),
        cmocka_unit_test(a_pool_of_none_is_refused),
        cmocka_unit_test(an_engine_that_does_not_come_free_is_unavailable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
