#include "server/inventory.h"

/* What files hold beside keys, pins and trust. */
static enum status list_files(const struct conf *c, struct expiry_list *list, struct err *err)
{
    const struct {
        enum expiry_role role;
        const char *path;
    } files[] = {
        { EXPIRY_TLS_PUBLIC, c->http.tls_cert_file },
        { EXPIRY_TLS_ADMIN, c->admin.tls_cert_file },
        { EXPIRY_CLIENT_CA, c->http.client_ca_file },
        { EXPIRY_STORE_CA, c->store.tls_ca_file },
        { EXPIRY_LDAP_CA, c->ldap.ca_file },
        { EXPIRY_SYSLOG_CLIENT, c->syslog.tls_cert_file },
        { EXPIRY_SYSLOG_CA, c->syslog.tls_ca_file },
    };

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        TRY(expiry_add_file(list, files[i].role, files[i].path, err));
    return ST_OK;
}

static enum status list_key(struct expiry_list *list, enum expiry_role role,
                            enum expiry_role chain_role, const struct key *key, struct err *err)
{
    TRY(expiry_add(list, role, "", key_cert(key), err));
    for (size_t i = 0; i < key_chain_count(key); i++)
        TRY(expiry_add(list, chain_role, "", key_chain_at(key, i), err));
    return ST_OK;
}

static enum status list_pins(const struct inventory *inventory, struct expiry_list *list,
                             struct err *err)
{
    size_t count = 0;
    const struct cert *const *signers = jws_source_pins(inventory->jws, &count);

    for (size_t i = 0; i < inventory->pin_count; i++)
        TRY(expiry_add(list, EXPIRY_GATEWAY, inventory->pins[i].name, inventory->pins[i].cert,
                       err));
    for (size_t i = 0; i < count; i++)
        TRY(expiry_add(list, EXPIRY_JWS_PIN, "", signers[i], err));
    return ST_OK;
}

static enum status list_trust(const struct trust *trust, struct expiry_list *list, struct err *err)
{
    for (size_t i = 0; i < trust_count(trust); i++) {
        const struct cert *cert = trust_at(trust, i);
        enum expiry_role role = cert_is_self_signed(cert) ? EXPIRY_ROOT : EXPIRY_INTERMEDIATE;
        TRY(expiry_add(list, role, "", cert, err));
    }
    return ST_OK;
}

/* Our two keys at ЦОИД: 14 days at first, then a year. */
static enum status list_coid(const struct inventory *inventory, struct expiry_list *list,
                             struct err *err)
{
    const struct coid_room *coid = inventory->coid;

    if (!coid)
        return ST_OK;
    TRY(list_key(list, EXPIRY_COID_SIGN, EXPIRY_COID_SIGN_CHAIN, coid_room_sign_key(coid), err));
    TRY(expiry_add(list, EXPIRY_COID_CLIENT, "", coid_room_client_cert(coid), err));
    return expiry_add_file(list, EXPIRY_COID_CA, inventory->conf->coid.ca_file, err);
}

enum status inventory_list(const struct inventory *inventory, struct expiry_list **ret_list,
                           struct err *err)
{
    AUTO(expiry_list_free) struct expiry_list *list = expiry_list_new();

    if (!list)
        return RAISE(err, ST_NOMEM, "certificates: out of memory");
    TRY(list_key(list, EXPIRY_SIGN, EXPIRY_SIGN_CHAIN, inventory->key, err));
    TRY(list_pins(inventory, list, err));
    TRY(list_trust(inventory->trust, list, err));
    TRY(list_coid(inventory, list, err));
    TRY(list_files(inventory->conf, list, err));
    *ret_list = TAKE(list);
    return ST_OK;
}
