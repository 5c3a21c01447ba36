/* shepctl keys: what a key of ours is, wherever it stands, and that it belongs to its certificate.
 */
#include "base/clock.h"
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/show.h"
#include "model/session.h"
#include "json/json.h"

#include <inttypes.h>

enum { DAY_MS = 24 * 60 * 60 * 1000, JSON_MAX = 1024 * 1024 };

struct keys {
    struct key_source source;
    bool json;
};

enum { OPT_KEY, OPT_PASS, OPT_CERT, OPT_MODULE, OPT_JSON };

static const struct option_row rows[] = {
    { OPT_KEY, "key", "KEY", "a PKCS#12 or PEM file, or a URI pkcs11:…" },
    { OPT_PASS, "pass-file", "FILE", "its password or PIN: the file's first line" },
    { OPT_CERT, "cert", "FILE",
      "its certificate and chain, PEM or DER, when they stand beside it" },
    { OPT_MODULE, "pkcs11-module", "FILE", "the module of a token" },
    { OPT_JSON, "json", NULL, "prints JSON" },
};

static enum status set(void *ctx, int key, const char *value, struct err *err)
{
    struct keys *k = ctx;
    const char **const places[] = { [OPT_KEY] = &k->source.place,
                                    [OPT_PASS] = &k->source.secret_file,
                                    [OPT_CERT] = &k->source.cert_file,
                                    [OPT_MODULE] = &k->source.pkcs11_module };

    (void)err;
    if (key == OPT_JSON)
        k->json = true;
    else
        *places[key] = value;
    return ST_OK;
}

static const struct usage usage = {
    .command = "shepctl keys",
    .arguments = "",
    .about = "Opens a key as shepd would, and shows its certificates: whose it is, its role and "
             "its dates.\nExit status: 0 key and certificate belong together, 1 they do not, 2 it "
             "does not open.",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .set = set,
};

/* What a person wants to know of the dates. */
static void show_days(const struct signer *signer, int64_t now_ms)
{
    int64_t days = (signer->not_after_ms - now_ms) / DAY_MS;

    if (now_ms < signer->not_before_ms)
        (void)printf("  %-11s not valid yet\n", "today");
    else if (now_ms > signer->not_after_ms)
        (void)printf("  %-11s expired %" PRId64 " days ago\n", "today", -days);
    else
        (void)printf("  %-11s %" PRId64 " days left\n", "today", days);
}

static void show_key(const struct key *key, int64_t now_ms)
{
    (void)printf("The key belongs to the certificate.\n");
    if (key_in_token(key))
        (void)printf("It stays in its token.\n");
    show_cert(stdout, key_cert(key));
    show_days(cert_signer(key_cert(key)), now_ms);
    for (size_t i = 0; i < key_chain_count(key); i++) {
        (void)printf("Also beside it:\n");
        show_cert(stdout, key_chain_at(key, i));
        show_days(cert_signer(key_chain_at(key, i)), now_ms);
    }
}

/* ---- JSON ---- */

static void add_text(struct json *object, const char *key, const char *text)
{
    json_set_string(object, key, slice_str(text));
}

/* Astana's clock, as everywhere a person reads it. */
static void add_time(struct json *object, const char *key, int64_t ms)
{
    char text[TIME_TEXT];

    time_utc_offset_text(ms, text);
    add_text(object, key, text);
}

static void add_cert(struct json *certificates, const struct cert *cert, int64_t now_ms)
{
    const struct signer *signer = cert_signer(cert);
    struct json *object = json_push_object(certificates);
    char sha256[2 * sizeof(signer->sha256) + 1];

    text_hex(slice_mem(signer->sha256, sizeof(signer->sha256)), sha256);
    add_text(object, "subject", signer->subject);
    add_text(object, "issuer", signer->issuer);
    add_text(object, "iin", signer->iin);
    add_text(object, "bin", signer->bin);
    add_text(object, "serial", signer->serial);
    add_text(object, "sha256", sha256);
    add_text(object, "algorithm", algorithm_name(cert_algorithm(cert)));
    add_time(object, "notBefore", signer->not_before_ms);
    add_time(object, "notAfter", signer->not_after_ms);
    json_set_integer(object, "daysLeft", (signer->not_after_ms - now_ms) / DAY_MS);
    json_set_bool(object, "valid",
                  now_ms >= signer->not_before_ms && now_ms <= signer->not_after_ms);
    struct json *roles = json_set_array(object, "roles");
    for (unsigned bit = 1; bit && bit <= signer->roles; bit <<= 1)
        if (signer->roles & bit)
            json_push_string(roles, slice_str(session_role_name(bit)));
    struct json *uses = json_set_array(object, "keyUsage");
    for (unsigned bit = 1; bit && bit <= signer->key_usage; bit <<= 1)
        if (signer->key_usage & bit)
            json_push_string(uses, slice_str(key_usage_name(bit)));
}

static enum status print_json(const struct key *key, int64_t now_ms, struct err *err)
{
    AUTO(json_free) struct json *root = json_new_object();
    AUTO(bytes_free) struct bytes *text = NULL;

    json_set_bool(root, "match", true); /* key_open() gives no other */
    json_set_bool(root, "inToken", key_in_token(key));
    add_text(root, "algorithm", algorithm_name(key_algorithm(key)));
    struct json *certificates = json_set_array(root, "certificates");
    add_cert(certificates, key_cert(key), now_ms);
    for (size_t i = 0; i < key_chain_count(key); i++)
        add_cert(certificates, key_chain_at(key, i), now_ms);
    TRY(json_print(root, JSON_MAX, &text, err));
    (void)printf("%s\n", text->at);
    return ST_OK;
}

static enum status run(const struct keys *k, struct err *err)
{
    AUTO(key_free) struct key *key = NULL;
    int64_t now_ms = clock_now(clock_system());

    TRY(ctl_open_key(&k->source, &key, err));
    if (k->json)
        return print_json(key, now_ms, err);
    show_key(key, now_ms);
    return ST_OK;
}

int cmd_keys(int argc, char **argv)
{
    struct keys k = { 0 };
    char **arguments;
    int code = ctl_options(&usage, &k, argc, argv, &arguments);
    struct err err;

    if (code != CTL_GO)
        return code;
    switch (run(&k, &err)) {
    case ST_OK:
        return CTL_OK;
    case ST_FORGED:
        (void)ctl_fail(usage.command, &err);
        return CTL_NO;
    default:
        return ctl_fail(usage.command, &err);
    }
}
