/* The signature inside the payload, forged: what breaks it, and what is not held by it. */
#include "unit/wsse/author_scene.h"
#include "wsse/wsse_impl.h"

static char *something_added(const char *xml)
{
    return soap_replace(xml, "<v>1</v>", "<v>1</v><w/>");
}

/* The good payload inside another: what is signed is not what would be used. */
static char *wrapped(const char *xml)
{
    return soap_join(
        (const char *const[]){ "<p:r xmlns:p=\"urn:p\"><v>evil</v>", xml, "</p:r>", NULL });
}

/* The good document as an Object of a signature that is taken along with a new root. */
static char *signature_around(const char *xml)
{
    return soap_join((const char *const[]){
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:Object>", xml,
        "</ds:Object></ds:Signature>", NULL });
}

static char *a_part_referenced(const char *xml)
{
    return soap_replace(xml, "URI=\"\"", "URI=\"#v\"");
}

static char *signature_of_another(const char *xml)
{
    AUTO_FREE char *other = author_sign("<p:r xmlns:p=\"urn:p\"><v>9</v></p:r>", rsa_key());
    AUTO_FREE char *theirs = soap_cut(other, "<ds:Signature ", "</ds:Signature>");
    AUTO_FREE char *own = soap_cut(xml, "<ds:Signature ", "</ds:Signature>");

    return soap_replace(xml, own, theirs);
}

static char *an_empty_signature(const char *xml)
{
    AUTO_FREE char *own = soap_cut(xml, "<ds:Signature ", "</ds:Signature>");

    return soap_replace(xml, own,
                        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>");
}

static char *a_forged_second(const char *xml)
{
    AUTO_FREE char *other = author_sign("<p:r xmlns:p=\"urn:p\"><v>9</v></p:r>", rsa_key());
    AUTO_FREE char *theirs = soap_cut(other, "<ds:Signature ", "</ds:Signature>");
    AUTO_FREE char *both = soap_join((const char *const[]){ theirs, "</p:r>", NULL });

    return soap_replace(xml, "</p:r>", both);
}

static const struct {
    const char *name;
    char *(*change)(const char *xml);
    const char *words;
} forgeries[] = {
    { "tampered", author_tampered, "digest" },
    { "something added", something_added, "digest" },
    { "moved down", author_signature_moved_down, "business signature: " },
    { "wrapped", wrapped, "business signature: " },
    { "a signature around", signature_around, "business signature: " },
    { "a part referenced", a_part_referenced, "business signature: " },
    { "of another document", signature_of_another, "digest" },
    { "empty", an_empty_signature, "business signature: " },
    { "a forged second", a_forged_second, "business signature: " },
};

static void a_signature_that_covers_anything_else_is_wrong(void **state) /* SCE016 */
{
    AUTO_FREE char *good = author_sign(P, rsa_key());

    (void)state;
    for (size_t i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
        AUTO_FREE char *payload = forgeries[i].change(good);

        for (int as_text = 0; as_text < 2; as_text++) {
            AUTO(verified_free)
            struct verified *env = as_text ? author_receive(payload)
                                           : author_receive_between("<data>", payload, "</data>");
            struct signer author;
            struct err err = { 0 };

            author_expect_refused(forgeries[i].name, author_judge(env, &anyone, &author, &err),
                                  &err, ST_AUTHOR_FORGED, forgeries[i].words);
        }
    }
}

/* What the author signed is taken from the message as it came, what is used from what its signature
 * covers: they are held together. */
static void what_the_author_signed_is_what_the_message_carries(void **state)
{
    AUTO_FREE char *good = author_sign(P, rsa_key());
    AUTO_FREE char *evil = author_tampered(good);
    const char *const alone[] = { good, evil, P, NULL };
    static const enum status want[] = { ST_OK, ST_FORGED, ST_FORGED, ST_FORGED };
    AUTO_FREE char *data = soap_join((const char *const[]){ "<data>", good, "</data>", NULL });
    AUTO_FREE char *message = soap_message(data);
    AUTO_FREE char *body = soap_join((const char *const[]){
        "<soap:Body xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">", message,
        "</soap:Body>", NULL });

    (void)state;
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        AUTO(verified_free) struct verified *env = calloc(1, sizeof(*env));
        struct err err;

        assert_non_null(env);
        env->authored = alone[i] ? bytes_dup(slice_str(alone[i])) : NULL;
        assert_int_equal(payload_split(slice_str(body), &usual_limits, env, &err), want[i]);
    }
}

/* A sender whose signatures are not looked at: those at the root are left out, others stay for the
 * decoder to refuse. */
static void a_signature_elsewhere_stays_in_the_payload(void **state)
{
    AUTO_FREE char *good = author_sign(P, rsa_key());
    AUTO_FREE char *deep = author_signature_moved_down(good);
    AUTO(verified_free) struct verified *env = author_receive(deep);
    struct payload payload;
    struct err err;

    (void)state;
    assert_ok(verified_payload(env, &payload, &err), &err);
    assert_non_null(strstr(payload.c14n.at, "<w><ds:Signature "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_that_covers_anything_else_is_wrong),
        cmocka_unit_test(what_the_author_signed_is_what_the_message_carries),
        cmocka_unit_test(a_signature_elsewhere_stays_in_the_payload),
    };

    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
