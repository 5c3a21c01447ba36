/* Places in the archive: what is moved there leaves another folder, so each new folder is on the
 * disk first, the archive's own one too. req 0.51 */
#include "support/cmocka.h"

#include "base/text.h"
#include "journal/archive_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SYNCED_MAX = 16 };
static ino_t synced[SYNCED_MAX];
static size_t synced_count;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    struct stat st;

    if (synced_count < SYNCED_MAX && fstat(fd, &st) == 0)
        synced[synced_count++] = st.st_ino;
    return __real_fsync(fd);
}

static void assert_synced(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    for (size_t i = 0; i < synced_count; i++)
        if (synced[i] == st.st_ino)
            return;
    fail_msg("%s was not synced", path);
}

static void each_new_folder_is_on_the_disk(void **state)
{
    char root[] = "/tmp/shep-archive-XXXXXX", archive[64], instance[96], month[128];
    int instance_fd = -1, month_fd = -1;
    struct err err = { 0 };

    (void)state;
    assert_non_null(mkdtemp(root));
    text_format(archive, sizeof(archive), "%s/archive", root);
    text_format(instance, sizeof(instance), "%s/node1", archive);
    text_format(month, sizeof(month), "%s/2026-11", instance);
    assert_int_equal(archive_open_instance(archive, "node1", true, &instance_fd, &err), ST_OK);
    assert_int_equal(archive_open_month(instance_fd, 202611, &month_fd, &err), ST_OK);
    assert_synced(root);
    assert_synced(archive);
    assert_synced(instance);
    synced_count = 0; /* those that are there need it no more */
    close(month_fd);
    assert_int_equal(archive_open_month(instance_fd, 202611, &month_fd, &err), ST_OK);
    assert_int_equal(synced_count, 0);
    close(month_fd);
    close(instance_fd);
    assert_true(rmdir(month) == 0 && rmdir(instance) == 0 && rmdir(archive) == 0 &&
                rmdir(root) == 0);
}

static void an_instance_is_a_folders_name_and_leads_nowhere_else(void **state)
{
    static const char *const bad[] = { "",     ".",       "..",   "../x",   "a/b",
                                       "/etc", ".hidden", "a\nb", "a b",    "узел",
                                       "a\\b", "-/../x",  "a;b",  "a%2f..", "~" };
    struct err err = { 0 };
    int fd = -1;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(archive_is_instance(bad[i]));
        assert_int_equal(archive_open_instance("/tmp", bad[i], true, &fd, &err), ST_INPUT);
    }
    assert_true(archive_is_instance("node1.ctl") && archive_is_instance("A_b-3"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_new_folder_is_on_the_disk),
        cmocka_unit_test(an_instance_is_a_folders_name_and_leads_nowhere_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
