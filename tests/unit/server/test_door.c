/* What a password may be (NIST SP 800-63B section 5.1.1.2), and what the journal is told (req
 * 0.36). */
#include "server/admin/door.h"

#include "support/cmocka.h"

#define TEN "0123456789"

static void a_password_is_judged_by_its_length_and_little_else(void **state)
{
    static const struct {
        const char *name, *password;
        enum password_fault want;
    } rows[] = {
        { "aidar", "twelve chars", PASSWORD_FINE },
        { "aidar", "eleven char", PASSWORD_SHORT },
        { "aidar", "", PASSWORD_SHORT },
        { "aidar", "двенадцать!!", PASSWORD_FINE }, /* characters, not bytes */
        { "aidar", "одиннадцат!", PASSWORD_SHORT },
        { "aidar", TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "12345678", PASSWORD_FINE },
        { "aidar", TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "123456789", PASSWORD_LONG },
        { "aidar", "a tab\there is not", PASSWORD_TEXT },
        { "aidar", "a line\nmore of it", PASSWORD_TEXT },
        { "aidar", "\xff\xfe not UTF-8 at all", PASSWORD_TEXT },
        { "aidar", "delete\x7f is not shown", PASSWORD_TEXT },
        { "administrator", "administrator", PASSWORD_NAME },
        { "administrator", "Administrator1!", PASSWORD_NAME },
        { "administrator", "12ADMINISTRATOR34", PASSWORD_NAME },
        { "administrator", "an administrator of 2026", PASSWORD_FINE },
        { "aidar", "aidar and a long rest", PASSWORD_FINE },
        { "aidar", "aaaaaaaaaaaaaaaa", PASSWORD_SAME },
        { "aidar", "abababababababab", PASSWORD_SAME },
        { "aidar", "abababababababac", PASSWORD_FINE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const enum password_fault got = password_check(rows[i].name, slice_str(rows[i].password));
        if (got != rows[i].want)
            fail_msg("%s: %s, not %s", rows[i].password, password_fault_text(got),
                     password_fault_text(rows[i].want));
    }
}

static void each_outcome_has_its_event(void **state)
{
    static const struct {
        enum door_outcome outcome;
        bool known, locked_now;
        const char *event, *account, *text;
        enum event_level level;
    } rows[] = {
        { DOOR_OPEN, true, false, "auth.login", "aidar", "as auditor", EVENT_NOTICE },
        { DOOR_UNKNOWN, false, false, "auth.failed", "-", "no such account", EVENT_WARNING },
        { DOOR_PASSWORD, true, false, "auth.failed", "aidar", "wrong password", EVENT_WARNING },
        { DOOR_PASSWORD, true, true, "auth.locked", "aidar", "locked for a while", EVENT_WARNING },
        { DOOR_LOCKED, true, false, "auth.failed", "aidar", "too many failures", EVENT_WARNING },
        { DOOR_BLOCKED, true, false, "auth.failed", "aidar", "by an administrator", EVENT_WARNING },
        { DOOR_CODE, true, false, "auth.failed", "aidar", "wrong code", EVENT_WARNING },
        { DOOR_CODE_USED, true, false, "auth.failed", "aidar", "taken before", EVENT_WARNING },
        { DOOR_CODE_WANTED, true, false, "auth.failed", "aidar", "is missing", EVENT_WARNING },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct door_answer answer = { .outcome = rows[i].outcome,
                                            .known = rows[i].known,
                                            .locked_now = rows[i].locked_now,
                                            .account = { .name = "aidar", .role = ROLE_AUDITOR } };
        char text[DOOR_TEXT];
        struct event event;
        door_event(&answer, text, &event);
        assert_string_equal(event.name, rows[i].event);
        assert_string_equal(event.account, rows[i].account);
        assert_int_equal(event.level, rows[i].level);
        assert_non_null(strstr(event.text, rows[i].text));
    }
}

static void roles_and_names_are_what_they_are(void **state)
{
    static const struct {
        const char *name;
        bool want;
    } rows[] = { { "a", true },
                 { "aidar.s-1_x", true },
                 { "", false },
                 { "Aidar", false },
                 { "-x", false },
                 { ".x", false },
                 { "a b", false },
                 { "a/b", false },
                 { "а", false },
                 { TEN TEN TEN TEN TEN TEN "1234", true },
                 { TEN TEN TEN TEN TEN TEN "12345", false } };
    enum account_role role = ROLE_COUNT_;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(account_name_is_valid(rows[i].name), rows[i].want);
    for (enum account_role r = 0; r < ROLE_COUNT_; r++) {
        assert_true(role_parse(slice_str(role_name(r)), &role));
        assert_int_equal(role, r);
    }
    assert_false(role_parse(SLICE("Administrator"), &role));
    assert_false(role_parse(SLICE(""), &role));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_judged_by_its_length_and_little_else),
        cmocka_unit_test(each_outcome_has_its_event),
        cmocka_unit_test(roles_and_names_are_what_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
