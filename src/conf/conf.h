/* The configuration: one INI file, one table of rows (conf/schema.c), const after load.
 * Format: payloads.md section 2. Secrets stand in files of their own, named by …_file keys. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts are never NULL ("" when not set); lists are NULL-terminated, never NULL. */
struct conf_instance {
    const char *name;
    const char *cluster_key_file; /* 32 bytes or more, the same on every instance */
};

struct conf_http {
    const char *listen; /* address:port */
    const char *tls_cert_file;
    const char *tls_key_file;
    const char *client_ca_file;
    bool proxy_protocol;
    const char *const *trusted_peers; /* CIDRs */
    const char *public_url;           /* as telephones reach us, https://host[/path] */
    int64_t max_request_bytes, max_head_bytes, max_headers, max_in_flight_bytes;
    int64_t max_connections, max_connections_per_address;
    int64_t max_wrong_tokens, wrong_token_window_s; /* of one address */
    int64_t head_deadline_ms, body_deadline_ms;
    int64_t workers;    /* threads that run exchanges */
    int64_t max_queued; /* requests waiting for a worker; one more is 503 */
};

struct conf_admin {
    const char *listen;
    const char *tls_cert_file;
    const char *tls_key_file;
    int64_t max_failures, lock_s;                   /* of one account */
    int64_t max_address_failures, address_window_s; /* of one address */
    int64_t idle_s, session_s, max_sessions;        /* log-ins to the console */
};

struct conf_store {
    const char *socket, *host, *user, *password_file, *database, *tls_ca_file;
    const char *content_keys_file;
    int64_t port, pool, wait_ms;
};

struct conf_journal {
    const char *dir;
    const char *pseudonym_key_file;
    int64_t max_file_bytes;
    const char *archive_dir;
    int64_t online_months, keep_months; /* keep_months 0: for ever */
    bool verify_daily;
    int64_t verify_hour; /* Astana's */
};

struct conf_syslog {       /* where the journal goes besides the database */
    const char *transport; /* off | udp | tcp | tls | relp | relp-tls */
    const char *address, *facility, *hostname;
    const char *tls_ca_file, *tls_name, *tls_cert_file, *tls_key_file;
    int64_t enterprise_number, max_message_bytes;
    int64_t connect_ms, io_ms, resend_lines;
};

struct conf_keys {
    const char *sign_key_file; /* PKCS#12, PEM, or a URI pkcs11:… */
    const char *sign_pass_file;
    const char *sign_cert_file;
    const char *pkcs11_module; /* "" = no key stands in a token */
};

struct conf_trust {
    const char *dir;
    const char *const *transport_algorithms; /* gost2015 gost2004 rsa */
    const char *const *user_algorithms;
    const char *const *business_algorithms;
    const char *const *sha1_profiles; /* transport user business timestamp */
    bool follow_aia;
    const char *revocation;                                          /* auto | ocsp | crl | off */
    const char *revocation_scope;                                    /* signer | path */
    const char *transport_unknown, *business_unknown, *user_unknown; /* refuse | accept */
    const char *ocsp_url;        /* blank-separated; "" = as each certificate says */
    int64_t ocsp_reuse_ms;       /* of a good answer, inside its nextUpdate */
    const char *crl_dir;         /* "" = lists live in memory */
    const char *crl_archive_dir; /* "" = none */
    const char *const *crl_url, *const *crl_delta_url; /* none = as each certificate says */
    int64_t crl_refresh_ms;                            /* before a list ends */
    int64_t clock_skew_ms;
};

struct conf_limits {
    int64_t exchange_ms; /* one exchange, from its last request byte to the answer (req 0.05) */
    int64_t xml_depth;
    int64_t message_window_ms;
    int64_t claim_lease_ms, claim_keep_ms;
    int64_t upstream_parallel;
};

struct conf_signing {
    const char *service_id;
    const char *link_template, *business_link_template, *expiry_zone;
    int64_t session_life_s, max_session_life_s;
    int64_t login_window_s;
    int64_t max_documents, max_documents_bytes, max_signers;
    bool timestamp_required;
    const char *seal_tsp_url; /* "" = seals go without a timestamp */
    int64_t content_keep_days, evidence_keep_days;
};

struct conf_jws { /* signatures of ЦОИД's answers */
    const char *pins_dir;
    const char *input;             /* body | rfc7515 */
    const char *const *algorithms; /* gost2015 gost2004 */
    const char *signer_bin;
};

struct conf_ldap {           /* where certificates of ЦОИД's answers are found by kid */
    const char *const *urls; /* none = not asked */
    bool starttls;
    const char *ca_file;
    const char *base, *filter;
    const char *bind_dn, *bind_pass_file;
    int64_t timeout_ms, keep_ms;
};

enum { CONF_TIME_SERVERS = 4 };

struct conf_time {              /* time servers that our clock is checked by */
    const char *const *servers; /* none = not asked */
    int64_t check_every_s, warn_offset_ms;
};

struct conf_coid {
    const char *service_id;
    const char *base_url; /* "" = ЦОИД is not offered */
    /* below base_url, with {from} {to} and {year} {month} */
    const char *verify_path, *data_path, *vendors_path, *transactions_path, *act_detail_path,
        *act_path, *news_path;
    const char *ca_file;
    const char *client_key_file, *client_pass_file; /* RSA, whom we are in TLS */
    const char *sign_key_file, *sign_pass_file, *sign_cert_file;
    const char *jws_order;    /* le-rs | be-sr */
    const char *jws_alphabet; /* url | std */
    const char *jws_iss;      /* "" = none */
    const char *participant, *consent_template;
    int64_t threshold_percent, data_window_ms;
    bool iin_check_digit;
    int64_t max_photo_bytes, max_answer_bytes;
    int64_t budget_ms, call_ms;              /* of one operation, of one call in it */
    int64_t max_calls, max_waiting, wait_ms; /* the bulkhead */
    int64_t failures, failure_window_ms, open_ms, successes; /* the breaker */
    int64_t vendors_keep_ms;
    const char *unsigned_answers; /* refuse | accept */
    int64_t news_every_ms;
    int64_t evidence_keep_days;
};

struct conf_sandbox {
    bool enabled;
    const char *phone_url;
};

struct conf_sender { /* [sender "name"] */
    const char *name;
    const char *sender_id;
    const char *password_hash;
    const char *iin, *bin;
    const char *const *gateways;
    const char *const *service_ids;
    const char *organisation_ru, *organisation_kz, *organisation_en;
    const char *business_signature;          /* verify | demand | ignore */
    const char *const *business_services;    /* in which one is demanded anyhow */
    const char *business_signer;             /* sender | anyone */
    const char *business_iin, *business_bin; /* both "" = iin and bin */
    const char *business_answer;             /* no | same | always */
    int64_t coid_daily_limit;                /* comparisons; 0 = none */
};

struct conf_gateway { /* [gateway "name"] */
    const char *name;
    const char *certificate_file;
};

struct conf {
    struct conf_instance instance;
    struct conf_http http;
    struct conf_admin admin;
    struct conf_store store;
    struct conf_journal journal;
    struct conf_syslog syslog;
    struct conf_keys keys;
    struct conf_trust trust;
    struct conf_limits limits;
    struct conf_signing signing;
    struct conf_jws jws;
    struct conf_ldap ldap;
    struct conf_time time;
    struct conf_coid coid;
    struct conf_sandbox sandbox;
    const struct conf_sender *senders;
    size_t sender_count;
    const struct conf_gateway *gateways;
    size_t gateway_count;
};

/**
 * Reads, fills in defaults and checks.
 * ST_INPUT  names file, line, key and what is wrong: unknown section or key, a value out of range,
 * a required key missing, a sender that names a gateway that is not there ST_NOT_FOUND  the file
 * cannot be read *ret_conf is the caller's: conf_free().
 */
MUST_USE enum status conf_load(const char *path, const struct conf **ret_conf, struct err *err);
/* The same from text; path is for messages only. */
MUST_USE enum status conf_parse(const char *path, struct slice text, const struct conf **ret_conf,
                                struct err *err);
/* NULL is fine. */
void conf_free(const struct conf *conf);
DEFINE_AUTO(const struct conf, conf_free)

/* The commented sample file, made from the table (etc/shepd.conf.sample). */
MUST_USE enum status conf_sample(struct bytes **ret_text, struct err *err);
