/* What happens to the configuration and its files stands in the journal (req 0.37). Real files, a
 * journal that is a fake. */
#include "support/cmocka.h"

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/encode.h"
#include "server/file_watch.h"
#include "server/watched.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char folder[64];
static char said[4096]; /* «N file.created /x …», the folder's name taken out, a line each */
static bool journal_refuses;

/* ---- fakes ---- */

static void add_said(const char *text)
{
    size_t len = strlen(said);

    for (const char *at = text; *at && len + 1 < sizeof(said); at++) {
        if (strncmp(at, folder, strlen(folder)) == 0)
            at += strlen(folder);
        said[len++] = *at;
    }
    said[len] = '\0';
}

enum status journal_write(struct journal *journal, const struct event *event, struct err *err)
{
    static const char letters[] = {
        [EVENT_ALERT] = 'A', [EVENT_WARNING] = 'W', [EVENT_NOTICE] = 'N'
    };
    char line[2048];

    (void)journal;
    if (journal_refuses)
        return RAISE(err, ST_UNAVAILABLE, "the disk is full");
    text_format(line, sizeof(line), "%c %s %s\n", letters[event->level], event->name, event->text);
    add_said(line);
    return ST_OK;
}

static char key = 'K'; /* of the journal */

void journal_pseudonym(const struct journal *journal, const char *iin, char ret[17])
{
    (void)journal;
    text_format(ret, 17, "%c%.15s--", key, iin);
}

static unsigned troubles;

void log_err(enum log_level level, const char *event, const struct err *err)
{
    (void)level;
    (void)event;
    (void)err;
    troubles++;
}

/* ---- the world ---- */

static const char *path(const char *name)
{
    static char paths[8][256];
    static unsigned next;
    char *dst = paths[next++ % 8];

    text_format(dst, 256, "%s/%s", folder, name);
    return dst;
}

static void put(const char *name, const char *content, mode_t mode)
{
    int fd = open(path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_true(file_write_all(fd, slice_str(content)));
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static void put_conf(const char *more)
{
    char text[2048];

    text_format(text, sizeof(text),
                "[instance]\nname = n\ncluster_key_file = %s\n[http]\npublic_url = https://a.kz\n"
                "[store]\ncontent_keys_file = %s\n[journal]\npseudonym_key_file = %s\n"
                "[keys]\nsign_key_file = %s\nsign_pass_file = %s\n[trust]\ndir = %s\n"
                "[jws]\npins_dir =\n%s",
                path("cluster.key"), path("content.keys"), "/nowhere/p", path("sign.p12"),
                "/nowhere/w", path("trust"), more);
    put("shepd.conf", text, 0640);
}

static struct clock wall;
static struct rooms rooms = { .clock = &wall };

static struct file_watch *watch_new(void)
{
    struct file_watch *watch = file_watch_new(path("shepd.conf"), path("journal"));

    assert_non_null(watch);
    return watch;
}

/* By the configuration as it was at first: a reload has not come. */
static const struct conf *conf;

static const char *look(struct file_watch *watch)
{
    said[0] = '\0';
    assert_true(file_watch_look(watch, conf, &rooms) > 0);
    return said;
}

static int setup(void **state)
{
    struct err err;

    (void)state;
    text_format(folder, sizeof(folder), "/tmp/shep-files-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(mkdir(path("journal"), 0700), 0);
    assert_int_equal(mkdir(path("trust"), 0755), 0);
    put("cluster.key", "01234567890123456789012345678901", 0600);
    put("content.keys", "k1 aaaa", 0600);
    put("sign.p12", "the key", 0600);
    put("trust/root.cer", "root", 0644);
    put_conf("");
    if (conf_load(path("shepd.conf"), &conf, &err) != ST_OK)
        fail_msg("%s", err.text);
    wall = clock_fixed_at(5000);
    journal_refuses = false;
    troubles = 0;
    return 0;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    conf_free(conf);
    text_format(command, sizeof(command), "rm -rf %s", folder);
    return system(command); /* NOLINT(cert-env33-c,concurrency-mt-unsafe): the test's own folder */
}

/* ---- what is done to them, and what is said of it ---- */

static void nothing(void)
{
}

static void change_key(void)
{
    put("sign.p12", "another", 0600);
}

static void replace_key(void)
{
    put("fresh", "another", 0600);
    assert_int_equal(rename(path("fresh"), path("sign.p12")), 0);
}

static void lay_open(void)
{
    assert_int_equal(chmod(path("sign.p12"), 0644), 0);
}

static void close_up(void)
{
    assert_int_equal(chmod(path("trust/root.cer"), 0600), 0);
}

static void remove_key(void)
{
    assert_int_equal(unlink(path("sign.p12")), 0);
}

static void move_key(void)
{
    assert_int_equal(rename(path("sign.p12"), path("sign.old")), 0);
}

static void move_and_renew_key(void)
{
    move_key();
    put("sign.p12", "another", 0600);
}

static void copy_key(void)
{
    put("sign.bak", "the key", 0644);
}

static void spoil_key(void)
{
    remove_key();
    assert_int_equal(mkdir(path("sign.p12"), 0700), 0);
}

static void add_root(void)
{
    put("trust/new.cer", "new", 0644);
}

static void copy_root(void)
{
    put("trust/again.cer", "root", 0644);
}

static void rename_root(void)
{
    assert_int_equal(rename(path("trust/root.cer"), path("trust/gost.cer")), 0);
}

static void remove_root(void)
{
    assert_int_equal(unlink(path("trust/root.cer")), 0);
}

static void change_conf(void)
{
    put_conf("[http]\nworkers = 40\n");
}

static void comment_conf(void)
{
    put_conf("# a word\n");
}

static void break_conf(void)
{
    put_conf("[htpp]\n");
}

static void stranger(void)
{
    put("notes.txt", "nothing of ours", 0644);
}

/* SHA-256: «the key» bc7dfa…, «another» ae448a…, «root» 4813494d…, «new» 11507a0e… */
static const struct {
    const char *name;
    void (*act)(void);
    const char *want; /* a * stands for anything up to the next character */
} rows[] = {
    { "nothing", nothing, "" },
    { "a file that is no business of ours", stranger, "" },
    { "a key changed: its fingerprint is keyed", change_key,
      "N file.changed /sign.p12 keyed=K*→K*\n" },
    { "a key replaced", replace_key, "N file.changed /sign.p12 keyed=K*→K*\n" },
    { "a key that others may read", lay_open, "W file.changed /sign.p12 mode=0600→0644\n" },
    { "a certificate closed up", close_up, "N file.changed /trust/root.cer mode=0644→0600\n" },
    { "a key gone", remove_key, "A file.removed /sign.p12 keyed=K* mode=0600 owner=*\n" },
    { "a key moved", move_key,
      "W file.moved /sign.old from=/sign.p12 keyed=K* mode=0600 owner=*\n" },
    { "a key moved, another in its place", move_and_renew_key,
      "N file.changed /sign.p12 keyed=K*→K*\n"
      "W file.moved /sign.old from=/sign.p12 keyed=K* mode=0600 owner=*\n" },
    { "a key copied", copy_key,
      "W file.copied /sign.bak from=/sign.p12 keyed=K* mode=0644 owner=*\n" },
    { "no file any more", spoil_key,
      "A file.unreadable /sign.p12 keyed=K*→unreadable mode=0600→0700\n" },
    { "a root added", add_root,
      "N file.created /trust/new.cer sha256=11507a0e2f5e69d5 mode=0644 owner=*\n" },
    { "a root copied", copy_root,
      "N file.copied /trust/again.cer from=/trust/root.cer sha256=4813494d137e1631 mode=0644 "
      "owner=*\n" },
    { "a root moved", rename_root,
      "N file.moved /trust/gost.cer from=/trust/root.cer sha256=4813494d137e1631 mode=0644 "
      "owner=*\n" },
    { "a root gone", remove_root,
      "N file.removed /trust/root.cer sha256=4813494d137e1631 mode=0644 owner=*\n" },
    { "the configuration: which settings", change_conf,
      "N file.changed /shepd.conf sha256=*→*; settings: http.workers: 64 → 40 (wants a "
      "restart)\n" },
    { "the configuration: a comment", comment_conf,
      "N file.changed /shepd.conf sha256=*→*; settings: as they were\n" },
    { "the configuration: what would be refused", break_conf,
      "N file.changed /shepd.conf sha256=*→*; settings: it would be refused: "
      "/shepd.conf:*: there is no section [htpp]\n" },
};

/* A * up to the character after it; at the end of a line up to its end. */
static bool matches(const char *text, const char *want)
{
    for (; *want; want++)
        if (*want == '*') {
            text += strcspn(text, (const char[]){ want[1], '\n', '\0' });
        } else if (*text++ != *want) {
            return false;
        }
    return *text == '\0';
}

static void check_row(size_t i, bool while_away)
{
    struct file_watch *watch = watch_new();

    assert_true(matches(look(watch), "N files.watched 8 files and folders from now on\n"));
    assert_string_equal(look(watch), "");
    if (while_away) {
        file_watch_free(watch);
        watch = NULL;
    }
    rows[i].act();
    if (!watch)
        watch = watch_new();
    if (!matches(look(watch), rows[i].want))
        fail_msg("%s%s: «%s», wanted «%s»", rows[i].name, while_away ? ", away" : "", said,
                 rows[i].want);
    assert_string_equal(look(watch), ""); /* once */
    assert_int_equal(troubles, 0);
    file_watch_free(watch);
}

static void each_row(bool while_away)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_row(i, while_away);
        if (i + 1 < sizeof(rows) / sizeof(rows[0])) {
            assert_int_equal(teardown(NULL), 0);
            assert_int_equal(setup(NULL), 0);
        }
    }
}

static void what_happens_to_a_file_is_told_once(void **state) /* req 0.37 */
{
    (void)state;
    each_row(false);
}

static void what_happened_while_nobody_looked_is_told_at_the_next_start(void **state) /* req 0.37 */
{
    (void)state;
    each_row(true);
}

static void what_the_journal_refuses_is_told_by_the_next_look(void **state) /* req 0.37 */
{
    AUTO(file_watch_free) struct file_watch *watch = watch_new();

    (void)state;
    look(watch);
    remove_key();
    journal_refuses = true;
    assert_string_equal(look(watch), "");
    assert_int_equal(troubles, 1);
    journal_refuses = false;
    assert_true(strncmp(look(watch), "A file.removed /sign.p12", 24) == 0);
}

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

static void what_a_reload_names_or_names_no_more_is_no_news_of_a_file(void **state) /* req 0.37 */
{
    AUTO(file_watch_free) struct file_watch *watch = watch_new();
    const struct conf *before = conf;
    char text[1024];
    struct err err;

    (void)state;
    assert_int_equal(mkdir(path("other"), 0755), 0);
    put("other/root.cer", "another root", 0644);
    put("ldap.pem", "a CA", 0644);
    look(watch);
    text_format(text, sizeof(text),
                "[instance]\nname = n\ncluster_key_file = %s\n[http]\npublic_url = https://a.kz\n"
                "[store]\ncontent_keys_file = %s\n[journal]\npseudonym_key_file = /nowhere/p\n"
                "[keys]\nsign_key_file = %s\n[trust]\ndir = %s\n[ldap]\nca_file = %s\n",
                path("cluster.key"), path("content.keys"), path("sign.p12"), path("other"),
                path("ldap.pem"));
    if (conf_parse(path("shepd.conf"), slice_str(text), &conf, &err) != ST_OK)
        fail_msg("%s", err.text);
    assert_string_equal(look(watch), "");
    put("ldap.pem", "another CA", 0644); /* from now on it is */
    assert_true(strncmp(look(watch), "N file.changed /ldap.pem sha256=", 32) == 0);
    conf_free(conf);
    conf = before;
    assert_string_equal(look(watch), "");
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
    copy_key(); /* no setting names it */
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
            change_key();
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
        assert_int_equal(teardown(NULL), 0);
        assert_int_equal(setup(NULL), 0);
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
        cmocka_unit_test_setup_teardown(what_happens_to_a_file_is_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(what_happened_while_nobody_looked_is_told_at_the_next_start,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_journal_refuses_is_told_by_the_next_look, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_list_that_was_spoilt_is_a_warning_and_begun_anew, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_a_reload_names_or_names_no_more_is_no_news_of_a_file,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(only_what_may_have_changed_is_read_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_with_its_time_set_back_is_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(a_path_with_a_newline_does_not_break_the_list, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_kept_is_for_its_owner_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(the_plain_hash_of_a_secret_is_not_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(a_list_of_the_first_form_is_read_and_kept_anew, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(another_key_of_the_journal_is_one_note, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
