#include "rest/ldap_ask.h"

#include "base/auto.h"
#include "base/clock.h"
#include "rest/ldap_guard.h"

#include <pthread.h>
#include <strings.h>

struct talk {
    const struct ldap_question *question;
    struct ldap_reply *reply;
    LDAP *ld;
    struct ldap_guard guard;
    size_t messages; /* of the search under way */
};

static void hang_up(LDAP *ld)
{
    (void)ldap_unbind_ext(ld, NULL, NULL);
}

static void free_message(LDAPMessage *message)
{
    (void)ldap_msgfree(message);
}

DEFINE_AUTO(LDAPMessage, free_message)

static int64_t left_ms(const struct talk *talk)
{
    int64_t left = talk->question->deadline_ms - clock_monotonic_ms();

    return left > 0 ? left : 0;
}

static struct timeval left_of(const struct talk *talk)
{
    int64_t left = left_ms(talk);

    return (struct timeval){ .tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 };
}

/* ---- failures ---- */

/* code: libldap's own, below zero, or the server's. */
static enum status fail(const struct talk *talk, const char *doing, int code, struct err *err)
{
    const char *url = talk->question->server->url;
    char *detail = NULL;

    if (code == LDAP_NO_MEMORY)
        return RAISE(err, ST_NOMEM, "%s: out of memory", url);
    if (code == LDAP_TIMEOUT || left_ms(talk) == 0)
        return RAISE(err, ST_TIMEOUT, "%s: no whole answer in time", url);
    if (talk->guard.bytes_left == 0)
        return RAISE_CAUSE(err, ST_UPSTREAM, "answerTooLong", NULL, "16777216 bytes",
                           "%s: the answer is over %d bytes", url, LDAP_BYTES_MAX);
    if (code == LDAP_CONNECT_ERROR) /* TLS: the text is GnuTLS', not the server's */
        (void)ldap_get_option(talk->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &detail);
    (void)RAISE(err, ST_UPSTREAM, "%s: %s: %s%s%.80s", url, doing, ldap_err2string(code),
                detail && *detail ? ": " : "", detail ? detail : "");
    ldap_memfree(detail);
    return ST_UPSTREAM;
}

/* The next message of the answer, or all of it. */
static enum status await(const struct talk *talk, int id, int how_much, LDAPMessage **ret,
                         struct err *err)
{
    struct timeval left = left_of(talk);
    int code = LDAP_TIMEOUT;

    if (left_ms(talk) == 0)
        return fail(talk, "answer", LDAP_TIMEOUT, err);
    int kind = ldap_result(talk->ld, id, how_much, &left, ret);
    if (kind > 0)
        return ST_OK;
    if (kind < 0)
        (void)ldap_get_option(talk->ld, LDAP_OPT_RESULT_CODE, &code);
    return fail(talk, "answer", code, err);
}

/* ---- the connection ---- */

/* Every option that a handle inherits from ldap.conf, ldaprc or the environment is set anew:
 * libldap reads them when it is first used. */
static bool set_numbers(const struct talk *talk)
{
    const struct {
        int option;
        int value;
    } numbers[] = {
        { LDAP_OPT_PROTOCOL_VERSION, LDAP_VERSION3 },
        { LDAP_OPT_DEREF, LDAP_DEREF_NEVER },
        { LDAP_OPT_SIZELIMIT, LDAP_ENTRIES_MAX },
        { LDAP_OPT_TIMELIMIT, (int)(left_ms(talk) / 1000) + 1 },
        { LDAP_OPT_X_KEEPALIVE_IDLE, 0 },
        { LDAP_OPT_X_KEEPALIVE_PROBES, 0 },
        { LDAP_OPT_X_KEEPALIVE_INTERVAL, 0 },
        { LDAP_OPT_X_TLS_REQUIRE_CERT, LDAP_OPT_X_TLS_HARD },
        { LDAP_OPT_X_TLS_REQUIRE_SAN, LDAP_OPT_X_TLS_TRY }, /* CN only where there is no SAN */
        { LDAP_OPT_TCP_USER_TIMEOUT, 0 },
        { LDAP_OPT_X_TLS_PROTOCOL_MIN, LDAP_OPT_X_TLS_PROTOCOL_TLS1_2 },
    };
    bool ok = true;

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        ok = ok && ldap_set_option(talk->ld, numbers[i].option, &numbers[i].value) == 0;
    return ok;
}

/* Paths and ciphers of TLS are not inherited: a handle's context knows this CA file and no more. */
static bool set_texts(const struct talk *talk)
{
    const char *ca_file = talk->question->server->ca_file;

    return ldap_set_option(talk->ld, LDAP_OPT_X_TLS_CACERTFILE, ca_file) == 0 &&
           ldap_set_option(talk->ld, LDAP_OPT_SOCKET_BIND_ADDRESSES, NULL) == 0;
}

static bool set_flags(const struct talk *talk)
{
    struct timeval left = left_of(talk);

    return ldap_set_option(talk->ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == 0 &&
           ldap_set_option(talk->ld, LDAP_OPT_CONNECT_ASYNC, LDAP_OPT_OFF) == 0 &&
           ldap_set_option(talk->ld, LDAP_OPT_RESTART, LDAP_OPT_ON) == 0 &&
           ldap_set_option(talk->ld, LDAP_OPT_NETWORK_TIMEOUT, &left) == 0 &&
           ldap_set_option(talk->ld, LDAP_OPT_TIMEOUT, &left) == 0;
}

/* Looked at afterwards: libldap with GnuTLS heeds no least version, and forgets a context's memory
 * when it is told a cipher suite (2.5.13). */
static enum status check_tls(const struct talk *talk, struct err *err)
{
    char *version = NULL;
    int code = ldap_get_option(talk->ld, LDAP_OPT_X_TLS_VERSION, &version);
    bool ok = code == LDAP_OPT_SUCCESS && version &&
              (strcmp(version, "TLS1.3") == 0 || strcmp(version, "TLS1.2") == 0);

    ldap_memfree(version);
    return ok ? ST_OK
              : RAISE(err, ST_UPSTREAM, "%s: TLS older than 1.2", talk->question->server->url);
}

static enum status start_tls(const struct talk *talk, struct err *err)
{
    AUTO(free_message) LDAPMessage *answer = NULL;
    int id = 0;
    int given = LDAP_OTHER;
    int code = ldap_start_tls(talk->ld, NULL, NULL, &id);

    if (code != LDAP_SUCCESS)
        return fail(talk, "StartTLS", code, err);
    TRY(await(talk, id, LDAP_MSG_ALL, &answer, err));
    code = ldap_parse_result(talk->ld, answer, &given, NULL, NULL, NULL, NULL, 0);
    if (code != LDAP_SUCCESS || given != LDAP_SUCCESS)
        return fail(talk, "StartTLS", code != LDAP_SUCCESS ? code : given, err);
    code = ldap_install_tls(talk->ld);
    return code == LDAP_SUCCESS ? ST_OK : fail(talk, "StartTLS", code, err);
}

static enum status bind_as(const struct talk *talk, struct err *err)
{
    const struct ldap_server *server = talk->question->server;
    AUTO(free_message) LDAPMessage *answer = NULL;
    struct berval password = { .bv_len = server->password.len,
                               .bv_val = (char *)server->password.at };
    int id = 0;
    int given = LDAP_OTHER;
    int code =
        ldap_sasl_bind(talk->ld, server->bind_dn, LDAP_SASL_SIMPLE, &password, NULL, NULL, &id);

    if (code != LDAP_SUCCESS)
        return fail(talk, "bind", code, err);
    TRY(await(talk, id, LDAP_MSG_ALL, &answer, err));
    code = ldap_parse_result(talk->ld, answer, &given, NULL, NULL, NULL, NULL, 0);
    if (code != LDAP_SUCCESS || given != LDAP_SUCCESS)
        return fail(talk, "bind", code != LDAP_SUCCESS ? code : given, err);
    return ST_OK;
}

static bool wants_tls(const struct ldap_server *server)
{
    return server->starttls || strncasecmp(server->url, "ldaps:", 6) == 0;
}

static enum status open_talk(struct talk *talk, struct err *err)
{
    const struct ldap_server *server = talk->question->server;
    int client = 0;
    int code = ldap_initialize(&talk->ld, server->url);

    if (code != LDAP_SUCCESS)
        return fail(talk, "connection", code, err);
    if (left_ms(talk) == 0)
        return fail(talk, "connection", LDAP_TIMEOUT, err);
    if (!set_numbers(talk) || !set_texts(talk) || !set_flags(talk) ||
        !ldap_guard_set(talk->ld, &talk->guard))
        return RAISE(err, ST_INTERNAL, "libldap lacks a feature we need");
    if (wants_tls(server) && ldap_set_option(talk->ld, LDAP_OPT_X_TLS_NEWCTX, &client) != 0)
        return RAISE(err, ST_UPSTREAM, "%s: TLS cannot start with %s", server->url,
                     server->ca_file);
    code = ldap_connect(talk->ld);
    if (code != LDAP_SUCCESS)
        return fail(talk, "connection", code, err);
    if (server->starttls)
        TRY(start_tls(talk, err));
    if (wants_tls(server))
        TRY(check_tls(talk, err));
    return server->bind_dn ? bind_as(talk, err) : ST_OK;
}

/* ---- the answer ---- */

static void take_value(struct talk *talk, const struct berval *value)
{
    AUTO(cert_free) struct cert *cert = NULL;
    struct err dropped;

    if (value->bv_len > LDAP_CERT_BYTES) {
        talk->reply->cut = "65536 bytes a certificate";
        return;
    }
    if (cert_parse(slice_mem(value->bv_val, value->bv_len), &cert, &dropped) != ST_OK)
        return; /* rubbish beside good certificates is nobody's loss */
    if (jws_kid_is(talk->question->kid, cert))
        jws_found_add(&talk->reply->found, cert);
}

/* With any option: userCertificate;binary (RFC 4523 section 2.1). */
static bool holds_certificates(const struct berval *attribute)
{
    static const char *const names[] = { "userCertificate", "cACertificate" };
    const char *option = memchr(attribute->bv_val, ';', attribute->bv_len);
    size_t len = option ? (size_t)(option - attribute->bv_val) : attribute->bv_len;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == len && strncasecmp(names[i], attribute->bv_val, len) == 0)
            return true;
    return false;
}

static void take_values(struct talk *talk, const struct berval *values)
{
    for (size_t i = 0; values && values[i].bv_val; i++) {
        if (i == LDAP_VALUES_MAX) {
            talk->reply->cut = "64 values an attribute";
            return;
        }
        take_value(talk, &values[i]);
    }
}

static enum status take_entry(struct talk *talk, LDAPMessage *entry, struct err *err)
{
    BerElement *reader = NULL;
    struct berval name; /* of the entry, then of each attribute; in the message, as values are */
    int code = ldap_get_dn_ber(talk->ld, entry, &reader, &name);

    while (code == LDAP_SUCCESS) {
        struct berval *values = NULL;
        code = ldap_get_attribute_ber(talk->ld, entry, reader, &name, &values);
        if (code != LDAP_SUCCESS || !name.bv_val)
            break;
        if (holds_certificates(&name))
            take_values(talk, values);
        ber_memfree(values);
    }
    ber_free(reader, 0);
    return code == LDAP_SUCCESS ? ST_OK : fail(talk, "answer", code, err);
}

/* The server's last word on a search. */
static enum status judge_result(struct talk *talk, LDAPMessage *answer, struct err *err)
{
    int given = LDAP_OTHER;
    int code = ldap_parse_result(talk->ld, answer, &given, NULL, NULL, NULL, NULL, 0);

    if (code != LDAP_SUCCESS)
        return fail(talk, "answer", code, err);
    switch (given) {
    case LDAP_SUCCESS:
    case LDAP_NO_SUCH_OBJECT:
    case LDAP_INVALID_DN_SYNTAX: /* an iss with names this directory does not know */
    case LDAP_REFERRAL:
        return ST_OK;
    case LDAP_SIZELIMIT_EXCEEDED:
    case LDAP_ADMINLIMIT_EXCEEDED:
        talk->reply->cut = "64 entries a search";
        return ST_OK;
    default:
        return fail(talk, "search", given, err);
    }
}

/* One message of a search; *ret_done: it was the last that counts. */
static enum status take_message(struct talk *talk, LDAPMessage *message, bool *ret_done,
                                struct err *err)
{
    int kind = ldap_msgtype(message);

    *ret_done = kind == LDAP_RES_SEARCH_RESULT;
    if (*ret_done)
        return judge_result(talk, message, err);
    if (talk->messages++ == LDAP_ENTRIES_MAX) { /* the server heeds no size limit */
        talk->reply->cut = "64 entries a search";
        *ret_done = true;
        return ST_OK;
    }
    return kind == LDAP_RES_SEARCH_ENTRY ? take_entry(talk, message, err) : ST_OK;
}

static enum status search(struct talk *talk, const struct ldap_search *what, struct err *err)
{
    static const char *wanted[] = { "userCertificate;binary", "userCertificate",
                                    "cACertificate;binary", NULL };
    struct timeval left = left_of(talk);
    int id = 0;
    bool done = false;
    int code =
        ldap_search_ext(talk->ld, what->base, what->subtree ? LDAP_SCOPE_SUBTREE : LDAP_SCOPE_BASE,
                        what->filter, (char **)wanted, 0, NULL, NULL, &left, LDAP_ENTRIES_MAX, &id);

    if (code != LDAP_SUCCESS)
        return fail(talk, "search", code, err);
    talk->messages = 0;
    while (!done) {
        AUTO(free_message) LDAPMessage *message = NULL;
        TRY(await(talk, id, LDAP_MSG_ONE, &message, err));
        TRY(take_message(talk, message, &done, err));
    }
    return ST_OK;
}

/* libldap reads the environment, ldap.conf and ldaprc when it is first used, and looks up the
 * machine's own name, which may last: not at the service's start. */
static void init_libldap(void)
{
    LDAPAPIInfo info = { .ldapai_info_version = LDAP_API_INFO_VERSION };

    if (ldap_get_option(NULL, LDAP_OPT_API_INFO, &info) != LDAP_OPT_SUCCESS)
        return;
    ldap_memfree(info.ldapai_vendor_name);
    ber_memvfree((void **)info.ldapai_extensions);
}

static enum status ask_all(struct talk *talk, struct err *err)
{
    const struct ldap_question *question = talk->question;

    TRY(open_talk(talk, err));
    for (size_t i = 0; i < question->search_count && talk->reply->found.count == 0; i++)
        TRY(search(talk, &question->searches[i], err));
    return ST_OK;
}

enum status ldap_ask(const struct ldap_question *question, struct ldap_reply *ret_reply,
                     struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct ldap_reply reply = { 0 };
    struct talk talk = { .question = question,
                         .reply = &reply,
                         .guard = { .deadline_ms = question->deadline_ms,
                                    .bytes_left = LDAP_BYTES_MAX,
                                    .message_max = LDAP_PDU_BYTES } };
    (void)pthread_once(&once, init_libldap);
    enum status status = ask_all(&talk, err);

    if (talk.ld)
        hang_up(talk.ld);
    if (status != ST_OK) {
        jws_found_clear(&reply.found);
        return status;
    }
    *ret_reply = reply;
    return ST_OK;
}
