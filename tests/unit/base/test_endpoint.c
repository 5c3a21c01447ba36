#include "support/cmocka.h"

#include "base/endpoint.h"

static const struct {
    const char *text, *host, *port; /* host NULL: refused */
} rows[] = {
    { "ntp.kz", "ntp.kz", "123" },
    { "ntp.kz:1123", "ntp.kz", "1123" },
    { "10.0.0.1", "10.0.0.1", "123" },
    { "10.0.0.1:65535", "10.0.0.1", "65535" },
    { "::1", "::1", "123" },
    { "fe80::1%eth0", "fe80::1%eth0", "123" },
    { "[::1]", "::1", "123" },
    { "[::1]:7", "::1", "7" },
    { "", NULL, NULL },
    { ":123", NULL, NULL },
    { "[]:123", NULL, NULL },
    { "[::1", NULL, NULL },
    { "[::1]x", NULL, NULL },
    { "[::1]:", NULL, NULL },
    { "ntp.kz:", NULL, NULL },
    { "ntp.kz:0", NULL, NULL },
    { "ntp.kz:65536", NULL, NULL },
    { "ntp.kz:123456", NULL, NULL },
    { "ntp.kz:12a", NULL, NULL },
    { "ntp://ntp.kz", NULL, NULL },
    { "ntp kz", NULL, NULL },
    { "ntp.kz/", NULL, NULL },
};

static void an_endpoint_is_a_host_and_a_port(void **state)
{
    struct endpoint endpoint;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool parsed = endpoint_parse(rows[i].text, "123", &endpoint);
        if (parsed != (rows[i].host != NULL))
            fail_msg("«%s» is %s", rows[i].text, parsed ? "parsed" : "refused");
        if (parsed) {
            assert_string_equal(endpoint.host, rows[i].host);
            assert_string_equal(endpoint.port, rows[i].port);
        }
    }
}

static void a_host_has_253_bytes_at_most(void **state)
{
    char text[256];
    struct endpoint endpoint;

    (void)state;
    memset(text, 'a', sizeof(text));
    text[253] = '\0';
    assert_true(endpoint_parse(text, "123", &endpoint));
    text[253] = 'a';
    text[254] = '\0';
    assert_false(endpoint_parse(text, "123", &endpoint));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_endpoint_is_a_host_and_a_port),
        cmocka_unit_test(a_host_has_253_bytes_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
