#include "pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

static void need(bool there)
{
    if (!there)
        abort();
}

struct bytes *make_png(uint32_t width, uint32_t height)
{
    png_image image = { .version = PNG_IMAGE_VERSION, .width = width, .height = height };
    png_alloc_size_t size = 0;
    uint8_t *pixels = calloc(width, height);

    need(pixels);
    image.format = PNG_FORMAT_GRAY;
    need(png_image_write_get_memory_size(image, size, 0, pixels, 0, NULL));
    struct bytes *out = bytes_new(size);
    void *at = bytes_extend(out, size);
    need(at && png_image_write_to_memory(&image, at, &size, 0, pixels, 0, NULL));
    free(pixels);
    return out;
}

struct bytes *make_jpeg(uint32_t width, uint32_t height, bool progressive)
{
    struct jpeg_error_mgr errors;
    struct jpeg_compress_struct jpeg = { .err = jpeg_std_error(&errors) };
    unsigned char *at = NULL;
    unsigned long size = 0;
    uint8_t *row = calloc(width, 1);

    need(row);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &at, &size);
    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = 1;
    jpeg.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg.restart_interval = 512; /* RST0–RST7 stand in the coded picture */
    if (progressive)
        jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    for (uint32_t y = 0; y < height; y++) {
        memset(row, (int)(y / 64 * 7 % 256), width);
        (void)jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    struct bytes *out = bytes_dup(slice_mem(at, size));
    need(out);
    free(at);
    free(row);
    return out;
}

static void add_be32(struct bytes *to, uint32_t value)
{
    const uint8_t at[] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                           (uint8_t)value };

    bytes_add(to, slice_mem(at, sizeof(at)));
}

/* By the book, bit after bit: the code under test does it otherwise. */
static uint32_t checksum(struct slice s)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < s.len; i++) {
        crc ^= slice_u8(s)[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    return ~crc;
}

void add_png_chunk(struct bytes *png, const char type[4], struct slice data)
{
    add_be32(png, (uint32_t)data.len);
    const size_t start = png->len;
    bytes_add(png, slice_mem(type, 4));
    bytes_add(png, data);
    add_be32(png, checksum(slice_skip(bytes_slice(png), start)));
    need(!png->failed);
}
