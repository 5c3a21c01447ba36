/* The vault: the file of keys, the form of a sealed value, and what is refused. */
#include "support/torture.h"
#include "unit/crypto/fixture.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "crypto/vault.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" /* 00 01 02 … 1f */
#define KEY_B "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=" /* 20 21 22 … 3f */
#define KEY_C "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=" /* 40 41 42 … 5f */

static const char place[] = "signing_document 0001 1";
static const struct slice content = { "тайна\0 до конца", 27 };

static char folder[] = "/tmp/test_vault.XXXXXX";
static char path[64];

static int setup(void **state)
{
    setup_crypto(state);
    assert_non_null(mkdtemp(folder));
    assert_true(text_format(path, sizeof(path), "%s/keys", folder));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)rmdir(folder);
    return 0;
}

static void write_keys(const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static struct vault *vault_of(const char *keys)
{
    struct vault *vault = NULL;
    struct err err;

    write_keys(keys, 0600);
    assert_ok(vault_open(path, &vault, &err), &err);
    return vault;
}

static struct bytes *sealed_by(struct vault *vault, const char *where, struct slice what)
{
    struct bytes *sealed = NULL;
    struct err err;

    assert_ok(vault_seal(vault, where, what, &sealed, &err), &err);
    return sealed;
}

/* "" when it opens to `want`, else the error's code. The sealed bytes stay as they are. */
static const char *open_copy(struct vault *vault, const char *where, struct slice sealed,
                             struct slice want)
{
    static char code[48];
    AUTO(bytes_free) struct bytes *copy = bytes_dup(sealed);
    struct slice got = { NULL, 0 };
    struct err err = { 0 };

    assert_non_null(copy);
    enum status status = vault_unseal(vault, where, copy->at, copy->len, &got, &err);
    (void)text_copy(code, sizeof(code), err.code);
    if (status == ST_OK) {
        assert_true(slice_eq(got, want));
        return "";
    }
    assert_int_equal(status, ST_INTERNAL);
    assert_true(strncmp(err.text, where, strlen(where)) == 0); /* the row is named … */
    assert_null(strstr(err.text, "тайна")); /* … and nothing of what is in it */
    assert_null(memmem(copy->at, copy->len, "тайна", 10));
    assert_null(got.at);
    return code;
}

static void what_is_sealed_opens_and_shows_nothing(void **state)
{
    const struct slice contents[] = { content, SLICE(""), SLICE("1") };
    AUTO(vault_close) struct vault *vault = vault_of("k1 " KEY_A "\n");

    (void)state;
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        AUTO(bytes_free) struct bytes *sealed = sealed_by(vault, place, contents[i]);
        AUTO(bytes_free) struct bytes *again = sealed_by(vault, place, contents[i]);
        assert_string_equal(open_copy(vault, place, bytes_slice(sealed), contents[i]), "");
        assert_int_equal(sealed->len, contents[i].len + 2 + 2 + 12 + 16);
        assert_true(slice_starts(bytes_slice(sealed), SLICE("\x01\x02k1")));
        assert_false(slice_eq(bytes_slice(sealed), bytes_slice(again))); /* a nonce of its own */
        if (contents[i].len > 1)
            assert_null(memmem(sealed->at, sealed->len, contents[i].at, 4));
    }
}

/* AES-256-GCM by `cryptography` (Python) over the header's form: key 00…1f, nonce 64…6f, content
 * and place as above. */
static void a_known_value_opens(void **state)
{
    static const char known[] = "\x01\x02\x6b\x31\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"
                                "\x99\x99\x0e\xd6\xa9\x50\x86\x23\xee\xd2\x5f\xc8\x0a\xd1\xba\x43"
                                "\x62\x12\xbc\xda\x35\xbc\x4e\xa3\x21\x01\x1c\x15\x82\x8c\x00\xa9"
                                "\x8a\xf0\xb0\x43\x57\x20\x8b\xe3\x28\x7a\xf8";
    AUTO(vault_close) struct vault *vault = vault_of("k1 " KEY_A);

    (void)state;
    assert_string_equal(open_copy(vault, place, slice_mem(known, sizeof(known) - 1), content), "");
}

static void a_change_of_any_byte_is_seen(void **state)
{
    AUTO(vault_close) struct vault *vault = vault_of("k1 " KEY_A "\nk2 " KEY_B "\n");
    AUTO(bytes_free) struct bytes *sealed = sealed_by(vault, place, content);

    (void)state;
    for (size_t i = 0; i < sealed->len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            sealed->at[i] = (char)(sealed->at[i] ^ 1 << bit);
            const char *code = open_copy(vault, place, bytes_slice(sealed), content);
            if (strcmp(code, "vaultSeal") != 0 && strcmp(code, "vaultKey") != 0)
                fail_msg("byte %zu, bit %u: %s", i, bit, code[0] ? code : "it opens");
            sealed->at[i] = (char)(sealed->at[i] ^ 1 << bit);
        }
    /* even to the name of another key that is there */
    sealed->at[3] = '2';
    assert_string_equal(open_copy(vault, place, bytes_slice(sealed), content), "vaultSeal");
    sealed->at[3] = '1';
    assert_string_equal(open_copy(vault, place, bytes_slice(sealed), content), "");
}

static void a_torn_value_is_seen(void **state)
{
    AUTO(vault_close) struct vault *vault = vault_of("k1 " KEY_A);
    AUTO(bytes_free) struct bytes *sealed = sealed_by(vault, place, content);

    (void)state;
    for (size_t len = 0; len < sealed->len; len++)
        assert_string_equal(open_copy(vault, place, slice_mem(sealed->at, len), content),
                            "vaultSeal");
    assert_string_equal(open_copy(vault, place, SLICE("never sealed"), content), "vaultSeal");
}

static void a_value_of_another_place_is_seen(void **state)
{
    static const char *const places[] = { "", "signing_document 0001 2", "signing_document 0001 11",
                                          "signed_document 0001 1", "signing_document 0001 1 " };
    AUTO(vault_close) struct vault *vault = vault_of("k1 " KEY_A);
    AUTO(bytes_free) struct bytes *sealed = sealed_by(vault, place, content);

    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        assert_string_equal(open_copy(vault, places[i], bytes_slice(sealed), content), "vaultSeal");
}

static void keys_rotate_and_old_values_open(void **state)
{
    AUTO(vault_close) struct vault *vault = vault_of("k1 " KEY_A "\n");
    AUTO(bytes_free) struct bytes *old = sealed_by(vault, place, content);

    (void)state;
    vault_replace(vault, vault_of("k2 " KEY_B "\nk1 " KEY_A "\n"));
    AUTO(bytes_free) struct bytes *fresh = sealed_by(vault, place, content);
    assert_true(slice_starts(bytes_slice(fresh), SLICE("\x01\x02k2")));
    assert_string_equal(open_copy(vault, place, bytes_slice(old), content), "");
    assert_string_equal(open_copy(vault, place, bytes_slice(fresh), content), "");
    vault_replace(vault, vault_of("k2 " KEY_B "\n"));
    assert_string_equal(open_copy(vault, place, bytes_slice(old), content), "vaultKey");
    assert_string_equal(open_copy(vault, place, bytes_slice(fresh), content), "");
    vault_replace(vault, vault_of("k1 " KEY_C "\n")); /* the name again, with another key */
    assert_string_equal(open_copy(vault, place, bytes_slice(old), content), "vaultSeal");
}

static void keys_are_read_as_they_are_written(void **state)
{
    static const char *const files[] = {
        "k1 " KEY_A,
        "# of 2026\r\n\r\n \tk1\t " KEY_A " \r\n",
        "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    };
    AUTO(vault_close) struct vault *vault = vault_of("k1 " KEY_A);
    AUTO(bytes_free) struct bytes *sealed = sealed_by(vault, place, content);

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        AUTO(vault_close) struct vault *same = vault_of(files[i]);
        assert_string_equal(open_copy(same, place, bytes_slice(sealed), content), "");
    }
}

static void a_wrong_file_of_keys_is_refused_by_its_line(void **state)
{
    static const struct {
        const char *text;
        mode_t mode;
        const char *words;
    } table[] = {
        { "", 0600, "holds no key" },
        { "# k1 " KEY_A "\n\n", 0600, "holds no key" },
        { "k1 " KEY_A, 0604, "mode is 604" },
        { "k1 " KEY_A, 0620, "mode is 620" },
        { "k1 " KEY_A "\nk2\n", 0600, ":2: behind the name" },
        { "k1 " KEY_A "\n\nk2 AAEC\n", 0600, ":3: behind the name" },
        { "k1 " KEY_A KEY_A "\n", 0600, ":1: behind the name" },
        { "k1 " KEY_A " x\n", 0600, ":1: behind the name" },
        { "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\n", 0600, ":1: behind the name" },
        { "k1 " KEY_A "\nk1 " KEY_B "\n", 0600, ":2: another line" },
        { KEY_A, 0600, ":1: a key's name" },
        { "12345678901234567 " KEY_A, 0600, ":1: a key's name" },
        { "k/1 " KEY_A, 0600, ":1: a key's name" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct vault *vault = NULL;
        struct err err = { 0 };
        write_keys(table[i].text, table[i].mode);
        assert_int_equal(vault_open(path, &vault, &err), ST_INPUT);
        if (!strstr(err.text, table[i].words) || !strstr(err.text, path))
            fail_msg("row %zu: %s", i, err.text);
        assert_null(strstr(err.text, "AAEC"));
        assert_null(vault);
    }
    (void)unlink(path);
    struct err err = { 0 };
    struct vault *vault = NULL;
    assert_int_equal(vault_open(path, &vault, &err), ST_NOT_FOUND);
}

/* ---- memory ---- */

struct turn {
    enum status status;
    struct bytes *sealed;
    struct slice content;
    struct err err;
};

static enum status turn(struct turn *t)
{
    AUTO(vault_close) struct vault *vault = NULL;

    TRY(vault_open(path, &vault, &t->err));
    TRY(vault_seal(vault, place, content, &t->sealed, &t->err));
    return vault_unseal(vault, place, t->sealed->at, t->sealed->len, &t->content, &t->err);
}

static void run_turn(void *ctx)
{
    struct turn *t = ctx;

    *t = (struct turn){ .status = ST_OK };
    t->status = turn(t);
}

static void check_turn(void *ctx, bool starved)
{
    struct turn *t = ctx;

    if (starved ? t->status != ST_OK && t->status != ST_NOMEM && t->status != ST_INTERNAL
                : t->status != ST_OK)
        fail_msg("%s: %s", status_name(t->status), t->err.text);
    assert_true(t->status != ST_OK || slice_eq(t->content, content));
    bytes_free(t->sealed);
}

static void memory_may_run_out_anywhere(void **state)
{
    struct turn t;

    (void)state;
    write_keys("k1 " KEY_A "\n", 0600);
    assert_true(torture(&(struct torture){ "vault", run_turn, check_turn, &t, false }) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_opens_and_shows_nothing),
        cmocka_unit_test(a_known_value_opens),
        cmocka_unit_test(a_change_of_any_byte_is_seen),
        cmocka_unit_test(a_torn_value_is_seen),
        cmocka_unit_test(a_value_of_another_place_is_seen),
        cmocka_unit_test(keys_rotate_and_old_values_open),
        cmocka_unit_test(keys_are_read_as_they_are_written),
        cmocka_unit_test(a_wrong_file_of_keys_is_refused_by_its_line),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };

    torture_begin();
    return cmocka_run_group_tests_name("crypto/vault", tests, setup, teardown);
}
