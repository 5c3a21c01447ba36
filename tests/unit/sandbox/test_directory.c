/* The LDIF of ЦОИД's certificates in a real slapd, looked up as an adapter does (req 2.49, 2.50).
 */
#include "unit/sandbox/fixture.h"

#include "rest/ldap.h"
#include "sandbox/directory.h"
#include "support/slapd.h"

enum { LDIF_MAX = 1 << 20, LONG_MS = 20000 };

/* The text without the entry of c=KZ's own comments: slapadd takes it as it is. */
static void every_signer_is_found_by_its_number_and_below_its_name(void **state)
{
    static const char *const names[] = { "coid", "coid-expired" };
    char path[FILE_PATH_MAX];
    AUTO(bytes_free) struct bytes *ldif = NULL;
    struct slapd slapd;
    struct err err;

    (void)state;
    assert_ok(file_read(sandbox_path(DIRECTORY_FILE, path), LDIF_MAX, &ldif, &err), &err);
    if (!slapd_start(&slapd, &(struct slapd_params){ .ldif = ldif->at })) {
        skip();
        return;
    }
    const char *const urls[] = { slapd.url, NULL };
    const struct ldap_params params = { .urls = urls,
                                        .base = DIRECTORY_BASE,
                                        .timeout_ms = LONG_MS,
                                        .keep_ms = LONG_MS,
                                        .clock = clock_system() };
    struct ldap_directory *directory = NULL;
    assert_ok(ldap_directory_new(&params, &directory, &err), &err);
    struct jws_lookup lookup = ldap_directory_lookup(directory);
    for (size_t f = 0; f < FAMILY_COUNT; f++)
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            if (!family_has(&families[f], holder_find(names[i])))
                continue;
            AUTO(key_free) struct key *key = sandbox_key(families[f].name, names[i]);
            const struct signer *signer = cert_signer(key_cert(key));
            const struct jws_want want = { .kid = slice_str(signer->serial),
                                           .iss = slice_str(signer->subject),
                                           .deadline_ms = clock_monotonic_ms() + LONG_MS };
            struct jws_found found = { .count = 0 };

            assert_ok(lookup.find(lookup.ctx, &want, &found, &err), &err);
            assert_int_equal(found.count, 1);
            assert_true(slice_eq(cert_der(found.certs[0]), cert_der(key_cert(key))));
            jws_found_clear(&found);
        }
    ldap_directory_free(directory);
    /* one search each: the entry of the certificate's own name had it */
    assert_int_equal(slapd_count(&slapd, "SRCH base=\"cn="), 4);
    assert_int_equal(slapd_count(&slapd, "SRCH base=\"c=KZ\""), 0);
    slapd_remove(&slapd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_signer_is_found_by_its_number_and_below_its_name),
    };

    return cmocka_run_group_tests(tests, sandbox_setup, sandbox_teardown);
}
