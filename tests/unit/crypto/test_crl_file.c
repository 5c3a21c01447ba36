/* A list on disk: what comes back is what was kept, and nothing else is taken for it. */
#include "unit/crypto/crl_maker.h"

#include "base/file.h"
#include "base/text.h"
#include "crypto/crl_file.h"
#include "crypto/crl_points.h"
#include "crypto/encode.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY SLICE("0123456789abcdef0123456789abcdef")

static struct pki *pki;
static struct made namesake;
static char folder[] = "/tmp/test_crl_file.XXXXXX";
static char path[64];

static int setup(void **state)
{
    setup_crypto(state);
    pki = pki_new(NULL);
    namesake = made_new(&(struct made_params){ .cn = "CA", .ca = true, .usage = "cRLSign" }, NULL);
    assert_non_null(mkdtemp(folder));
    assert_true(text_format(path, sizeof(path), "%s/ca.crlx", folder));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)rmdir(folder);
    pki_free(pki);
    made_free(&namesake);
    return 0;
}

/* For users only, a delta, 100 entries, a freshestCRL extension: every field is used. */
static struct crl *full_list(void)
{
    static const char more[] =
        "\x30\x0f\x06\x03\x55\x1d\x1c\x01\x01\xff\x04\x05\x30\x03\x81\x01\xff"
        "\x30\x1a\x06\x03\x55\x1d\x2e\x04\x13\x30\x11\x30\x0f\xa0\x0d\xa0"
        "\x0b\x86\x09http://d/";
    AUTO(bytes_free) struct bytes *entries = many_entries(100);
    const struct crl_params p = { .issuer = &pki->ca,
                                  .number = 77,
                                  .base_number = 12,
                                  .entries = bytes_slice(entries),
                                  .more = slice_mem(more, sizeof(more) - 1) };
    AUTO(bytes_free) struct bytes *der = make_crl(&p);

    return parsed(der, p.issuer);
}

static enum status load(struct slice key, const struct cert *issuer, struct err *err)
{
    AUTO(crl_free) struct crl *crl = NULL;

    return crl_load(path, key, issuer, &crl, err);
}

static void put(struct slice content)
{
    FILE *file = fopen(path, "wbe");

    assert_non_null(file);
    assert_int_equal(fwrite(content.at, 1, content.len, file), content.len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static void keep(const struct crl *crl)
{
    struct err err;

    assert_ok(crl_save(crl, path, KEY, &err), &err);
}

static struct bytes *stored(void)
{
    struct bytes *content = NULL;
    struct err err;

    assert_ok(file_load(path, 1 << 20, &content, &err), &err);
    return content;
}

static void a_list_comes_back_as_it_was(void **state)
{
    AUTO(crl_free) struct crl *crl = full_list();
    AUTO(crl_free) struct crl *again = NULL;
    struct crl_urls urls;
    struct stat info;
    struct err err;

    (void)state;
    keep(crl);
    keep(crl); /* over the one that is there */
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_ok(crl_load(path, KEY, pki->ca.cert, &again, &err), &err);
    const struct crl_facts *a = crl_facts(crl);
    const struct crl_facts *b = crl_facts(again);
    assert_int_equal(b->this_update_ms, a->this_update_ms);
    assert_int_equal(b->next_update_ms, a->next_update_ms);
    assert_int_equal(crl_number_compare(&b->number, &a->number), 0);
    assert_int_equal(crl_number_compare(&b->base_number, &a->base_number), 0);
    assert_true(b->number.present && crl_is_delta(again));
    assert_int_equal(b->scope, CRL_SCOPE_USERS);
    assert_int_equal(b->algorithm, ALG_GOST2015_512);
    assert_int_equal(b->count, 100);
    assert_memory_equal(b->sha256, a->sha256, sizeof(a->sha256));
    assert_ok(crl_freshest_urls(again, &urls, &err), &err);
    assert_int_equal(urls.count, 1);
    for (size_t i = 0; i < 120; i++) {
        struct crl_entry entry;
        uint8_t serial[20];
        many_serial(i, serial);
        assert_int_equal(crl_find(again, slice_mem(serial, 20), &entry), i < 100);
        if (i < 100)
            assert_int_equal(entry.reason, i % 4 == 0 ? REASON_SUPERSEDED : REASON_UNSPECIFIED);
    }
}

static void an_empty_list_without_extensions_comes_back(void **state)
{
    const struct crl_params p = { .issuer = &pki->ca, .no_extensions = true };
    AUTO(bytes_free) struct bytes *der = make_crl(&p);
    AUTO(crl_free) struct crl *crl = parsed(der, p.issuer);
    AUTO(crl_free) struct crl *again = NULL;
    struct err err;

    (void)state;
    keep(crl);
    assert_ok(crl_load(path, KEY, pki->ca.cert, &again, &err), &err);
    assert_int_equal(crl_facts(again)->count, 0);
    assert_false(crl_facts(again)->number.present);
    assert_false(crl_is_delta(again));
    assert_int_equal(crl_freshest(again).len, 0);
}

static void every_length_but_its_own_is_damage(void **state)
{
    AUTO(crl_free) struct crl *crl = full_list();
    struct err err;

    (void)state;
    keep(crl);
    AUTO(bytes_free) struct bytes *content = stored();
    for (size_t len = 0; len < content->len; len += len < 300 ? 1 : 37) {
        put(slice_mem(content->at, len));
        assert_int_equal(load(KEY, pki->ca.cert, &err), ST_FORMAT);
        assert_string_equal(err.code, "crlFileDamaged");
    }
    AUTO(bytes_free) struct bytes *longer = bytes_new(content->len + 1);
    bytes_add(longer, bytes_slice(content));
    bytes_add(longer, SLICE("x"));
    put(bytes_slice(longer));
    assert_int_equal(load(KEY, pki->ca.cert, &err), ST_FORMAT);
    assert_string_equal(err.code, "crlFileDamaged");
}

static void every_changed_byte_is_seen(void **state)
{
    AUTO(crl_free) struct crl *crl = full_list();
    struct err err;

    (void)state;
    keep(crl);
    AUTO(bytes_free) struct bytes *content = stored();
    for (size_t i = 0; i < content->len; i += i < 400 ? 1 : 11) {
        content->at[i] = (char)(content->at[i] ^ 1 << i % 8);
        put(bytes_slice(content));
        enum status status = load(KEY, pki->ca.cert, &err);
        assert_true(status == ST_FORMAT || status == ST_FORGED);
        assert_true(i >= 12 || strcmp(err.code, "crlFileVersion") == 0);
        content->at[i] = (char)(content->at[i] ^ 1 << i % 8);
    }
    put(bytes_slice(content));
    assert_ok(load(KEY, pki->ca.cert, &err), &err);
}

static void a_file_is_no_way_around_the_signature(void **state)
{
    AUTO(crl_free) struct crl *crl = full_list();
    struct err err;

    (void)state;
    keep(crl);
    /* another key: also what somebody without the key would have to make up */
    assert_int_equal(load(SLICE("fedcba9876543210"), pki->ca.cert, &err), ST_FORGED);
    assert_string_equal(err.code, "crlFileMac");
    assert_int_equal(load(SLICE("short"), pki->ca.cert, &err), ST_INPUT);
    assert_int_equal(crl_save(crl, path, SLICE("short"), &err), ST_INPUT);
    /* another authority of the same name */
    assert_int_equal(load(KEY, namesake.cert, &err), ST_FORGED);
    assert_string_equal(err.code, "crlFileIssuer");
    /* others may write it */
    static const mode_t modes[] = { 0620, 0602, 0666 };
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_int_equal(load(KEY, pki->ca.cert, &err), ST_FORGED);
        assert_string_equal(err.code, "crlFileMode");
    }
    assert_int_equal(chmod(path, 0640), 0);
    assert_ok(load(KEY, pki->ca.cert, &err), &err);
}

static void what_is_no_file_of_ours_is_refused(void **state)
{
    struct err err;

    (void)state;
    (void)unlink(path);
    assert_int_equal(load(KEY, pki->ca.cert, &err), ST_NOT_FOUND);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(load(KEY, pki->ca.cert, &err), ST_NOT_FOUND);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(load(KEY, pki->ca.cert, &err), ST_FORGED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(load(KEY, pki->ca.cert, &err), ST_FORGED);
    assert_int_equal(rmdir(path), 0);
    put(SLICE("a text of some length that is no stored list"));
    assert_int_equal(load(KEY, pki->ca.cert, &err), ST_FORMAT);
    assert_string_equal(err.code, "crlFileVersion");
}

static void a_failed_save_leaves_the_old_file_and_nothing_else(void **state)
{
    AUTO(crl_free) struct crl *crl = full_list();
    struct err err;

    (void)state;
    keep(crl);
    assert_int_equal(crl_save(crl, "/nonexistent/folder/x", KEY, &err), ST_UNAVAILABLE);
    assert_non_null(strstr(err.text, "/nonexistent/folder/x"));
    assert_int_equal(crl_save(crl, path, SLICE(""), &err), ST_INPUT);
    assert_ok(load(KEY, pki->ca.cert, &err), &err);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* so it was empty */
    assert_int_equal(mkdir(folder, 0700), 0);
}

/* Whoever has the key can make a file; even then it cannot break the reader. */
static void a_head_that_lies_is_damage(void **state)
{
    AUTO(crl_free) struct crl *crl = full_list();
    struct err err;
    size_t refused = 0;

    (void)state;
    keep(crl);
    AUTO(bytes_free) struct bytes *content = stored();
    for (size_t i = 12; i < 260; i++) {
        for (int value = 0; value < 256; value += 51) {
            char kept = content->at[i];
            content->at[i] = (char)value;
            hmac_sha256(KEY, slice_mem(content->at, content->len - 32),
                        (uint8_t *)content->at + content->len - 32);
            put(bytes_slice(content));
            refused += load(KEY, pki->ca.cert, &err) != ST_OK;
            content->at[i] = kept;
        }
    }
    assert_true(refused > 400);
    /* two records in the wrong order: look-ups would miss */
    char *records = content->at + content->len - 32 - (size_t)100 * 25;
    char record[25];
    memcpy(record, records, 25);
    memcpy(records, records + 25, 25);
    memcpy(records + 25, record, 25);
    hmac_sha256(KEY, slice_mem(content->at, content->len - 32),
                (uint8_t *)content->at + content->len - 32);
    put(bytes_slice(content));
    assert_int_equal(load(KEY, pki->ca.cert, &err), ST_FORMAT);
    assert_string_equal(err.code, "crlFileDamaged");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_comes_back_as_it_was),
        cmocka_unit_test(an_empty_list_without_extensions_comes_back),
        cmocka_unit_test(every_length_but_its_own_is_damage),
        cmocka_unit_test(every_changed_byte_is_seen),
        cmocka_unit_test(a_file_is_no_way_around_the_signature),
        cmocka_unit_test(what_is_no_file_of_ours_is_refused),
        cmocka_unit_test(a_failed_save_leaves_the_old_file_and_nothing_else),
        cmocka_unit_test(a_head_that_lies_is_damage),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
