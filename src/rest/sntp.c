#include "rest/sntp.h"

#include "base/auto.h"
#include "base/resolve.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
    PACKET = 48,
    STRAYS_MAX = 16, /* datagrams that are no answer to us */
    VERSION = 4,
    MODE_CLIENT = 3,
    MODE_SERVER = 4,
    NO_LEAP = 3, /* the server's clock is not synchronised */
    STRATUM_MAX = 15,
    LEEWAY_MS = 10, /* both clocks' grain */
};

#define EPOCH_S INT64_C(2208988800) /* from 1900 to 1970 */
#define SECOND 0x10000U             /* in the short format, 16.16 bits */

/* Times are 32.32 bits of a second. They wrap in 2036, so only differences are looked at. */
struct packet {
    unsigned leap, version, mode, stratum;
    uint32_t root_delay, root_dispersion;
    char kiss[5]; /* at stratum 0 */
    uint64_t receive, transmit;
};

struct talk {
    const char *server;
    const struct clock *clock;
    int64_t deadline_ms;
    int fd;
    uint8_t cookie[8];
    int64_t asked_ms; /* by our clock */
    int64_t sent_ms;  /* monotonic */
};

/* ---- numbers ---- */

static uint64_t read_number(const uint8_t *at, size_t len)
{
    uint64_t number = 0;

    for (size_t i = 0; i < len; i++)
        number = number << 8 | at[i];
    return number;
}

static uint64_t span_of_ms(int64_t ms)
{
    return (uint64_t)(ms / 1000) << 32 | ((uint64_t)(ms % 1000) << 32) / 1000;
}

static uint64_t time_of_ms(int64_t unix_ms)
{
    return span_of_ms(unix_ms + EPOCH_S * 1000);
}

/* a - b, both within 68 years of each other. */
static int64_t minus(uint64_t a, uint64_t b)
{
    return (int64_t)(a - b);
}

static int64_t us_of(int64_t span)
{
    const int64_t whole = span / (INT64_C(1) << 32);
    const int64_t part = span % (INT64_C(1) << 32);

    return whole * 1000000 + part * 1000000 / (INT64_C(1) << 32);
}

/* ---- the answer ---- */

static struct packet read_packet(const uint8_t bytes[PACKET])
{
    struct packet packet = {
        .leap = bytes[0] >> 6,
        .version = bytes[0] >> 3 & 7,
        .mode = bytes[0] & 7,
        .stratum = bytes[1],
        .root_delay = (uint32_t)read_number(bytes + 4, 4),
        .root_dispersion = (uint32_t)read_number(bytes + 8, 4),
        .receive = read_number(bytes + 32, 8),
        .transmit = read_number(bytes + 40, 8),
    };

    for (size_t i = 0; i < 4; i++) /* foreign bytes go into logs */
        packet.kiss[i] = isalnum(bytes[12 + i]) ? (char)bytes[12 + i] : '?';
    return packet;
}

/* RFC 5905 section 7.4: these two kinds ask us to go away, all others say that there is no time. */
static enum status refuse_kiss(const struct talk *talk, const struct packet *packet,
                               struct err *err)
{
    const bool deny = strcmp(packet->kiss, "DENY") == 0 || strcmp(packet->kiss, "RSTR") == 0;
    const char *code = strcmp(packet->kiss, "RATE") == 0 ? "kissRate" : deny ? "kissDeny" : NULL;

    return RAISE_CAUSE(err, ST_UPSTREAM, code, NULL, NULL, "%.100s: it gives no time: %s",
                       talk->server, packet->kiss);
}

static enum status judge(const struct talk *talk, const struct packet *packet, uint64_t waited,
                         struct err *err)
{
    const int64_t held = minus(packet->transmit, packet->receive);
    const struct {
        bool is;
        const char *what;
    } faults[] = {
        { packet->mode != MODE_SERVER, "not the mode of a server" },
        { packet->version < VERSION - 1 || packet->version > VERSION, "a foreign version" },
        { packet->leap == NO_LEAP, "its clock is not synchronised" },
        { packet->stratum > STRATUM_MAX, "its stratum is above 15" },
        { packet->root_delay >= SECOND, "a second or more from its reference" },
        { packet->root_dispersion >= SECOND, "it is unsure by a second or more" },
        { packet->receive == 0 || packet->transmit == 0, "a time is missing" },
        { held < 0 || (uint64_t)held > waited + span_of_ms(LEEWAY_MS),
          "it says to have held the question longer than we waited" },
    };

    if (packet->mode == MODE_SERVER && packet->stratum == 0)
        return refuse_kiss(talk, packet, err);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        if (faults[i].is)
            return RAISE(err, ST_UPSTREAM, "%.100s: %s", talk->server, faults[i].what);
    return ST_OK;
}

/* When the answer came is told by the monotonic clock: ours may be set meanwhile. */
static enum status measure(const struct talk *talk, const struct packet *packet,
                           struct sntp_answer *ret, struct err *err)
{
    const uint64_t asked = time_of_ms(talk->asked_ms);
    const uint64_t waited = span_of_ms(clock_monotonic_ms() - talk->sent_ms);

    TRY(judge(talk, packet, waited, err));
    const int64_t there = minus(packet->receive, asked);
    const int64_t back = minus(packet->transmit, asked + waited);
    const int64_t delay = (int64_t)waited - minus(packet->transmit, packet->receive);
    ret->offset_us = -us_of(there / 2 + back / 2);
    ret->delay_us = delay > 0 ? us_of(delay) : 0;
    ret->stratum = packet->stratum;
    return ST_OK;
}

/* ---- the talk ---- */

static enum status fail(const struct talk *talk, const char *doing, struct err *err)
{
    return RAISE(err, ST_UNAVAILABLE, "%.100s: %s: %s", talk->server, doing,
                 strerrordesc_np(errno));
}

/* The socket is connected: the kernel hands out what comes from the address asked, and no other. */
static enum status send_question(struct talk *talk, const struct sockaddr_storage *address,
                                 socklen_t len, struct err *err)
{
    uint8_t packet[PACKET] = { VERSION << 3 | MODE_CLIENT };

    talk->fd = socket(address->ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (talk->fd < 0)
        return fail(talk, "socket", err);
    if (connect(talk->fd, (const struct sockaddr *)address, len) != 0)
        return fail(talk, "connection", err);
    if (getrandom(talk->cookie, sizeof(talk->cookie), 0) != sizeof(talk->cookie))
        return fail(talk, "random bytes", err);
    memcpy(packet + 40, talk->cookie, sizeof(talk->cookie));
    talk->asked_ms = clock_now(talk->clock);
    talk->sent_ms = clock_monotonic_ms();
    if (send(talk->fd, packet, sizeof(packet), 0) != sizeof(packet))
        return fail(talk, "question", err);
    return ST_OK;
}

/* Until there is something to read. */
static enum status await(const struct talk *talk, struct err *err)
{
    struct pollfd wanted = { .fd = talk->fd, .events = POLLIN };
    int ready;

    do {
        int64_t left_ms = talk->deadline_ms - clock_monotonic_ms();
        ready = 0;
        if (left_ms <= 0)
            break;
        ready = poll(&wanted, 1, (int)left_ms);
    } while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return fail(talk, "answer", err);
    return ready > 0 ? ST_OK : RAISE(err, ST_TIMEOUT, "%.100s: no answer in time", talk->server);
}

static enum status read_answer(const struct talk *talk, struct sntp_answer *ret, struct err *err)
{
    for (int strays = 0; strays < STRAYS_MAX; strays++) {
        uint8_t bytes[PACKET];
        TRY(await(talk, err));
        ssize_t got = recv(talk->fd, bytes, sizeof(bytes), 0); /* extensions behind it are cut */
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return fail(talk, "answer", err);
        if (got != PACKET || memcmp(bytes + 24, talk->cookie, sizeof(talk->cookie)) != 0)
            continue;
        const struct packet packet = read_packet(bytes);
        return measure(talk, &packet, ret, err);
    }
    return RAISE(err, ST_UPSTREAM, "%.100s: too many answers to what was not asked", talk->server);
}

static enum status ask_address(struct talk *talk, const struct sockaddr_storage *address,
                               socklen_t len, struct sntp_answer *ret, struct err *err)
{
    enum status status = send_question(talk, address, len, err);

    if (status == ST_OK)
        status = read_answer(talk, ret, err);
    if (talk->fd >= 0)
        (void)close(talk->fd);
    return status;
}

enum status sntp_ask(const char *server, int64_t timeout_ms, const struct clock *clock,
                     struct sntp_answer *ret_answer, struct err *err)
{
    struct talk talk = { .server = server,
                         .clock = clock,
                         .deadline_ms = clock_monotonic_ms() + timeout_ms };
    struct endpoint endpoint;
    struct resolved addresses;
    enum status status = ST_UNAVAILABLE;

    if (!endpoint_parse(server, SNTP_PORT, &endpoint))
        return RAISE(err, ST_INPUT, "%.100s: neither host nor host:port", server);
    TRY(resolve(&endpoint, talk.deadline_ms, &addresses, err));
    for (size_t i = 0; i < addresses.count && status == ST_UNAVAILABLE; i++)
        status =
            ask_address(&talk, &addresses.all[i].address, addresses.all[i].len, ret_answer, err);
    return status;
}
