/* Keys in PEM, and how a key's source is told by what it holds. */
#include "unit/crypto/fixture.h"

#include "base/text.h"
#include "crypto/gost/kzgost.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

DEFINE_AUTO(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free)
DEFINE_AUTO(X509_SIG, X509_SIG_free)

#define PASSWORD "Пароль1"

/* What a file of the test is put together from, in this order. */
enum part {
    END,
    KEY,      /* PKCS#8 */
    LOCKED,   /* the same, AES-256 and PBKDF2 */
    OLD,      /* PKCS#1 */
    OLD_LOCK, /* PKCS#1 with Proc-Type: ENCRYPTED */
    OWN,      /* certificates */
    CA,
    ROOT,
    OTHER_KEY,
    NOISE,
};

struct scene {
    char dir[32];
    struct pki *pki;
    struct made other;
};

static struct scene scene;

static const char *path_of(const char *name)
{
    static char paths[8][64];
    static unsigned turn;
    char *path = paths[turn++ % 8];

    assert_true(text_format(path, sizeof(paths[0]), "%s/%s", scene.dir, name));
    return path;
}

static void write_pkcs8(BIO *out, EVP_PKEY *pkey, const char *password)
{
    AUTO(PKCS8_PRIV_KEY_INFO_free) PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);

    assert_non_null(info);
    if (!password) {
        assert_int_equal(PEM_write_bio_PKCS8_PRIV_KEY_INFO(out, info), 1);
        return;
    }
    AUTO(X509_SIG_free)
    X509_SIG *closed = PKCS8_encrypt(-1, EVP_aes_256_cbc(), password, -1, NULL, 0, 2048, info);
    assert_non_null(closed);
    assert_int_equal(PEM_write_bio_PKCS8(out, closed), 1);
}

static void write_part(BIO *out, enum part part)
{
    struct pki *pki = scene.pki;
    unsigned char password[] = PASSWORD;

    switch (part) {
    case KEY:
    case OTHER_KEY:
        write_pkcs8(out, part == KEY ? pki->leaf.pkey : scene.other.pkey, NULL);
        break;
    case LOCKED:
        write_pkcs8(out, pki->leaf.pkey, PASSWORD);
        break;
    case OLD:
        assert_int_equal(
            PEM_write_bio_PrivateKey_traditional(out, pki->leaf.pkey, NULL, NULL, 0, NULL, NULL),
            1);
        break;
    case OLD_LOCK:
        assert_int_equal(PEM_write_bio_PrivateKey_traditional(out, pki->leaf.pkey,
                                                              EVP_aes_256_cbc(), password,
                                                              sizeof(password) - 1, NULL, NULL),
                         1);
        break;
    case OWN:
    case CA:
    case ROOT:
        assert_int_equal(PEM_write_bio_X509(out, part == OWN  ? pki->leaf.x509
                                                 : part == CA ? pki->ca.x509
                                                              : pki->root.x509),
                         1);
        break;
    case NOISE:
        assert_true(BIO_puts(out, "Bag Attributes\n    friendlyName: Ключ\n") > 0);
        break;
    case END:
        break;
    }
}

static const char *write_file(const char *name, struct slice content)
{
    const char *path = path_of(name);
    FILE *file = fopen(path, "wbe");

    assert_non_null(file);
    assert_int_equal(fwrite(content.at, 1, content.len, file), content.len);
    assert_int_equal(fclose(file), 0);
    return path;
}

static const char *write_parts(const char *name, const enum part *parts)
{
    AUTO(BIO_free_all) BIO *out = BIO_new(BIO_s_mem());
    char *at = NULL;

    for (; *parts != END; parts++)
        write_part(out, *parts);
    long len = BIO_get_mem_data(out, &at);
    return write_file(name, slice_mem(at, (size_t)len));
}

static void begin(const char *key_type)
{
    memcpy(scene.dir, "/tmp/key-pem-XXXXXX", 20);
    assert_non_null(mkdtemp(scene.dir));
    scene.pki = pki_new(key_type);
    scene.other = made_new(&(struct made_params){ .cn = "X", .key_type = key_type }, NULL);
}

static void end(void)
{
    static const char *const names[] = { "key.pem", "certs.pem", "cert.der", "pass", "key.p12" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)unlink(path_of(names[i]));
    assert_int_equal(rmdir(scene.dir), 0);
    pki_free(scene.pki);
    made_free(&scene.other);
}

static void check_signature(const struct key *key)
{
    AUTO(bytes_free) struct bytes *sig = NULL;
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    struct err err;

    assert_ok(key_sign(key, SLICE("data"), &sig, &err), &err);
    assert_int_equal(
        EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, X509_get0_pubkey(cert_x509(key_cert(key)))), 1);
    assert_int_equal(EVP_DigestVerify(ctx, (const unsigned char *)sig->at, sig->len,
                                      (const unsigned char *)"data", 4),
                     1);
}

struct row {
    const char *name;
    enum part key[6], certs[4]; /* certs: a file of its own, none when empty */
    const char *password;       /* NULL: no file for it */
    size_t chain;
    enum status status;
    const char *text; /* of the error */
};

static void run_row(const struct row *row)
{
    struct key_source source = { .place = write_parts("key.pem", row->key) };
    AUTO(key_free) struct key *key = NULL;
    struct err err = { 0 };

    if (row->certs[0] != END)
        source.cert_file = write_parts("certs.pem", row->certs);
    if (row->password)
        source.secret_file = write_file("pass", slice_str(row->password));
    enum status status = key_open(&source, &key, &err);
    if (status != row->status || (row->text && !strstr(err.text, row->text)))
        fail_msg("%s: %s «%s»", row->name, status_name(status), err.text);
    if (status != ST_OK) {
        assert_null(key);
        assert_null(strstr(err.text, PASSWORD));
        return;
    }
    if (key_chain_count(key) != row->chain)
        fail_msg("%s: %zu in the chain", row->name, key_chain_count(key));
    assert_memory_equal(cert_signer(key_cert(key))->sha256,
                        cert_signer(scene.pki->leaf.cert)->sha256, 32);
    assert_false(key_in_token(key));
    check_signature(key);
}

static const struct row rows[] = {
    { "key and certificate", { KEY, OWN }, { 0 }, NULL, 0, ST_OK, NULL },
    { "certificate first, chain, comments",
      { NOISE, CA, OWN, NOISE, KEY },
      { 0 },
      NULL,
      1,
      ST_OK,
      NULL },
    { "certificates beside", { KEY }, { ROOT, OWN, CA }, NULL, 2, ST_OK, NULL },
    { "certificates here and there", { KEY, OWN }, { CA, ROOT }, NULL, 2, ST_OK, NULL },
    { "a password that nobody needs", { KEY, OWN }, { 0 }, PASSWORD "\n", 0, ST_OK, NULL },
    { "encrypted", { LOCKED, OWN }, { 0 }, PASSWORD "\n", 0, ST_OK, NULL },
    { "encrypted, wrong password", { LOCKED, OWN }, { 0 }, "wrong", 0, ST_INPUT, "wrong password" },
    { "encrypted, empty password", { LOCKED, OWN }, { 0 }, "", 0, ST_INPUT, "wrong password" },
    { "encrypted, no password", { LOCKED, OWN }, { 0 }, NULL, 0, ST_INPUT, "password is wanted" },
    { "no certificate", { KEY }, { 0 }, NULL, 0, ST_INPUT, "no certificate" },
    { "no key", { OWN }, { 0 }, NULL, 0, ST_INPUT, "no private key" },
    { "two keys", { KEY, OTHER_KEY, OWN }, { 0 }, NULL, 0, ST_INPUT, "two private keys" },
    { "another's certificate", { OTHER_KEY }, { OWN }, NULL, 0, ST_FORGED, "does not belong" },
    { "the issuer's certificate only", { KEY, CA }, { 0 }, NULL, 0, ST_FORGED, "does not belong" },
    { "nothing", { NOISE }, { 0 }, NULL, 0, ST_INPUT, "no private key" },
};

static void pem_keys_of_every_family_open_or_say_why(void **state) /* req 0.65 */
{
    static const char *const types[] = { KZGOST_KEY_2015_512, KZGOST_KEY_2004, "RSA" };

    (void)state;
    for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
        begin(types[t]);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
            run_row(&rows[i]);
        end();
    }
}

static void the_old_form_of_rsa_is_read_when_it_is_not_encrypted(void **state)
{
    static const struct row old[] = {
        { "PKCS#1", { OLD, OWN }, { 0 }, NULL, 0, ST_OK, NULL },
        { "PKCS#1 under MD5", { OLD_LOCK, OWN }, { 0 }, PASSWORD, 0, ST_INPUT, "old way" },
    };

    (void)state;
    begin("RSA");
    for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++)
        run_row(&old[i]);
    end();
}

static void a_certificate_may_stand_beside_as_der(void **state)
{
    AUTO(key_free) struct key *key = NULL;
    struct err err;

    (void)state;
    begin(NULL);
    const struct key_source source = { .place = write_parts("key.pem", (enum part[]){ KEY, END }),
                                       .cert_file =
                                           write_file("cert.der", cert_der(scene.pki->leaf.cert)) };
    assert_ok(key_open(&source, &key, &err), &err);
    check_signature(key);
    struct key_source bad = source;
    bad.cert_file = write_file("certs.pem", SLICE("MAMCAQA="));
    struct key *none = NULL;
    assert_int_equal(key_open(&bad, &none, &err), ST_INPUT);
    assert_non_null(strstr(err.text, "certs.pem: not an X.509 certificate"));
    bad.cert_file = "/nonexistent.pem";
    assert_int_equal(key_open(&bad, &none, &err), ST_NOT_FOUND);
    end();
}

static void broken_pem_is_refused(void **state)
{
    static const char *const texts[] = {
        "-----BEGIN PRIVATE KEY-----\nMIIE\n",
        "-----BEGIN PRIVATE KEY-----\n????\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nMAMCAQA=\n-----END PRIVATE KEY-----\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAMCAQA=\n-----END ENCRYPTED PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nMAMCAQA=\n-----END RSA PRIVATE KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n",
        "",
        "\xff\xfe",
    };
    struct err err;

    (void)state;
    begin(NULL);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct key *none = NULL;
        const struct key_source source = { .place = write_file("key.pem", slice_str(texts[i])) };
        assert_int_equal(key_open(&source, &none, &err), ST_INPUT);
        assert_null(none);
        assert_int_equal(ERR_peek_error(), 0);
    }
    end();
}

static void too_much_is_refused_by_its_limit(void **state)
{
    enum { MANY = 18, BIG = 1048577 };
    AUTO(bytes_free) struct bytes *big = bytes_new(BIG);
    enum part parts[MANY + 2] = { KEY };
    struct key *none = NULL;
    struct err err;

    (void)state;
    begin(NULL);
    for (int i = 0; i < MANY; i++)
        parts[1 + i] = OWN;
    struct key_source source = { .place = write_parts("key.pem", parts) };
    assert_int_equal(key_open(&source, &none, &err), ST_INPUT);
    assert_string_equal(err.code, "keyChainTooLong");
    memset(bytes_extend(big, BIG), 'a', BIG);
    source.place = write_file("key.pem", bytes_slice(big));
    assert_int_equal(key_open(&source, &none, &err), ST_INPUT);
    assert_non_null(strstr(err.text, "longer than 1048576 bytes"));
    end();
}

static void a_pkcs12_wants_its_password_and_a_token_its_module(void **state)
{
    struct key *none = NULL;
    struct err err;

    (void)state;
    begin(NULL);
    PKCS12 *p12 =
        PKCS12_create("p", "key", scene.pki->leaf.pkey, scene.pki->leaf.x509, NULL, 0, 0, 1, 1, 0);
    unsigned char *der = NULL;
    int len = i2d_PKCS12(p12, &der);
    struct key_source source = { .place = write_file("key.p12", slice_mem(der, (size_t)len)) };
    OPENSSL_free(der);
    PKCS12_free(p12);
    assert_int_equal(key_open(&source, &none, &err), ST_INPUT);
    assert_string_equal(err.code, "passwordMissing");
    source.secret_file = write_file("pass", SLICE("p\r\nmore"));
    AUTO(key_free) struct key *key = NULL;
    assert_ok(key_open(&source, &key, &err), &err);

    source.place = "pkcs11:token=none?pin-value=secret";
    assert_int_equal(key_open(&source, &none, &err), ST_INPUT);
    assert_string_equal(err.code, "pkcs11Off");
    assert_null(strstr(err.text, "secret"));
    source.pkcs11_module = "/nonexistent.so";
    assert_int_equal(key_open(&source, &none, &err), ST_INPUT);
    assert_non_null(strstr(err.text, "not in the URI"));
    assert_null(strstr(err.text, "secret"));
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pem_keys_of_every_family_open_or_say_why),
        cmocka_unit_test(the_old_form_of_rsa_is_read_when_it_is_not_encrypted),
        cmocka_unit_test(a_certificate_may_stand_beside_as_der),
        cmocka_unit_test(broken_pem_is_refused),
        cmocka_unit_test(too_much_is_refused_by_its_limit),
        cmocka_unit_test(a_pkcs12_wants_its_password_and_a_token_its_module),
    };

    return cmocka_run_group_tests(tests, setup_crypto, NULL);
}
