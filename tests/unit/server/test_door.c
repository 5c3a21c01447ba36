/* What a log-in costs and how many are judged at a time, what a password may be (NIST SP 800-63B
 * section 5.1.1.2), and what the journal is told (req 0.36). The store is a fake of one account. */
#include "server/admin/door.h"

#include "base/text.h"
#include "crypto/password.h"
#include "support/cmocka.h"

#include <argon2.h>
#include <pthread.h>
#include <stdatomic.h>

#define TEN "0123456789"
#define PASSWORD "three words and a comma"

/* ---- the store ---- */

static struct account kept; /* "" has no name: there is none */
static unsigned failures;   /* counted */

enum status __wrap_store_account_find(struct store *store, const char *name, struct account *ret,
                                      struct err *err);
enum status __wrap_store_account_find(struct store *store, const char *name, struct account *ret,
                                      struct err *err)
{
    (void)store;
    if (strcmp(name, kept.name) != 0)
        return RAISE(err, ST_NOT_FOUND, "there is no account %s", name);
    *ret = kept;
    return ST_OK;
}

enum status __wrap_store_account_failed(struct store *store, const char *name,
                                        const struct account_limits *limits, bool *ret_locked,
                                        struct err *err);
enum status __wrap_store_account_failed(struct store *store, const char *name,
                                        const struct account_limits *limits, bool *ret_locked,
                                        struct err *err)
{
    (void)store;
    (void)limits;
    (void)err;
    assert_string_equal(name, kept.name);
    *ret_locked = false;
    failures++;
    return ST_OK;
}

/* ---- the hashing ---- */

static unsigned hashings;
static char parameters[64]; /* of the last one: "$argon2id$v=19$m=19456,t=2,p=1" */

int __real_argon2id_verify(const char *encoded, const void *password, size_t length);
int __wrap_argon2id_verify(const char *encoded, const void *password, size_t length);
int __wrap_argon2id_verify(const char *encoded, const void *password, size_t length)
{
    const char *end = encoded;

    for (int i = 0; i < 3 && end; i++)
        end = strchr(end + 1, '$');
    assert_non_null(end);
    assert_true(text_copy_slice(parameters, sizeof(parameters),
                                slice_mem(encoded, (size_t)(end - encoded))));
    hashings++;
    return __real_argon2id_verify(encoded, password, length);
}

static int set_up(void **state)
{
    struct err err;

    kept = (struct account){ .name = "aidar", .role = ROLE_AUDITOR };
    failures = hashings = 0;
    assert_int_equal(password_hash(SLICE(PASSWORD), kept.password, &err), ST_OK);
    assert_int_equal(door_new((struct door **)state, &err), ST_OK);
    return 0;
}

static int tear_down(void **state)
{
    door_free(*state);
    return 0;
}

static enum status knock(struct door *door, const char *name, const char *password,
                         struct door_answer *ret, struct err *err)
{
    const struct doorway way = { .door = door };
    const struct door_try try = { .name = name, .password = slice_str(password) };

    return door_judge(&way, &try, ret, err);
}

static void a_log_in_costs_the_same_whoever_it_is_for(void **state) /* req 0.36 */
{
    static const struct {
        const char *name, *password;
        bool blocked, locked;
        enum door_outcome want;
        unsigned failures;
    } rows[] = {
        { "aidar", "a wrong password", false, false, DOOR_PASSWORD, 1 },
        { "saule", "a wrong password", false, false, DOOR_UNKNOWN, 0 },
        { "saule", PASSWORD, false, false, DOOR_UNKNOWN, 0 },
        { "saule", PASSWORD, false, false, DOOR_UNKNOWN, 0 }, /* nor is it remembered */
        { "no name at all", PASSWORD, false, false, DOOR_UNKNOWN, 0 },
        { "", "", false, false, DOOR_UNKNOWN, 0 },
        { "aidar", "a wrong password", true, false, DOOR_BLOCKED, 0 },
        { "aidar", PASSWORD, true, false, DOOR_BLOCKED, 0 },
        { "aidar", "a wrong password", false, true, DOOR_LOCKED, 0 },
        { "aidar", PASSWORD, false, true, DOOR_LOCKED, 0 },
        { "aidar", PASSWORD, false, false, DOOR_OPEN, 0 },
        { "aidar", PASSWORD, true, false, DOOR_BLOCKED, 0 }, /* it was right before */
        { "aidar", PASSWORD, false, true, DOOR_LOCKED, 0 },
    };
    char wanted[sizeof(parameters)] = "";

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct door_answer answer;
        struct err err;
        kept.blocked = rows[i].blocked;
        kept.locked_until_ms = rows[i].locked ? 1 : 0;
        hashings = failures = 0;
        assert_int_equal(knock(*state, rows[i].name, rows[i].password, &answer, &err), ST_OK);
        assert_int_equal(answer.outcome, rows[i].want);
        assert_int_equal(failures, rows[i].failures);
        if (hashings != 1)
            fail_msg("row %zu: %u hashings", i, hashings);
        if (i == 0)
            (void)text_copy(wanted, sizeof(wanted), parameters);
        assert_string_equal(parameters, wanted);
    }
}

/* ---- how many at a time ---- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool shut;
    unsigned waiting; /* within the judging */
} gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0 };

bool __real_passwords_match(struct passwords *passwords, const char *phc, struct slice password);
bool __wrap_passwords_match(struct passwords *passwords, const char *phc, struct slice password);
bool __wrap_passwords_match(struct passwords *passwords, const char *phc, struct slice password)
{
    (void)pthread_mutex_lock(&gate.lock);
    gate.waiting++;
    (void)pthread_cond_broadcast(&gate.changed);
    while (gate.shut && gate.waiting <= DOOR_WAITING_MAX) /* one too many is told, not kept */
        (void)pthread_cond_wait(&gate.changed, &gate.lock);
    gate.waiting--;
    (void)pthread_mutex_unlock(&gate.lock);
    return __real_passwords_match(passwords, phc, password);
}

static void *knock_in_a_thread(void *door)
{
    struct door_answer answer = { .outcome = DOOR_UNKNOWN };
    struct err err;

    return knock(door, "aidar", PASSWORD, &answer, &err) == ST_OK && answer.outcome == DOOR_OPEN
               ? door
               : NULL;
}

/* Comes back when all of them are being judged. */
static void fill_the_door(struct door *door, pthread_t threads[DOOR_WAITING_MAX])
{
    gate.shut = true;
    for (size_t i = 0; i < DOOR_WAITING_MAX; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, knock_in_a_thread, door), 0);
    (void)pthread_mutex_lock(&gate.lock);
    while (gate.waiting < DOOR_WAITING_MAX)
        (void)pthread_cond_wait(&gate.changed, &gate.lock);
    (void)pthread_mutex_unlock(&gate.lock);
}

static void open_the_door(pthread_t threads[DOOR_WAITING_MAX])
{
    (void)pthread_mutex_lock(&gate.lock);
    gate.shut = false;
    (void)pthread_cond_broadcast(&gate.changed);
    (void)pthread_mutex_unlock(&gate.lock);
    for (size_t i = 0; i < DOOR_WAITING_MAX; i++) {
        void *was_let_in = NULL;
        assert_int_equal(pthread_join(threads[i], &was_let_in), 0);
        assert_non_null(was_let_in);
    }
}

/* And whoever was turned away has not taken a place. */
static void four_are_judged_at_a_time_and_more_are_turned_away(void **state)
{
    pthread_t threads[DOOR_WAITING_MAX];
    struct door_answer answer;

    assert_int_equal(DOOR_WAITING_MAX, 4);
    for (int round = 0; round < 2; round++) {
        fill_the_door(*state, threads);
        for (int i = 0; i < 3; i++) {
            struct err err;
            assert_int_equal(knock(*state, i == 0 ? "saule" : "aidar", PASSWORD, &answer, &err),
                             ST_UNAVAILABLE);
            assert_string_equal(err.code, "doorBusy");
        }
        open_the_door(threads);
        assert_non_null(knock_in_a_thread(*state));
    }
    assert_int_equal(failures, 0);
}

/* ---- words ---- */

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
        cmocka_unit_test_setup_teardown(a_log_in_costs_the_same_whoever_it_is_for, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(four_are_judged_at_a_time_and_more_are_turned_away, set_up,
                                        tear_down),
        cmocka_unit_test(a_password_is_judged_by_its_length_and_little_else),
        cmocka_unit_test(each_outcome_has_its_event),
        cmocka_unit_test(roles_and_names_are_what_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
