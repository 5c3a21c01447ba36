/* LDAP servers that stall, lie, flood and break off: a scripted one on loopback. */
#include "ldap_kit.h"

#include "base/text.h"
#include "peer.h"
#include "rest/ldap_ask.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static struct kit kit;

static int setup(void **state)
{
    setup_crypto(state);
    kit_open(&kit);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kit_close(&kit);
    return 0;
}

/* ---- BER, by hand ---- */

enum {
    INTEGER = 0x02,
    OCTETS = 0x04,
    ENUMERATED = 0x0a,
    SEQUENCE = 0x30,
    SET = 0x31,
    ENTRY = 0x64,     /* SearchResultEntry */
    DONE = 0x65,      /* SearchResultDone */
    REFERENCE = 0x73, /* SearchResultReference */
    EXTENDED = 0x78,  /* ExtendedResponse */
};

static void add_head(struct bytes *out, int tag, size_t len)
{
    const unsigned char head[] = { (unsigned char)tag,         0x84,
                                   (unsigned char)(len >> 24), (unsigned char)(len >> 16),
                                   (unsigned char)(len >> 8),  (unsigned char)len };

    bytes_add(out, slice_mem(head, sizeof(head)));
}

static void add(struct bytes *out, int tag, struct slice content)
{
    add_head(out, tag, content.len);
    bytes_add(out, content);
}

static struct bytes *fresh(void)
{
    struct bytes *bytes = bytes_new((size_t)64 << 20);

    assert_non_null(bytes);
    return bytes;
}

/* LDAPMessage ::= SEQUENCE { messageID 1, what } */
static void add_message(struct bytes *out, int tag, const struct bytes *content)
{
    AUTO(bytes_free) struct bytes *whole = fresh();

    add(whole, INTEGER, SLICE("\x01"));
    add(whole, tag, bytes_slice(content));
    add(out, SEQUENCE, bytes_slice(whole));
}

static void add_result(struct bytes *out, int tag, char code)
{
    AUTO(bytes_free) struct bytes *content = fresh();

    add(content, ENUMERATED, slice_mem(&code, 1));
    add(content, OCTETS, SLICE(""));
    add(content, OCTETS, SLICE("words of the server"));
    add_message(out, tag, content);
}

static void add_entry(struct bytes *out, const char *attribute, const struct slice *values,
                      size_t count)
{
    AUTO(bytes_free) struct bytes *set = fresh();
    AUTO(bytes_free) struct bytes *pair = fresh();
    AUTO(bytes_free) struct bytes *list = fresh();
    AUTO(bytes_free) struct bytes *content = fresh();

    for (size_t i = 0; i < count; i++)
        add(set, OCTETS, values[i]);
    add(pair, OCTETS, slice_str(attribute));
    add(pair, SET, bytes_slice(set));
    add(list, SEQUENCE, bytes_slice(pair));
    add(content, OCTETS, SLICE("cn=x,c=KZ"));
    add(content, SEQUENCE, bytes_slice(list));
    add_message(out, ENTRY, content);
}

static struct slice wanted(void)
{
    return cert_der(kit.certs[KIT_WANTED].cert);
}

static struct slice wrong(void)
{
    return cert_der(kit.certs[KIT_PLAIN].cert);
}

/* ---- what the server says ---- */

static void say_good(struct bytes *out)
{
    const struct slice values[] = { wrong(), wanted() };

    add_entry(out, "userCertificate;binary", values, 2);
    add_result(out, DONE, 0);
}

static void say_other_attribute(struct bytes *out)
{
    const struct slice values[] = { wanted() };

    add_entry(out, "userCertificateX", values, 1);
    add_entry(out, "user", values, 1);
    add_result(out, DONE, 0);
}

static void say_entries(struct bytes *out, size_t before)
{
    const struct slice last[] = { wanted() };
    const struct slice values[] = { wrong() };

    for (size_t i = 0; i < before; i++)
        add_entry(out, "userCertificate", values, 1);
    add_entry(out, "userCertificate", last, 1);
    add_result(out, DONE, 0);
}

static void say_64_entries(struct bytes *out)
{
    say_entries(out, LDAP_ENTRIES_MAX - 1);
}

static void say_65_entries(struct bytes *out)
{
    say_entries(out, LDAP_ENTRIES_MAX);
}

static void say_values(struct bytes *out, size_t before)
{
    struct slice values[LDAP_VALUES_MAX + 1];

    for (size_t i = 0; i < before; i++)
        values[i] = wrong();
    values[before] = wanted();
    add_entry(out, "cACertificate;binary", values, before + 1);
    add_result(out, DONE, 0);
}

static void say_64_values(struct bytes *out)
{
    say_values(out, LDAP_VALUES_MAX - 1);
}

static void say_65_values(struct bytes *out)
{
    say_values(out, LDAP_VALUES_MAX);
}

/* A good certificate before, one behind it, or none. */
static void say_large_value(struct bytes *out)
{
    AUTO(bytes_free) struct bytes *large = fresh();
    memset(bytes_extend(large, 65537), '0', 65537);
    const struct slice values[] = { bytes_slice(large) };

    add_entry(out, "userCertificate", values, 1);
    add_result(out, DONE, 0);
}

static void say_large_and_good(struct bytes *out)
{
    AUTO(bytes_free) struct bytes *large = fresh();
    memset(bytes_extend(large, 65537), '0', 65537);
    const struct slice values[] = { bytes_slice(large), SLICE(""), SLICE("rubbish"), wanted() };

    add_entry(out, "USERCERTIFICATE;BINARY", values, 4);
    add_result(out, DONE, 0);
}

static void say_flood(struct bytes *out)
{
    AUTO(bytes_free) struct bytes *large = fresh();
    memset(bytes_extend(large, 1 << 20), '0', 1 << 20);
    const struct slice values[] = { bytes_slice(large) };

    for (size_t i = 0; i < 17; i++)
        add_entry(out, "userCertificate", values, 1);
    add_result(out, DONE, 0);
}

static void say_referral(struct bytes *out)
{
    AUTO(bytes_free) struct bytes *content = fresh();

    add(content, OCTETS, SLICE("ldap://127.0.0.1:1/c=KZ"));
    add_message(out, REFERENCE, content);
    add_result(out, DONE, 10);
}

static void say_busy(struct bytes *out)
{
    add_result(out, DONE, 51);
}

static void say_size_limit(struct bytes *out)
{
    add_result(out, DONE, 4);
}

static void say_http(struct bytes *out)
{
    bytes_add_str(out, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
}

static void say_nothing(struct bytes *out)
{
    (void)out;
}

static void say_half(struct bytes *out)
{
    say_good(out);
    out->len /= 2;
}

static void say_length_of_gigabytes(struct bytes *out)
{
    add_head(out, SEQUENCE, 0x7fffffff);
}

/* Success, and already in clear text what it would say under TLS. */
static void say_tls_and_good(struct bytes *out)
{
    add_result(out, EXTENDED, 0);
    say_good(out);
}

enum manner {
    CLOSE, /* says it and closes */
    STALL, /* says it and then nothing more */
    DRIP,  /* says one byte after the other, for ever */
};

static const struct row {
    const char *name;
    void (*say)(struct bytes *out);
    enum manner manner;
    bool starttls;
    enum status want;
    const char *words; /* of the error */
} rows[] = {
    { "good", say_good, STALL, false, ST_OK, "" },
    { "another attribute", say_other_attribute, STALL, false, ST_NOT_FOUND, "" },
    { "64 entries", say_64_entries, STALL, false, ST_OK, "" },
    { "65 entries", say_65_entries, STALL, false, ST_UPSTREAM, "64 entries" },
    { "64 values", say_64_values, STALL, false, ST_OK, "" },
    { "65 values", say_65_values, STALL, false, ST_UPSTREAM, "64 values" },
    { "a large value", say_large_value, STALL, false, ST_UPSTREAM, "65536 bytes" },
    { "rubbish beside a good one", say_large_and_good, STALL, false, ST_OK, "" },
    { "a flood", say_flood, STALL, false, ST_UPSTREAM, "16777216 bytes" },
    { "a referral is not followed", say_referral, STALL, false, ST_NOT_FOUND, "" },
    { "busy", say_busy, STALL, false, ST_UPSTREAM, "search: Server is busy" },
    { "its size limit", say_size_limit, STALL, false, ST_UPSTREAM, "64 entries" },
    { "not LDAP", say_http, CLOSE, false, ST_UPSTREAM, "" },
    { "closed", say_nothing, CLOSE, false, ST_UPSTREAM, "" },
    { "closed in the middle", say_half, CLOSE, false, ST_UPSTREAM, "" },
    { "half and no more", say_half, STALL, false, ST_TIMEOUT, "in time" },
    { "a drip", say_flood, DRIP, false, ST_TIMEOUT, "in time" },
    { "nothing", say_nothing, STALL, false, ST_TIMEOUT, "in time" },
    { "gigabytes announced", say_length_of_gigabytes, STALL, false, ST_UPSTREAM, "" },
    { "clear text before TLS", say_tls_and_good, CLOSE, true, ST_UPSTREAM, "StartTLS" },
    { "clear text and silence", say_tls_and_good, STALL, true, ST_UPSTREAM, "StartTLS" },
    { "no TLS at all", say_busy, STALL, true, ST_UPSTREAM, "StartTLS" },
};

/* ---- the server ---- */

struct server {
    const struct row *row;
    int fd;
};

static bool has_hung_up(int fd)
{
    struct pollfd poll_fd = { .fd = fd, .events = POLLRDHUP };

    return poll(&poll_fd, 1, 1) > 0;
}

static void speak(const struct row *row, int fd)
{
    AUTO(bytes_free) struct bytes *out = fresh();
    char request[4096];
    size_t sent = 0;
    size_t step;

    if (recv(fd, request, sizeof(request), 0) <= 0)
        return;
    row->say(out);
    step = row->manner == DRIP ? 1 : out->len;
    while (sent < out->len && !(row->manner == DRIP && has_hung_up(fd))) {
        ssize_t n = send(fd, out->at + sent, step, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        sent += (size_t)n;
        step = row->manner == DRIP ? 1 : out->len - sent;
    }
    while (row->manner == STALL && recv(fd, request, sizeof(request), 0) > 0)
        continue;
}

static void *serve(void *ctx)
{
    const struct server *server = ctx;
    int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd >= 0) {
        speak(server->row, fd);
        close(fd);
    }
    return NULL;
}

static void check_row(const struct row *row)
{
    uint16_t port = 0;
    struct server server = { row, peer_bind(&port) };
    struct jws_found found = { 0 };
    struct err err = { 0 };
    char url[64];
    pthread_t thread;

    assert_int_equal(listen(server.fd, 1), 0);
    pthread_create(&thread, NULL, serve, &server);
    text_format(url, sizeof(url), "ldap://127.0.0.1:%u", port);
    struct ldap_params params = kit_params(&kit, url, NULL);
    params.starttls = row->starttls;
    params.ca_file = row->starttls ? "/etc/ssl/certs/ca-certificates.crt" : NULL;
    params.timeout_ms = row->want == ST_TIMEOUT ? SHORT_MS : LONG_MS;
    struct ldap_directory *directory = kit_directory(&params);
    int64_t start_ms = clock_monotonic_ms();
    enum status status = kit_find(directory, "1aa4cd", "", &found, &err);
    if (status != row->want || !strstr(err.text, row->words) ||
        strstr(err.text, "words of the server"))
        fail_msg("%s: %s «%s», expected %s «%s»", row->name, status_name(status), err.text,
                 status_name(row->want), row->words);
    assert_int_equal(found.count, status == ST_OK ? 1 : 0);
    if (row->want == ST_TIMEOUT)
        assert_true(clock_monotonic_ms() - start_ms < LONG_MS);
    jws_found_clear(&found);
    ldap_directory_free(directory);
    shutdown(server.fd, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(server.fd);
}

static void every_way_a_server_can_be_wrong_ends_in_its_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_a_server_can_be_wrong_ends_in_its_status),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
