/* What is kept of the watched files from one look, and one start, to the next (req 0.37, 0.53). */
#include "support/cmocka.h"

#include "base/file.h"
#include "base/text.h"
#include "crypto/encode.h"
#include "watched_world.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

static void a_list_that_was_spoilt_is_a_warning_and_begun_anew(void **state) /* req 0.37 */
{
    struct file_watch *watch = watch_new();

    (void)state;
    look(watch);
    file_watch_free(watch);
    put("journal/files/known", "shepd's files 1\n1 1 0 zz\n", 0600);
    watch = watch_new();
    assert_true(strncmp(look(watch), "W files.watched 8 files", 23) == 0);
    file_watch_free(watch);
    watch = watch_new();
    assert_string_equal(look(watch), "");
    file_watch_free(watch);
}

static const struct watched *take(const struct roll *before, int64_t later_ns, struct roll **ret)
{
    struct timespec now;
    struct err err;

    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    const struct roll_look what = { .conf = conf,
                                    .conf_path = path("shepd.conf"),
                                    .before = before,
                                    .now_ns =
                                        (int64_t)now.tv_sec * 1000000000 + now.tv_nsec + later_ns };
    assert_int_equal(roll_take(&what, ret, &err), ST_OK);
    return roll_find(*ret, path("sign.p12"));
}

/* What has not been touched since is not read again; a file so young that a second change could
 * bear the same time is. */
static void only_what_may_have_changed_is_read_again(void **state) /* req 0.37 */
{
    static const struct {
        int64_t later_ns; /* the first look */
        bool is_touched;
        const char *want; /* of the content, by the second look */
    } reads[] = {
        { 0, false, "the key" },
        { INT64_C(10000000000), false, "" },
        { INT64_C(10000000000), true, "the kez" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        AUTO(roll_free) struct roll *first = NULL;
        AUTO(roll_free) struct roll *second = NULL;
        uint8_t digest[SHA256_BYTES];
        char want[65] = "remembered", fingerprint[17];
        struct stat st;
        struct watched *was;

        was = (struct watched *)(uintptr_t)take(NULL, reads[i].later_ns, &first);
        text_copy(was->keyed, sizeof(was->keyed), want);
        assert_int_equal(stat(path("sign.p12"), &st), 0);
        if (reads[i].is_touched) { /* the same size, the same mtime */
            put("sign.p12", "the kez", 0600);
            assert_int_equal(utimensat(AT_FDCWD, path("sign.p12"),
                                       (const struct timespec[]){ st.st_atim, st.st_mtim }, 0),
                             0);
        }
        if (*reads[i].want) {
            sha256(slice_str(reads[i].want), digest);
            text_hex(slice_mem(digest, sizeof(digest)), want);
        }
        journal_pseudonym(NULL, want, fingerprint);
        assert_string_equal(take(first, reads[i].later_ns, &second)->keyed,
                            *reads[i].want ? fingerprint : want);
    }
}

/* A change that leaves size and times of the file as they were shows in its ctime. */
static void a_change_with_its_time_set_back_is_seen(void **state) /* req 0.37 */
{
    AUTO(file_watch_free) struct file_watch *watch = watch_new();
    struct stat st;

    (void)state;
    assert_int_equal(stat(path("sign.p12"), &st), 0);
    look(watch);
    put("sign.p12", "the kez", 0600);
    assert_int_equal(utimensat(AT_FDCWD, path("sign.p12"),
                               (const struct timespec[]){ st.st_atim, st.st_mtim }, 0),
                     0);
    assert_true(strncmp(look(watch), "N file.changed /sign.p12", 24) == 0);
}

static void a_path_with_a_newline_does_not_break_the_list(void **state) /* req 0.37 */
{
    struct file_watch *watch = watch_new();

    (void)state;
    look(watch);
    put("trust/a\\\nb", "odd", 0644);
    assert_true(strncmp(look(watch), "N file.created /trust/a\\?b", 26) == 0);
    file_watch_free(watch);
    watch = watch_new();
    assert_string_equal(look(watch), "");
    file_watch_free(watch);
}

static void what_is_kept_is_for_its_owner_alone(void **state) /* req 0.53 */
{
    AUTO(file_watch_free) struct file_watch *watch = watch_new();
    struct stat st;

    (void)state;
    look(watch);
    assert_int_equal(stat(path("journal/files"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(path("journal/files/known"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(path("journal/files/shepd.conf"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void kept(char dst[4096])
{
    AUTO(bytes_free) struct bytes *text = NULL;
    struct err err;

    assert_int_equal(file_load(path("journal/files/known"), 4095, &text, &err), ST_OK);
    assert_true(text_copy_slice(dst, 4096, bytes_slice(text)));
}

static void hash_of(const char *content, char ret[65])
{
    uint8_t digest[SHA256_BYTES];

    sha256(slice_str(content), digest);
    text_hex(slice_mem(digest, sizeof(digest)), ret);
}

static void the_plain_hash_of_a_secret_is_not_kept(void **state) /* req 0.37, 0.53 */
{
    static const char *const secrets[] = { "the key", "k1 aaaa",
                                           "01234567890123456789012345678901" };
    AUTO(file_watch_free) struct file_watch *watch = watch_new();
    char text[4096], hash[65];

    (void)state;
    look(watch);
    put("sign.bak", "the key", 0644); /* no setting names it */
    look(watch);
    kept(text);
    for (size_t i = 0; i < COUNT(secrets); i++) {
        hash_of(secrets[i], hash);
        assert_null(strstr(text, hash));
    }
    assert_non_null(strstr(text, "sign.bak"));
    hash_of("root", hash);
    assert_non_null(strstr(text, hash));
}

/* The list as it was in its first form: with the plain hash of secrets. */
static void keep_as_at_first(void)
{
    AUTO(roll_free) struct roll *roll = NULL;
    char text[8192] = "shepd's files 1\n";

    (void)take(NULL, 0, &roll);
    for (size_t i = 0; i < roll->count; i++) {
        const struct watched *f = &roll->at[i];
        const size_t len = strlen(text);
        text_format(text + len, sizeof(text) - len, "%d %d %d %s %o %u %u %llu %llu %llu %s\n",
                    (int)f->role, (int)f->state, f->is_secret, *f->sha256 ? f->sha256 : "-",
                    f->mode, f->uid, f->gid, (unsigned long long)f->dev, (unsigned long long)f->ino,
                    (unsigned long long)f->size, f->path);
    }
    assert_int_equal(mkdir(path("journal/files"), 0700), 0);
    put("journal/files/known", text, 0600);
}

static void a_list_of_the_first_form_is_read_and_kept_anew(void **state) /* req 0.37 */
{
    char text[4096], hash[65];
    struct file_watch *watch;

    (void)state;
    for (int changed = 0; changed < 2; changed++) {
        keep_as_at_first();
        if (changed)
            put("sign.p12", "another", 0600);
        watch = watch_new();
        assert_true(matches(look(watch), changed ? "N file.changed /sign.p12 keyed=K*→K*\n" : ""));
        assert_string_equal(look(watch), "");
        file_watch_free(watch);
        kept(text);
        hash_of("the key", hash);
        assert_null(strstr(text, hash));
        watch = watch_new();
        assert_string_equal(look(watch), "");
        file_watch_free(watch);
        assert_int_equal(world_teardown(NULL), 0);
        assert_int_equal(world_setup(NULL), 0);
    }
}

/* One note instead of a change of every secret; what has another place or length is told. */
static void another_key_of_the_journal_is_one_note(void **state) /* req 0.37 */
{
    static const char note[] = "W files.watched the key of pseudonyms is another one: %d secrets in"
                               " their places and as long as before are taken for unchanged\n%s";
    struct file_watch *watch = watch_new();
    char want[512];

    (void)state;
    look(watch);
    file_watch_free(watch);
    for (int changed = 0; changed < 2; changed++) {
        key = changed ? 'M' : 'L';
        if (changed)
            put("sign.p12", "a longer key", 0600);
        put("trust/root.cer", changed ? "none" : "root", 0644);
        watch = watch_new();
        text_format(want, sizeof(want), note, changed ? 2 : 3,
                    changed ? "N file.changed /sign.p12 keyed=unknown→M*\n"
                              "N file.changed /trust/root.cer sha256=*→*\n"
                            : "");
        journal_refuses = true; /* is told by the next look */
        assert_string_equal(look(watch), "");
        journal_refuses = false;
        if (!matches(look(watch), want))
            fail_msg("«%s», wanted «%s»", said, want);
        assert_string_equal(look(watch), "");
        file_watch_free(watch);
        watch = watch_new();
        assert_string_equal(look(watch), "");
        file_watch_free(watch);
    }
    key = 'K';
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_list_that_was_spoilt_is_a_warning_and_begun_anew,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(only_what_may_have_changed_is_read_again, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(a_change_with_its_time_set_back_is_seen, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(a_path_with_a_newline_does_not_break_the_list, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(what_is_kept_is_for_its_owner_alone, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(the_plain_hash_of_a_secret_is_not_kept, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(a_list_of_the_first_form_is_read_and_kept_anew, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(another_key_of_the_journal_is_one_note, world_setup,
                                        world_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
