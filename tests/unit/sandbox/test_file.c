/* Files with secrets and photos in them, in folders that others may write to. */
#include "unit/sandbox/fixture.h"

#include "base/text.h"
#include "sandbox/file.h"

#include <sys/stat.h>
#include <unistd.h>

/* What somebody put where we are about to write is not written through, and its mode does not
 * count. */
static void a_file_is_never_written_into_what_stood_in_its_way(void **state)
{
    char folder[] = "/tmp/shep-file-XXXXXX", path[64], beside[96], victim[64];
    struct bytes *read = NULL;
    struct stat st;
    struct err err;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)text_format(path, sizeof(path), "%s/photo", folder);
    (void)text_format(victim, sizeof(victim), "%s/victim", folder);
    (void)text_format(beside, sizeof(beside), "%s.%ld.new", path, (long)getpid());
    assert_ok(file_write(victim, SLICE("victim"), 0666, &err), &err);
    for (int is_link = 0; is_link < 2; is_link++) {
        assert_int_equal(is_link ? symlink(victim, beside) : link(victim, beside), 0);
        assert_ok(file_write(path, SLICE("a face"), 0600, &err), &err);
        assert_ok(file_read(victim, 100, &read, &err), &err);
        assert_string_equal(read->at, "victim");
        bytes_free(TAKE(read));
        assert_int_equal(lstat(path, &st), 0);
        assert_true(S_ISREG(st.st_mode));
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_int_equal(st.st_nlink, 1);
        assert_int_not_equal(access(beside, F_OK), 0);
    }
    assert_int_equal(unlink(path) + unlink(victim) + rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_never_written_into_what_stood_in_its_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
