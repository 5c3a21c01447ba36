#include "coid/image.h"

#include "pictures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { MAX_PHOTO = 1 << 20 };

/* The code of the refusal; "" when the photo is taken. */
static const char *verdict(struct slice photo, struct image *ret, struct err *err)
{
    const enum status got = image_check(photo, MAX_PHOTO, ret, err);

    if (got == ST_OK)
        return "";
    assert_int_equal(got, ST_INPUT);
    assert_string_equal(err->field, "photo");
    return err->code;
}

static void assert_refused(const char *what, struct slice photo, const char *code, const char *says)
{
    struct image image = { .width = 7 };
    struct err err = { 0 };
    const char *got = verdict(photo, &image, &err);

    if (strcmp(got, code) != 0 || !strstr(err.text, says))
        fail_msg("%s: \"%s\", %s", what, got, err.text);
    assert_int_equal(image.width, 7); /* written only when the photo is taken */
}

static const struct size {
    uint32_t width, height;
    const char *code, *limit; /* "": taken */
} sizes[] = {
    { 640, 480, "", "" },
    { 480, 640, "", "" },
    { 4096, 4096, "", "" },
    { 480, 4096, "", "" },
    { 1920, 1080, "", "" },
    { 639, 480, "imageTooSmall", "640x480 pixels" },
    { 639, 639, "imageTooSmall", "640x480 pixels" },
    { 640, 479, "imageTooSmall", "640x480 pixels" },
    { 479, 640, "imageTooSmall", "640x480 pixels" },
    { 479, 4096, "imageTooSmall", "640x480 pixels" },
    { 1, 1, "imageTooSmall", "640x480 pixels" },
    { 4097, 480, "imageTooLarge", "4096x4096 pixels" },
    { 640, 4097, "imageTooLarge", "4096x4096 pixels" },
};

static void assert_size(const struct size *c, const char *type, struct slice photo)
{
    struct image image = { 0 };
    struct err err = { 0 };

    assert_string_equal(image_type(photo), type);
    assert_string_equal(verdict(photo, &image, &err), c->code);
    assert_string_equal(err.limit, c->limit);
    if (c->code[0] != '\0') {
        assert_non_null(strstr(err.text, "rule 5 "));
        return;
    }
    assert_string_equal(image.content_type, type);
    assert_int_equal(image.width, c->width);
    assert_int_equal(image.height, c->height);
}

/* req 2.08, req 2.31: whatever way the telephone was held */
static void the_sides_of_rule_5_are_held_for_each_kind_and_position(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const struct size *c = &sizes[i];
        AUTO(bytes_free) struct bytes *png = make_png(c->width, c->height);
        AUTO(bytes_free) struct bytes *jpeg = make_jpeg(c->width, c->height, false);
        AUTO(bytes_free) struct bytes *scans = make_jpeg(c->width, c->height, true);

        assert_size(c, "image/png", bytes_slice(png));
        assert_size(c, "image/jpeg", bytes_slice(jpeg));
        assert_size(c, "image/jpeg", bytes_slice(scans));
    }
}

static void what_is_neither_png_nor_jpeg_is_told_by_its_content(void **state)
{
    static const struct slice others[] = {
        SLICE(""),
        SLICE("\x89PNG"),
        SLICE("\xff\xd8"),
        SLICE("GIF89a\x80\x02\xe0\x01"),
        SLICE("BM\x36\x10\x0e\0\0\0"),
        SLICE("RIFF\x24\0\0\0WEBPVP8 "),
        SLICE("II*\0\x08\0\0\0"),
        SLICE("\0\0\0\x1c"
              "ftypheic"),
        SLICE("%PDF-1.7"),
        SLICE("/9j/4AAQSkZJRgABAQAAAQABAAD/"), /* base64 twice */
        SLICE("<svg xmlns='http://www.w3.org/2000/svg'/>"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_refused(others[i].at, others[i], "imageType", "neither PNG nor JPEG");
        assert_string_equal(image_type(others[i]), "application/octet-stream");
    }
}

static void a_photo_over_the_ceiling_of_bytes_is_refused_before_it_is_read(void **state)
{
    AUTO(bytes_free) struct bytes *png = make_png(640, 480);
    struct image image;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(image_check(bytes_slice(png), png->len, &image, &err), ST_OK);
    assert_int_equal(image_check(bytes_slice(png), png->len - 1, &image, &err), ST_INPUT);
    assert_string_equal(err.code, "photoTooLarge");
    assert_string_equal(err.field, "photo");
    assert_int_equal(strtoul(err.limit, NULL, 10), png->len - 1);
    assert_non_null(strstr(err.limit, " bytes"));
}

/* A half of a picture would be paid for. A beginning shorter than the kind's mark is of no kind. */
static void no_beginning_of_a_picture_is_taken_for_a_whole_one(void **state)
{
    struct bytes *made[] = { make_png(640, 480), make_jpeg(640, 480, false),
                             make_jpeg(640, 480, true) };

    (void)state;
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        const struct slice whole = bytes_slice(made[i]);
        assert_true(whole.len < 20000); /* else this takes long */
        for (size_t len = 8; len < whole.len; len++)
            assert_refused("a beginning", (struct slice){ whole.at, len }, "imageBroken",
                           "the photo is broken: ");
        bytes_free(made[i]);
    }
}

static void what_stands_behind_the_end_of_a_picture_does_not_matter(void **state)
{
    struct bytes *made[] = { make_png(640, 480), make_jpeg(640, 480, false) };
    struct image image;
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        AUTO(bytes_free) struct bytes *more = bytes_new(made[i]->len + 100);
        bytes_add(more, bytes_slice(made[i]));
        bytes_add(more, SLICE("\0\0SEFT and what cameras put here \xff\xd8\xff"));
        assert_string_equal(verdict(bytes_slice(more), &image, &err), "");
        bytes_free(made[i]);
    }
}

/* Every byte of a PNG with the chunks of the picture alone is under its checksums. */
static void a_png_with_any_byte_changed_is_broken(void **state)
{
    AUTO(bytes_free) struct bytes *png = make_png(640, 480);

    (void)state;
    for (size_t i = 8; i < png->len; i++) {
        if (i == 8 + 25) /* make_png() puts ancillary chunks between IHDR and IDAT */
            while (memcmp(png->at + i + 4, "IDAT", 4) != 0)
                i += 12 + (uint8_t)png->at[i + 3];
        png->at[i] ^= 0x10;
        assert_refused("a changed byte", bytes_slice(png), "imageBroken", "the photo is broken: ");
        png->at[i] ^= 0x10;
    }
}

static const struct slice signature = { "\x89PNG\r\n\x1a\n", 8 };

/* Chunks as listed by their letters, checksums right. */
static struct bytes *put_together(const char *order, struct slice header)
{
    struct bytes *png = bytes_new(4096);

    bytes_add(png, signature);
    for (; *order; order++) {
        if (*order == 'H')
            add_png_chunk(png, "IHDR", header);
        if (*order == 'D')
            add_png_chunk(png, "IDAT", SLICE("\x78\x9c\x63\0\0\0\1\0\1"));
        if (*order == 't')
            add_png_chunk(png, "tEXt", SLICE("Comment\0words"));
        if (*order == 'E')
            add_png_chunk(png, "IEND", SLICE(""));
    }
    return png;
}

#define IHDR(width, height, rest) SLICE("\0\0" width "\0\0" height rest)
#define GREY8 "\x08\0\0\0\0"

static void a_png_is_put_together_as_its_standard_says(void **state)
{
    static const struct {
        const char *name, *order;
        struct slice header;
        const char *code, *says;
    } cases[] = {
        { "right", "HDE", IHDR("\2\x80", "\1\xe0", GREY8), "", "" },
        { "with words", "HtDtE", IHDR("\2\x80", "\1\xe0", GREY8), "", "" },
        { "no header", "DE", IHDR("\2\x80", "\1\xe0", GREY8), "imageBroken", "IHDR" },
        { "no picture", "HE", IHDR("\2\x80", "\1\xe0", GREY8), "imageBroken", "no picture" },
        { "no end", "HD", IHDR("\2\x80", "\1\xe0", GREY8), "imageBroken", "ends in the middle" },
        { "picture behind the end", "HED", IHDR("\2\x80", "\1\xe0", GREY8), "imageBroken",
          "no picture" },
        { "no width", "HDE", IHDR("\0\0", "\1\xe0", GREY8), "imageBroken", "IHDR" },
        { "3 bits a pixel", "HDE", IHDR("\2\x80", "\1\xe0", "\x03\0\0\0\0"), "imageBroken",
          "IHDR" },
        { "short header", "HDE", SLICE("\0\0\2\x80"), "imageBroken", "invalid" },
        { "two thousand million", "HDE", SLICE("\x7f\xff\xff\xff\x7f\xff\xff\xff" GREY8),
          "imageBroken", "IHDR" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(bytes_free) struct bytes *png = put_together(cases[i].order, cases[i].header);
        struct image image;
        struct err err = { 0 };

        if (cases[i].code[0])
            assert_refused(cases[i].name, bytes_slice(png), cases[i].code, cases[i].says);
        else
            assert_string_equal(verdict(bytes_slice(png), &image, &err), "");
    }
}

/* A checksum over words that are no part of the picture is not what a photo is refused for. */
static void a_wrong_checksum_beside_the_picture_is_let_pass(void **state)
{
    AUTO(bytes_free) struct bytes *png = put_together("HtDE", IHDR("\2\x80", "\1\xe0", GREY8));
    char *words = memmem(png->at, png->len, "words", 5);
    struct image image;
    struct err err = { 0 };

    (void)state;
    *words = 'W';
    assert_string_equal(verdict(bytes_slice(png), &image, &err), "");
}

/* The EXIF of a telephone holds a whole small JPEG, with an end of its own. */
static void the_end_of_a_thumbnail_is_not_the_end_of_the_picture(void **state)
{
    AUTO(bytes_free) struct bytes *jpeg = make_jpeg(640, 480, false);
    AUTO(bytes_free) struct bytes *small = make_jpeg(16, 16, false);
    AUTO(bytes_free) struct bytes *both = bytes_new(1 << 16);
    const size_t len = small->len + 2;
    const char app1[] = { '\xff', '\xe1', (char)(len >> 8), (char)len };
    struct image image;
    struct err err = { 0 };

    (void)state;
    bytes_add(both, (struct slice){ jpeg->at, 2 });
    bytes_add(both, slice_mem(app1, sizeof(app1)));
    bytes_add(both, bytes_slice(small));
    bytes_add(both, slice_skip(bytes_slice(jpeg), 2));
    assert_string_equal(verdict(bytes_slice(both), &image, &err), "");
    assert_int_equal(image.width, 640);
    assert_refused("half", (struct slice){ both->at, both->len - 100 }, "imageBroken", "middle");
}

#define SOF(rest) "\xff\xc0\0\x0b" rest "\1\1\x11\0"
#define SCAN "\xff\xda\0\x08\1\1\0\0\x3f\0\x12\x34\xff\0\x56"

static void a_jpeg_is_put_together_as_its_standard_says(void **state)
{
    static const struct {
        const char *name;
        struct slice jpeg;
        const char *code, *says;
    } cases[] = {
        { "right", SLICE("\xff\xd8" SOF("\x08\1\xe0\2\x80") SCAN "\xff\xd9"), "", "" },
        { "fill bytes and rubbish",
          SLICE("\xff\xd8\xff\xff" SOF("\x08\1\xe0\2\x80") "??\xff" SCAN "\xff\xff\xd9"), "", "" },
        { "no scan", SLICE("\xff\xd8" SOF("\x08\1\xe0\2\x80") "\xff\xd9"), "imageBroken",
          "no picture" },
        { "no end", SLICE("\xff\xd8" SOF("\x08\1\xe0\2\x80") SCAN), "imageBroken", "middle" },
        { "no frame", SLICE("\xff\xd8" SCAN "\xff\xd9"), "imageBroken", "SOS before SOF" },
        { "no height", SLICE("\xff\xd8" SOF("\x08\0\0\2\x80") SCAN "\xff\xd9"), "imageBroken",
          "Empty JPEG" },
        { "a length of one", SLICE("\xff\xd8\xff\xe0\0\1" SCAN "\xff\xd9"), "imageBroken",
          "middle" },
        { "a length beyond the end", SLICE("\xff\xd8\xff\xe0\xff\xff" SCAN "\xff\xd9"),
          "imageBroken", "middle" },
        { "nothing but the end", SLICE("\xff\xd8\xff\xd9"), "imageBroken", "no picture" },
        { "lossless", SLICE("\xff\xd8\xff\xc3\0\x0b\x08\1\xe0\2\x80\1\1\x11\0" SCAN "\xff\xd9"),
          "imageBroken", "Unsupported" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct image image;
        struct err err = { 0 };

        if (cases[i].code[0])
            assert_refused(cases[i].name, cases[i].jpeg, cases[i].code, cases[i].says);
        else if (verdict(cases[i].jpeg, &image, &err)[0] || image.width != 640 ||
                 image.height != 480)
            fail_msg("%s: %s", cases[i].name, err.text);
    }
}

/* What the libraries warn of, and what they fail at. */
static void make_them_talk(void)
{
    AUTO(bytes_free) struct bytes *png = put_together("HtDE", IHDR("\0\0", "\1\xe0", GREY8));
    const struct slice loud[] = {
        bytes_slice(png),
        SLICE("\xff\xd8??\xff" SOF("\x08\1\xe0\2\x80") SCAN "\xff\xd9"),
        SLICE("\xff\xd8" SCAN "\xff\xd9"),
    };

    for (size_t i = 0; i < sizeof(loud) / sizeof(loud[0]); i++) {
        struct image image;
        struct err err;
        (void)verdict(loud[i], &image, &err);
    }
}

static void the_libraries_print_nothing(void **state)
{
    char name[] = "/tmp/test_image.XXXXXX";
    const int fd = mkstemp(name);
    const int before = dup(STDERR_FILENO);

    (void)state;
    assert_true(fd >= 0 && before >= 0 && unlink(name) == 0);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
    make_them_talk();
    (void)fflush(stderr);
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    assert_int_equal(lseek(fd, 0, SEEK_END), 0);
    assert_true(close(fd) == 0 && close(before) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sides_of_rule_5_are_held_for_each_kind_and_position),
        cmocka_unit_test(what_is_neither_png_nor_jpeg_is_told_by_its_content),
        cmocka_unit_test(a_photo_over_the_ceiling_of_bytes_is_refused_before_it_is_read),
        cmocka_unit_test(no_beginning_of_a_picture_is_taken_for_a_whole_one),
        cmocka_unit_test(what_stands_behind_the_end_of_a_picture_does_not_matter),
        cmocka_unit_test(a_png_with_any_byte_changed_is_broken),
        cmocka_unit_test(a_png_is_put_together_as_its_standard_says),
        cmocka_unit_test(a_wrong_checksum_beside_the_picture_is_let_pass),
        cmocka_unit_test(the_end_of_a_thumbnail_is_not_the_end_of_the_picture),
        cmocka_unit_test(a_jpeg_is_put_together_as_its_standard_says),
        cmocka_unit_test(the_libraries_print_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
