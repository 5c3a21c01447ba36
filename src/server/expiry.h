/* When the configured certificates end, and what is to be said about it (req 3.01). */
#pragma once

#include "base/auto.h"
#include "base/clock.h"
#include "crypto/cert.h"
#include "model/event.h"
#include "server/metrics.h"

/* What a certificate is to us. */
enum expiry_role {
    EXPIRY_SIGN, /* of our answers */
    EXPIRY_SIGN_CHAIN,
    EXPIRY_TLS_PUBLIC,
    EXPIRY_TLS_ADMIN,
    EXPIRY_GATEWAY,
    EXPIRY_COID_SIGN, /* of our requests to ЦОИД */
    EXPIRY_COID_SIGN_CHAIN,
    EXPIRY_COID_CLIENT, /* of our TLS to ЦОИД */
    EXPIRY_COID_CA,
    EXPIRY_JWS_PIN, /* pinned signers of ЦОИД's answers */
    EXPIRY_CLIENT_CA,
    EXPIRY_STORE_CA,
    EXPIRY_LDAP_CA,
    EXPIRY_SYSLOG_CLIENT, /* of our TLS to the receiver of syslog */
    EXPIRY_SYSLOG_CA,
    EXPIRY_ROOT,
    EXPIRY_INTERMEDIATE,
};

/* The certificates of one configuration: built by one thread, read-only afterwards. */
struct expiry_list;

/* NULL: out of memory. */
struct expiry_list *expiry_list_new(void);
/* NULL is fine. */
void expiry_list_free(struct expiry_list *list);
DEFINE_AUTO(struct expiry_list, expiry_list_free)
/* name: the section or file that configures it, "" for none; nothing personal. */
MUST_USE enum status expiry_add(struct expiry_list *list, enum expiry_role role, const char *name,
                                const struct cert *cert, struct err *err);
/* Every certificate of a file, PEM or DER; path "": none. ST_INPUT, ST_NOT_FOUND: the file cannot
 * be used, named. */
MUST_USE enum status expiry_add_file(struct expiry_list *list, enum expiry_role role,
                                     const char *path, struct err *err);

/* A certificate of the list, the i'th of the count; texts are the list's. */
struct expiry_fact {
    const char *role, *name, *subject, *serial, *sha256;
    int64_t from_ms, to_ms;
    bool ours; /* we must renew it */
};
size_t expiry_count(const struct expiry_list *list);
struct expiry_fact expiry_at(const struct expiry_list *list, size_t i);

/* What has been said already: each threshold (30, 14, 7, 1 days, the end) once for a certificate,
 * and a certificate of ours that has ended once a day. Thread-safe. */
struct expiry_watch;
struct expiry_watch *expiry_watch_new(void); /* NULL: out of memory */
/* NULL is fine. */
void expiry_watch_free(struct expiry_watch *watch);
DEFINE_AUTO(struct expiry_watch, expiry_watch_free)

/* One thing to say; borrowed for the call. */
struct expiry_notice {
    enum event_level level; /* a warning until the last day, an alert from then on */
    const char *event;      /* certificate.expiring, .expired, .early */
    const char *text;
};
typedef void expiry_say_fn(void *ctx, const struct expiry_notice *notice);
/* Says what is due at now_ms and was not said. Certificates that are no longer configured are
 * forgotten. */
void expiry_check(struct expiry_watch *watch, const struct expiry_list *list, int64_t now_ms,
                  expiry_say_fn *say, void *ctx);

/* Puts every certificate into the two gauges; without memory they stay as they were. */
void expiry_measure(const struct expiry_list *list, int64_t now_ms, struct metric *end,
                    struct metric *days);

/* false: the certificate that signs our answers has ended, or is not valid yet; ret_why says so. */
bool expiry_can_sign(const struct expiry_list *list, int64_t now_ms, char *ret_why, size_t size);
