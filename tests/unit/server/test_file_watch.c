/* What happens to the configuration and its files stands in the journal (req 0.37). Real files, a
 * journal that is a fake. */
#include "support/cmocka.h"

#include "base/text.h"
#include "watched_world.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

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
            assert_int_equal(world_teardown(NULL), 0);
            assert_int_equal(world_setup(NULL), 0);
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_happens_to_a_file_is_told_once, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(what_happened_while_nobody_looked_is_told_at_the_next_start,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_the_journal_refuses_is_told_by_the_next_look,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_a_reload_names_or_names_no_more_is_no_news_of_a_file,
                                        world_setup, world_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
