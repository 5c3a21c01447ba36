#include "rest/ldap_guard.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>

static int on_setup(Sockbuf_IO_Desc *layer, void *guard)
{
    layer->sbiod_pvt = guard;
    return 0;
}

static int on_remove(Sockbuf_IO_Desc *layer)
{
    layer->sbiod_pvt = NULL;
    return 0;
}

static int on_ctrl(Sockbuf_IO_Desc *layer, int option, void *arg)
{
    return LBER_SBIOD_CTRL_NEXT(layer, option, arg);
}

static int on_close(Sockbuf_IO_Desc *layer)
{
    (void)layer;
    return 0;
}

static bool is_passing(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/* Until the socket is ready; false: not before the deadline, and errno says so. */
static bool wait_for(const Sockbuf_IO_Desc *layer, short what)
{
    const struct ldap_guard *guard = layer->sbiod_pvt;
    struct pollfd socket = { .fd = -1, .events = what };

    if (ber_sockbuf_ctrl(layer->sbiod_sb, LBER_SB_OPT_GET_FD, &socket.fd) <= 0)
        return false;
    for (;;) {
        int64_t left_ms = guard->deadline_ms - clock_monotonic_ms();
        int ready = left_ms > 0 ? poll(&socket, 1, (int)left_ms) : 0;
        if (ready > 0)
            return true;
        if (ready == 0)
            errno = ETIMEDOUT;
        if (ready == 0 || errno != EINTR)
            return false;
    }
}

static ber_slen_t on_read(Sockbuf_IO_Desc *layer, void *to, ber_len_t len)
{
    struct ldap_guard *guard = layer->sbiod_pvt;
    ber_slen_t got = -1;

    if (guard->bytes_left == 0) {
        errno = EMSGSIZE;
        return -1;
    }
    if (len > guard->bytes_left)
        len = guard->bytes_left;
    do {
        if (!wait_for(layer, POLLIN))
            return -1;
        got = LBER_SBIOD_READ_NEXT(layer, to, len);
    } while (got < 0 && is_passing(errno));
    if (got > 0)
        guard->bytes_left -= (size_t)got;
    return got;
}

static ber_slen_t on_write(Sockbuf_IO_Desc *layer, void *from, ber_len_t len)
{
    ber_slen_t sent = -1;

    do {
        if (!wait_for(layer, POLLOUT))
            return -1;
        sent = LBER_SBIOD_WRITE_NEXT(layer, from, len);
    } while (sent < 0 && is_passing(errno));
    return sent;
}

static Sockbuf_IO guarding = { .sbi_setup = on_setup,
                               .sbi_remove = on_remove,
                               .sbi_ctrl = on_ctrl,
                               .sbi_read = on_read,
                               .sbi_write = on_write,
                               .sbi_close = on_close };

static int on_connected(LDAP *ld, Sockbuf *socket, LDAPURLDesc *server, struct sockaddr *address,
                        struct ldap_conncb *hook)
{
    struct ldap_guard *guard = hook->lc_arg;
    ber_len_t message_max = guard->message_max;

    (void)ld;
    (void)server;
    (void)address;
    (void)ber_sockbuf_ctrl(socket, LBER_SB_OPT_SET_MAX_INCOMING, &message_max);
    return ber_sockbuf_add_io(socket, &guarding, LBER_SBIOD_LEVEL_PROVIDER + 1, guard);
}

static void on_disconnected(LDAP *ld, Sockbuf *socket, struct ldap_conncb *hook)
{
    (void)ld;
    (void)socket;
    (void)hook;
}

bool ldap_guard_set(LDAP *ld, struct ldap_guard *guard)
{
    guard->hook = (ldap_conncb){ on_connected, on_disconnected, guard };
    return ldap_set_option(ld, LDAP_OPT_CONNECT_CB, &guard->hook) == LDAP_OPT_SUCCESS;
}
