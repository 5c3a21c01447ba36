/* shepctl sandbox init, run, revoke: the test НУЦ РК. */
#include "base/clock.h"
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "sandbox/authority.h"
#include "sandbox/centre.h"
#include "sandbox/file.h"
#include "sandbox/pki.h"

#include <pthread.h>
#include <signal.h>

enum { PHONE_HOSTS_MAX = 16 };

struct options {
    const char *base_url;
    const char *listen;
    const char *port_file;
    const char *phone_hosts[PHONE_HOSTS_MAX + 1]; /* NULL at the end */
    size_t phone_host_count;
    const char *coid_listen;
    const char *coid_port_file;
    const struct family *coid_family;
    struct jws_settings coid_jws;
};

enum {
    OPT_BASE_URL,
    OPT_LISTEN,
    OPT_PORT_FILE,
    OPT_COID_LISTEN,
    OPT_COID_PORT_FILE,
    OPT_PHONE_ALLOW,
    OPT_COID_ALGORITHM,
    OPT_COID_ORDER,
    OPT_COID_ALPHABET,
    OPT_COID_INPUT
};

static enum status set_algorithm(struct options *o, const char *value, struct err *err)
{
    o->coid_family = family_find(slice_str(value));
    if (!o->coid_family || o->coid_family->algorithm == ALG_RSA_SHA256)
        return RAISE(err, ST_INPUT, "--coid-algorithm %s: gost2015 or gost2004 is expected", value);
    return ST_OK;
}

static enum status add_phone_host(struct options *o, const char *value, struct err *err)
{
    if (o->phone_host_count == PHONE_HOSTS_MAX)
        return RAISE(err, ST_INPUT, "--phone-allow: at most %d hosts", PHONE_HOSTS_MAX);
    o->phone_hosts[o->phone_host_count++] = value;
    return ST_OK;
}

static enum status set(void *ctx, int key, const char *value, struct err *err)
{
    struct options *o = ctx;
    const char **const places[] = { [OPT_BASE_URL] = &o->base_url,
                                    [OPT_LISTEN] = &o->listen,
                                    [OPT_PORT_FILE] = &o->port_file,
                                    [OPT_COID_LISTEN] = &o->coid_listen,
                                    [OPT_COID_PORT_FILE] = &o->coid_port_file };

    switch (key) {
    case OPT_PHONE_ALLOW:
        return add_phone_host(o, value, err);
    case OPT_COID_ALGORITHM:
        return set_algorithm(o, value, err);
    case OPT_COID_ORDER:
        return jws_order_parse(value, &o->coid_jws.order, err);
    case OPT_COID_ALPHABET:
        return jws_alphabet_parse(value, &o->coid_jws.alphabet, err);
    case OPT_COID_INPUT:
        return jws_input_parse(value, &o->coid_jws.input, err);
    default:
        *places[key] = value;
        return ST_OK;
    }
}

/* ---- init ---- */

static const struct option_row init_rows[] = {
    { OPT_BASE_URL, "base-url", "URL",
      "where certificates say OCSP and CRLs are; " PKI_BASE_URL " by default" },
};

static const struct usage init_usage = {
    .command = "shepctl sandbox init",
    .arguments = "DIR",
    .about = "Makes a test НУЦ РК in a folder: roots, CAs, OCSP responders, TSAs and holders' keys "
             "for GOST 2015,\nGOST 2004 and RSA, and TLS for localhost. What is there is kept. "
             "DIR/README lists the files.",
    .rows = init_rows,
    .row_count = sizeof(init_rows) / sizeof(init_rows[0]),
    .min_arguments = 1,
    .max_arguments = 1,
    .set = set,
};

int cmd_sandbox_init(int argc, char **argv)
{
    struct options o = { .base_url = NULL };
    char **arguments;
    int code = ctl_options(&init_usage, &o, argc, argv, &arguments);
    struct pki_params params = { .base_url = o.base_url, .clock = clock_system() };
    struct pki_made made;
    struct err err;

    if (code != CTL_GO)
        return code;
    params.dir = arguments[0];
    if (pki_init(&params, &made, &err) != ST_OK)
        return ctl_fail(init_usage.command, &err);
    (void)printf("%s: %u certificates made, %u kept\n", params.dir, made.made, made.kept);
    return CTL_OK;
}

/* ---- run ---- */

static const struct option_row run_rows[] = {
    { OPT_LISTEN, "listen", "HOST:PORT", "port 0 takes a free one; as at init by default" },
    { OPT_PORT_FILE, "port-file", "FILE", "the port is written into it" },
    { OPT_PHONE_ALLOW, "phone-allow", "HOST",
      "a host that the telephone may call beside this machine; may be given again" },
    { OPT_COID_LISTEN, "coid-listen", "HOST:PORT",
      "where ЦОИД is, over TLS; by default one port further on, or a free one" },
    { OPT_COID_PORT_FILE, "coid-port-file", "FILE", "ЦОИД's port is written into it" },
    { OPT_COID_ALGORITHM, "coid-algorithm", "gost2015|gost2004",
      "of the keys that sign ЦОИД's answers; gost2015 by default" },
    { OPT_COID_ORDER, "coid-order", "le-rs|be-sr", "of their numbers; le-rs by default" },
    { OPT_COID_ALPHABET, "coid-alphabet", "url|std", "of their base64; url by default" },
    { OPT_COID_INPUT, "coid-input", "body|rfc7515",
      "what signatures are over, ours and theirs; body by default" },
};

static const struct usage run_usage = {
    .command = "shepctl sandbox run",
    .arguments = "DIR",
    .about =
        "Serves OCSP, TSP, CRLs and certificates of a sandbox, and its telephone for a browser at "
        "URL/phone/,\nand ЦОИД over mutual TLS, told what to do at URL/coid/; until SIGTERM or "
        "SIGINT. Prints \"READY URL\"\nand \"COID URL\".",
    .rows = run_rows,
    .row_count = sizeof(run_rows) / sizeof(run_rows[0]),
    .min_arguments = 1,
    .max_arguments = 1,
    .set = set,
};

static void stop_signals(sigset_t *ret)
{
    (void)sigemptyset(ret);
    (void)sigaddset(ret, SIGTERM);
    (void)sigaddset(ret, SIGINT);
}

/* Waits for a signal that all threads block; serve() itself sends SIGINT at its end. */
static void *wait_for_signal(void *authority)
{
    sigset_t signals;
    int number;

    stop_signals(&signals);
    (void)sigwait(&signals, &number);
    authority_stop(authority);
    return NULL;
}

static enum status write_port(const char *file, uint16_t port, struct err *err)
{
    char text[16];

    (void)text_format(text, sizeof(text), "%u\n", (unsigned)port);
    return file ? file_write(file, slice_str(text), 0644, err) : ST_OK;
}

/* In one piece: whoever waits for the first line may go away with it. */
static enum status announce(const struct authority *authority, const struct centre *centre,
                            const struct options *o, struct err *err)
{
    TRY(write_port(o->port_file, authority_port(authority), err));
    TRY(write_port(o->coid_port_file, centre_port(centre), err));
    (void)printf("READY %s\nCOID %s\n", authority_url(authority), centre_url(centre));
    (void)fflush(stdout);
    return ST_OK;
}

static enum status serve(const char *dir, const struct options *o, struct err *err)
{
    AUTO(pki_free) struct pki *pki = NULL;
    AUTO(centre_free) struct centre *centre = NULL;
    AUTO(authority_free) struct authority *authority = NULL;
    struct authority_params params = { .listen = o->listen, .phone_hosts = o->phone_hosts };
    struct centre_params coid = { .listen = o->coid_listen,
                                  .family = o->coid_family ? o->coid_family : &families[0],
                                  .jws = o->coid_jws,
                                  .clock = clock_system() };
    sigset_t signals;
    pthread_t waiter;
    enum status status;

    stop_signals(&signals);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    TRY(pki_open(dir, &pki, err));
    TRY(pki_write_crls(pki, clock_now(clock_system()), err));
    params.pki = coid.pki = pki;
    TRY(centre_new(&coid, &centre, err));
    params.centre = centre;
    TRY(authority_new(&params, &authority, err));
    if (pthread_create(&waiter, NULL, wait_for_signal, authority) != 0)
        return RAISE(err, ST_INTERNAL, "cannot start a thread");
    status = announce(authority, centre, o, err);
    if (status == ST_OK)
        status = authority_run(authority, err);
    (void)pthread_kill(waiter, SIGINT);
    (void)pthread_join(waiter, NULL);
    return status;
}

int cmd_sandbox_run(int argc, char **argv)
{
    struct options o = { .base_url = NULL };
    char **arguments;
    int code = ctl_options(&run_usage, &o, argc, argv, &arguments);
    struct err err;

    if (code != CTL_GO)
        return code;
    return serve(arguments[0], &o, &err) == ST_OK ? CTL_OK : ctl_fail(run_usage.command, &err);
}

/* ---- revoke ---- */

static const struct usage revoke_usage = {
    .command = "shepctl sandbox revoke",
    .arguments = "DIR SERIAL|FILE",
    .about = "Revokes a certificate of a sandbox: by its serial number in hex, its certificate or "
             "its PKCS#12. A\nrunning authority says so at once.",
    .min_arguments = 2,
    .max_arguments = 2,
};

static enum status revoke_one(const char *dir, const char *who, struct err *err)
{
    AUTO(pki_free) struct pki *pki = NULL;
    struct index_entry entry = { .revoked = false };

    TRY(pki_open(dir, &pki, err));
    TRY(pki_revoke(pki, who, clock_now(clock_system()), &entry, err));
    (void)printf("%s/%s, serial %s: revoked\n", entry.family, entry.name, entry.serial);
    return ST_OK;
}

int cmd_sandbox_revoke(int argc, char **argv)
{
    char **arguments;
    int code = ctl_options(&revoke_usage, NULL, argc, argv, &arguments);
    struct err err;

    if (code != CTL_GO)
        return code;
    return revoke_one(arguments[0], arguments[1], &err) == ST_OK
               ? CTL_OK
               : ctl_fail(revoke_usage.command, &err);
}
