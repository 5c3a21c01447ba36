#include "coid/image.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h> /* jpeglib.h wants it first */

#include <jpeglib.h>
/* behind the above */
#include <jerror.h>
#include <png.h>

enum {
    SHORT_SIDE_MIN = 480, /* pixels, rule 5 */
    LONG_SIDE_MIN = 640,
    SIDE_MAX = 4096,
    WHY = JMSG_LENGTH_MAX, /* a library's own words */
};

typedef enum status read_picture(struct slice photo, struct image *ret, struct err *err);

static read_picture read_png, read_jpeg;

static const struct kind {
    const char *content_type;
    struct slice begins;
    read_picture *read;
} kinds[] = {
    { "image/png", { "\x89PNG\r\n\x1a\n", 8 }, read_png },
    { "image/jpeg", { "\xff\xd8\xff", 3 }, read_jpeg },
};

static const struct kind *kind_of(struct slice photo)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (slice_starts(photo, kinds[i].begins))
            return &kinds[i];
    return NULL;
}

const char *image_type(struct slice photo)
{
    const struct kind *kind = kind_of(photo);

    return kind ? kind->content_type : "application/octet-stream";
}

static enum status broken(struct err *err, const char *why)
{
    return RAISE_CAUSE(err, ST_INPUT, "imageBroken", "photo", NULL, "the photo is broken: %s", why);
}

/* ---- PNG (W3C PNG, third edition, section 5) ---- */

static uint32_t be32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* PNG's own CRC-32 (its annex D), four bits at a time. */
static uint32_t crc32_of(struct slice s)
{
    static const uint32_t nibbles[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < s.len; i++) {
        crc ^= slice_u8(s)[i];
        crc = nibbles[crc & 15] ^ crc >> 4;
        crc = nibbles[crc & 15] ^ crc >> 4;
    }
    return ~crc;
}

/* A chunk whose first letter is small is no part of the picture: its checksum does not matter. */
static bool is_chunk_right(struct slice typed, uint32_t checksum)
{
    return (typed.at[0] & 0x20) != 0 || crc32_of(typed) == checksum;
}

/* Every chunk up to IEND, NULL; or what is wrong with them. */
static const char *png_damage(struct slice photo)
{
    enum { AROUND = 12, TYPE = 4 }; /* length, type and checksum; the type alone */
    struct slice s = slice_skip(photo, kinds[0].begins.len);
    bool has_data = false;

    while (s.len >= AROUND) {
        const uint8_t *at = slice_u8(s);
        const size_t len = be32(at);
        const struct slice type = { s.at + 4, TYPE };

        if (len > s.len - AROUND)
            return "it ends in the middle";
        if (!is_chunk_right((struct slice){ type.at, TYPE + len }, be32(at + 8 + len)))
            return "a checksum is wrong";
        if (slice_eq(type, SLICE("IEND")))
            return has_data ? NULL : "it holds no picture";
        has_data = has_data || slice_eq(type, SLICE("IDAT"));
        s = slice_skip(s, AROUND + len);
    }
    return "it ends in the middle";
}

struct png_source {
    struct slice left;
    char why[WHY];
};

static void png_feed(png_structp png, png_bytep to, size_t len)
{
    struct png_source *source = png_get_io_ptr(png);

    if (len > source->left.len)
        png_error(png, "it ends in the header");
    memcpy(to, source->left.at, len);
    source->left = slice_skip(source->left, len);
}

static void png_fail(png_structp png, png_const_charp why)
{
    struct png_source *source = png_get_error_ptr(png);

    (void)text_copy(source->why, sizeof(source->why), why);
    png_longjmp(png, 1);
}

static void png_ignore(png_structp png, png_const_charp warning)
{
    (void)png;
    (void)warning;
}

/* false: libpng came back by longjmp. Nothing of ours is between the two, so nothing is lost. */
static bool png_read_header(png_structp png, png_infop info)
{
    if (setjmp(png_jmpbuf(png)) != 0)
        return false;
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1); /* only what is needed */
    png_read_info(png, info);
    return true;
}

static enum status read_png(struct slice photo, struct image *ret, struct err *err)
{
    const char *damage = png_damage(photo);
    struct png_source source = { .left = photo };

    if (damage)
        return broken(err, damage);
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, png_fail, png_ignore);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_read_struct(&png, NULL, NULL);
        return RAISE(err, ST_NOMEM, "libpng: out of memory");
    }
    png_set_read_fn(png, &source, png_feed);
    bool ok = png_read_header(png, info);
    ret->width = png_get_image_width(png, info);
    ret->height = png_get_image_height(png, info);
    png_destroy_read_struct(&png, &info, NULL);
    return ok ? ST_OK : broken(err, source.why);
}

/* ---- JPEG (ITU-T T.81 annex B) ---- */

/* The next marker's second byte, s behind it; -1: there is none. What is no marker is skipped: the
 * coded picture, stuffed zeros, fill bytes, and the rubbish some cameras leave. */
static int take_marker(struct slice *s)
{
    while (s->len >= 2) {
        const int first = slice_u8(*s)[0], second = slice_u8(*s)[1];

        if (first == 0xff && second != 0x00 && second != 0xff) {
            *s = slice_skip(*s, 2);
            return second;
        }
        *s = slice_skip(*s, first == 0xff && second == 0x00 ? 2 : 1);
    }
    return -1;
}

static bool stands_alone(int marker)
{
    return marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8); /* TEM, RST0–RST7, SOI */
}

/* Every segment up to EOI, NULL; or what is wrong with them. */
static const char *jpeg_damage(struct slice photo)
{
    enum { SOS = 0xda, EOI = 0xd9 };
    struct slice s = photo;
    bool has_scan = false;

    for (int marker = take_marker(&s); marker >= 0; marker = take_marker(&s)) {
        if (marker == EOI)
            return has_scan ? NULL : "it holds no picture";
        if (stands_alone(marker))
            continue;
        const size_t len = s.len < 2 ? 0 : (size_t)slice_u8(s)[0] << 8 | slice_u8(s)[1];
        if (len < 2 || len > s.len)
            break;
        has_scan = has_scan || marker == SOS;
        s = slice_skip(s, len);
    }
    return "it ends in the middle";
}

struct jpeg_errors {
    struct jpeg_error_mgr manager; /* first: libjpeg knows only this */
    jmp_buf out;
    char why[WHY];
};

static void jpeg_fail(j_common_ptr jpeg)
{
    struct jpeg_errors *errors = (struct jpeg_errors *)jpeg->err;

    errors->manager.format_message(jpeg, errors->why);
    longjmp(errors->out, 1);
}

static void jpeg_warn(j_common_ptr jpeg, int level)
{
    (void)jpeg;
    (void)level;
}

static void jpeg_print(j_common_ptr jpeg)
{
    (void)jpeg;
}

/* false: libjpeg came back by longjmp, as above. */
static bool jpeg_read(struct jpeg_decompress_struct *jpeg, struct jpeg_errors *errors,
                      struct slice photo)
{
    if (setjmp(errors->out) != 0)
        return false;
    jpeg_create_decompress(jpeg);
    jpeg_mem_src(jpeg, slice_u8(photo), photo.len);
    return jpeg_read_header(jpeg, TRUE) == JPEG_HEADER_OK;
}

static enum status read_jpeg(struct slice photo, struct image *ret, struct err *err)
{
    const char *damage = jpeg_damage(photo);
    struct jpeg_errors errors = { .why = "" };
    struct jpeg_decompress_struct jpeg = { .err = jpeg_std_error(&errors.manager) };

    if (damage)
        return broken(err, damage);
    errors.manager.error_exit = jpeg_fail;
    errors.manager.emit_message = jpeg_warn;
    errors.manager.output_message = jpeg_print;
    bool ok = jpeg_read(&jpeg, &errors, photo);
    bool no_memory = errors.manager.msg_code == JERR_OUT_OF_MEMORY;
    ret->width = jpeg.image_width;
    ret->height = jpeg.image_height;
    jpeg_destroy_decompress(&jpeg);
    if (!ok && no_memory)
        return RAISE(err, ST_NOMEM, "libjpeg: out of memory");
    return ok ? ST_OK : broken(err, errors.why);
}

/* ---- what is asked of both ---- */

static enum status check_sides(const struct image *image, struct err *err)
{
    const bool wide = image->width > image->height;
    const uint32_t longer = wide ? image->width : image->height;
    const uint32_t shorter = wide ? image->height : image->width;

    if (shorter < SHORT_SIDE_MIN || longer < LONG_SIDE_MIN)
        return RAISE_CAUSE(err, ST_INPUT, "imageTooSmall", "photo", "640x480 pixels",
                           "the photo has %ux%u pixels: rule 5 of annex 1 wants at least %dx%d",
                           image->width, image->height, LONG_SIDE_MIN, SHORT_SIDE_MIN);
    if (longer > SIDE_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "imageTooLarge", "photo", "4096x4096 pixels",
                           "the photo has %ux%u pixels: rule 5 of annex 1 wants at most %dx%d",
                           image->width, image->height, SIDE_MAX, SIDE_MAX);
    return ST_OK;
}

enum status image_check(struct slice photo, size_t max_bytes, struct image *ret, struct err *err)
{
    const struct kind *kind = kind_of(photo);
    struct image image = { 0 };
    char limit[32];

    (void)text_format(limit, sizeof(limit), "%zu bytes", max_bytes);
    if (photo.len > max_bytes)
        return RAISE_CAUSE(err, ST_INPUT, "photoTooLarge", "photo", limit,
                           "the photo has %zu bytes, at most %zu are taken", photo.len, max_bytes);
    if (!kind)
        return RAISE_CAUSE(err, ST_INPUT, "imageType", "photo", "image/png, image/jpeg",
                           "the photo is neither PNG nor JPEG, by its content");
    image.content_type = kind->content_type;
    TRY(kind->read(photo, &image, err));
    TRY(check_sides(&image, err));
    *ret = image;
    return ST_OK;
}
