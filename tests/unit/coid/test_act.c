/* Acts: archives made here by libzip, some of them harmed, and the sample in print. */
#include "dump.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "support/cmocka.h"

#include <zip.h>

struct entry {
    const char *name; /* ends with a slash: a directory */
    struct slice content;
};

static void add_entry(zip_t *zip, const struct entry *entry)
{
    const size_t len = strlen(entry->name);

    if (len > 0 && entry->name[len - 1] == '/') {
        assert_true(zip_dir_add(zip, entry->name, ZIP_FL_ENC_GUESS) >= 0);
        return;
    }
    zip_source_t *source = zip_source_buffer(zip, entry->content.at, entry->content.len, 0);
    assert_true(zip_file_add(zip, entry->name, source, ZIP_FL_ENC_GUESS) >= 0);
}

/* password: NULL for none. The caller's. */
static struct bytes *make_zip(const struct entry *entries, size_t n, const char *password)
{
    zip_error_t error;
    zip_stat_t stat;

    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
    assert_non_null(source);
    zip_source_keep(source);
    zip_t *zip = zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &error);
    assert_non_null(zip);
    for (size_t i = 0; i < n; i++)
        add_entry(zip, &entries[i]);
    for (size_t i = 0; password && i < n; i++)
        assert_int_equal(zip_file_set_encryption(zip, i, ZIP_EM_AES_256, password), 0);
    assert_int_equal(zip_close(zip), 0);
    assert_int_equal(zip_source_open(source), 0);
    assert_int_equal(zip_source_stat(source, &stat), 0);
    struct bytes *bytes = bytes_new(stat.size);
    assert_int_equal(zip_source_read(source, bytes_extend(bytes, stat.size), stat.size), stat.size);
    zip_source_close(source);
    zip_source_free(source);
    zip_error_fini(&error);
    return bytes;
}

static struct bytes *answer_with(struct slice zip)
{
    AUTO(bytes_free) struct bytes *text = base64_encode(zip);
    struct bytes *json = bytes_new(text->len + 100);

    bytes_addf(json, "{\"binary\":\"%s\"}", text->at);
    assert_false(json->failed);
    return json;
}

/* What stands behind the line of the ZIP's size. */
static void assert_files(struct slice zip, const char *want)
{
    AUTO(bytes_free) struct bytes *json = answer_with(zip);
    AUTO(bytes_free) struct bytes *got = dump_json(ACT_UNPACKED, bytes_slice(json));
    AUTO(bytes_free) struct bytes *packed = dump_json(ACT, bytes_slice(json));
    char first[64];

    (void)text_format(first, sizeof(first), "zip of %zu bytes\n", zip.len);
    assert_string_equal(packed->at, first);
    if (strncmp(got->at, first, strlen(first)) != 0 || strcmp(got->at + strlen(first), want) != 0)
        fail_msg("read as\n%s\nexpected\n%s", got->at, want);
}

static void assert_damaged(enum told told, struct slice zip, const char *limit, const char *says)
{
    AUTO(bytes_free) struct bytes *json = answer_with(zip);

    assert_spoilt(told, json->at, "binary", limit, says);
}

/* req 3.16 */
static void the_texts_of_an_act_are_read_in_their_order(void **state)
{
    static const struct entry entries[] = {
        { "act_8-8-01_K9000666.txt", SLICE("Акт №1\r\nИтого: 210 000,00\n") },
        { "empty.txt", SLICE("") },
    };
    AUTO(bytes_free) struct bytes *zip = make_zip(entries, COUNT(entries), NULL);

    (void)state;
    assert_files(bytes_slice(zip),
                 "act_8-8-01_K9000666.txt=Акт №1\r\nИтого: 210 000,00\n\nempty.txt=\n");
}

static void what_stands_beside_the_archive_is_handed_on(void **state)
{
    static const struct entry entry = { "a.txt", SLICE("1") };
    AUTO(bytes_free) struct bytes *zip = make_zip(&entry, 1, NULL);
    AUTO(bytes_free) struct bytes *json = answer_with(bytes_slice(zip));
    static const enum told both[] = { ACT, ACT_UNPACKED };

    (void)state;
    json->len--; /* its bracket */
    bytes_add_str(json, ",\"month\":8,\"BINARY\":null,\"signed\":{\"by\":\"НПК\"}}");
    for (size_t i = 0; i < COUNT(both); i++) {
        AUTO(bytes_free) struct bytes *got = dump_json(both[i], bytes_slice(json));

        assert_non_null(strstr(got->at, "\nextra month=8\nextra signed={\"by\":\"НПК\"}\n"));
    }
}

static void a_text_is_read_in_the_charset_in_which_it_was_written(void **state)
{
    static const struct entry entries[] = {
        { "utf8.txt", SLICE("Қазақстан") },
        { "bom.txt", SLICE("\xef\xbb\xbf"
                           "Акт") },
        { "ansi.txt", SLICE("\xc0\xea\xf2 \xb9 1, 100 \x88") },
        { "mixed.txt", SLICE("\xd0\x90 \xc0") }, /* not UTF-8 as a whole */
        { "picture.bin", SLICE("\x89PNG\0\1") },
        { "hole.txt", SLICE("\xc0\x98") }, /* a byte that windows-1251 has not */
    };
    AUTO(bytes_free) struct bytes *zip = make_zip(entries, COUNT(entries), NULL);

    (void)state;
    assert_files(bytes_slice(zip), "utf8.txt=Қазақстан\nbom.txt=Акт\nansi.txt=Акт № 1, 100 €\n"
                                   "mixed.txt=Рђ А\npicture.bin=\nhole.txt=\n");
}

/* Who saves a file by its name writes nowhere else. */
static void a_name_is_the_last_part_of_its_path_and_plain(void **state)
{
    static const struct entry entries[] = {
        { "2021/", SLICE("") },
        { "2021/08/act.txt", SLICE("1") },
        { "../../etc/passwd", SLICE("2") },
        { "C:\\acts\\\xD0\xB0.txt", SLICE("3") },
        { "a\nb\x1b.txt", SLICE("4") },
        { "dir/..", SLICE("5") },
        { "..", SLICE("6") },
        { "\xa0\xaa\xe2.txt", SLICE("7") }, /* «акт» as DOS writes it */
    };
    AUTO(bytes_free) struct bytes *zip = make_zip(entries, COUNT(entries), NULL);

    (void)state;
    assert_files(bytes_slice(zip), "act.txt=1\npasswd=2\n\xD0\xB0.txt=3\na?b?.txt=4\nакт.txt=7\n");
}

static void an_archive_of_nothing_has_no_files(void **state)
{
    (void)state;
    assert_files(SLICE("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "");
}

static void what_unpacks_to_too_much_is_refused(void **state)
{
    enum { MAX = 8 << 20 };
    char *zeros = calloc(1, MAX + 1);
    memset(zeros, '0', MAX + 1);
    const struct entry much[] = { { "a", { zeros, MAX / 2 } }, { "b", { zeros, MAX / 2 } } };
    const struct entry more[] = { { "a", { zeros, MAX / 2 } }, { "b", { zeros, MAX / 2 + 1 } } };
    AUTO(bytes_free) struct bytes *full = make_zip(much, 2, NULL);
    AUTO(bytes_free) struct bytes *bomb = make_zip(more, 2, NULL);
    AUTO(bytes_free) struct bytes *json = answer_with(bytes_slice(full));
    AUTO(bytes_free) struct bytes *got = dump_json(ACT_UNPACKED, bytes_slice(json));

    (void)state;
    assert_null(strstr(got->at, "answerInvalid"));
    assert_true(got->len > MAX);
    assert_damaged(ACT_UNPACKED, bytes_slice(bomb), "8388608 bytes unpacked", "too much");
    free(zeros);
}

static void an_archive_of_more_than_a_hundred_entries_is_refused(void **state)
{
    struct entry entries[101];
    char names[101][8];

    (void)state;
    for (size_t i = 0; i < COUNT(entries); i++) {
        (void)snprintf(names[i], sizeof(names[i]), "%zu", i);
        entries[i] = (struct entry){ names[i], SLICE("x") };
    }
    AUTO(bytes_free) struct bytes *full = make_zip(entries, 100, NULL);
    AUTO(bytes_free) struct bytes *over = make_zip(entries, 101, NULL);
    AUTO(bytes_free) struct bytes *json = answer_with(bytes_slice(full));
    AUTO(bytes_free) struct bytes *got = dump_json(ACT_UNPACKED, bytes_slice(json));

    assert_non_null(strstr(got->at, "\n99=x\n"));
    assert_damaged(ACT_UNPACKED, bytes_slice(over), "100 files", "too many files");
}

static void a_damaged_archive_is_told_apart_and_never_half_read(void **state)
{
    static const struct entry entries[] = {
        { "act.txt", SLICE("a text that is long enough to be deflated, deflated, deflated") },
    };
    AUTO(bytes_free) struct bytes *zip = make_zip(entries, 1, NULL);
    AUTO(bytes_free) struct bytes *locked = make_zip(entries, 1, "secret");
    const struct slice whole = bytes_slice(zip);

    (void)state;
    assert_damaged(ACT_UNPACKED, bytes_slice(locked), "", "damaged ZIP archive: No password");
    for (size_t len = 4; len < whole.len; len++)
        assert_damaged(ACT, (struct slice){ whole.at, len }, "", "damaged ZIP archive: ");
    zip->at[30 + 7 + 5] ^= 1; /* in the coded text */
    assert_damaged(ACT_UNPACKED, whole, "", "damaged ZIP archive: ");
}

static void what_is_no_archive_is_refused_without_opening_it(void **state)
{
    (void)state;
    assert_damaged(ACT, SLICE("%PDF-1.7"), "", "is no ZIP archive");
    assert_damaged(ACT, SLICE("PK"), "", "is no ZIP archive");
    assert_spoilt(ACT, "{'binary':'UEsD***='}", "binary", "", "not base64");
    assert_spoilt(ACT, "{'binary':''}", "binary", "", "missing");
    assert_spoilt(ACT, "{'binary':null}", "binary", "", "missing");
    assert_spoilt(ACT, "{'binary':7}", "binary", "", "cannot be read");
    assert_spoilt(ACT, "{}", "binary", "", "missing");
    assert_spoilt(ACT, "['UEsDBA==']", "binary", "", "no JSON object");
}

/* The base64 of 003 9.8, as it is printed. The caller's; NULL: not at hand. */
static struct bytes *sample(void)
{
    const char *shared = secure_getenv("SHEP_SHARED");
    AUTO(bytes_free) struct bytes *all = bytes_new(1 << 16);
    struct bytes *text = bytes_new(1 << 16);
    char path[512], line[1024];

    (void)snprintf(path, sizeof(path), "%s/seeds/003_dea162bcb84a318b.txt",
                   shared ? shared : "../shared");
    FILE *file = fopen(path, "rbe");
    if (!file) {
        print_message("SKIP: no ../shared\n");
        bytes_free(text);
        return NULL;
    }
    while (fgets(line, sizeof(line), file))
        bytes_add_str(all, line);
    (void)fclose(file);
    const char *at = strstr(all->at, "\"binary\": \""), *end;
    assert_non_null(at);
    at += strlen("\"binary\": \"");
    end = strchr(at, '"');
    for (; at < end; at++)
        if (*at != '\n' && *at != '\r')
            bytes_add(text, (struct slice){ at, 1 });
    return text;
}

/* req 3.16: it was damaged in print, in its first letters and behind them */
static void the_sample_in_print_is_refused_with_a_reason(void **state)
{
    AUTO(bytes_free) struct bytes *text = sample();
    AUTO(bytes_free) struct bytes *json = bytes_new(1 << 16);

    (void)state;
    if (!text)
        return;
    assert_memory_equal(text->at, "UESD", 4);
    bytes_addf(json, "{\"binary\":\"%s\"}", text->at);
    assert_spoilt(ACT, json->at, "binary", "", "is no ZIP archive");
    strstr(json->at, "UESD")[2] = 's';
    assert_spoilt(ACT, json->at, "binary", "", "is a damaged ZIP archive: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_texts_of_an_act_are_read_in_their_order),
        cmocka_unit_test(what_stands_beside_the_archive_is_handed_on),
        cmocka_unit_test(a_text_is_read_in_the_charset_in_which_it_was_written),
        cmocka_unit_test(a_name_is_the_last_part_of_its_path_and_plain),
        cmocka_unit_test(an_archive_of_nothing_has_no_files),
        cmocka_unit_test(what_unpacks_to_too_much_is_refused),
        cmocka_unit_test(an_archive_of_more_than_a_hundred_entries_is_refused),
        cmocka_unit_test(a_damaged_archive_is_told_apart_and_never_half_read),
        cmocka_unit_test(what_is_no_archive_is_refused_without_opening_it),
        cmocka_unit_test(the_sample_in_print_is_refused_with_a_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
