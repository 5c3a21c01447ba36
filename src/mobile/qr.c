/* QR pictures by libqrencode: one grid of modules, drawn as PNG, SVG and terminal blocks. */
#include "mobile/qr.h"

#include <png.h>
#include <qrencode.h>
#include <stdbool.h>

/* ISO/IEC 18004 demands the quiet zone; TEXT_MAX is version 40-M in byte mode. */
enum {
    QUIET = 4,
    PICTURE_PX = 300,
    TEXT_MAX = 2331,
    PNG_MAX = 1 << 20,
    PIXELS_MAX = 1 << 20,
    DRAWING_MAX = 4 << 20
};

DEFINE_AUTO(QRcode, QRcode_free)

/* NULL: err says why. */
static QRcode *encode(const char *text, struct err *err)
{
    struct slice s = slice_str(text);
    QRcode *code;

    if (s.len == 0 || s.len > TEXT_MAX) {
        (void)RAISE_CAUSE(err, ST_INPUT, "qrTextInvalid", "QR text", "1..2331 bytes",
                          "a QR code holds 1 to %d bytes, not %zu", TEXT_MAX, s.len);
        return NULL;
    }
    code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (!code)
        (void)RAISE(err, ST_NOMEM, "QR code");
    return code;
}

/* Dark module at x, y, counted from the outer corner of the quiet zone. */
static bool dark(const QRcode *code, int x, int y)
{
    x -= QUIET;
    y -= QUIET;
    if (x < 0 || y < 0 || x >= code->width || y >= code->width)
        return false;
    return code->data[y * code->width + x] & 1;
}

static int side_of(const QRcode *code)
{
    return code->width + 2 * QUIET;
}

static enum status write_png(const uint8_t *pixels, int side, struct bytes **ret_png,
                             struct err *err)
{
    static const uint8_t palette[] = { 255, 255, 255, 0, 0, 0 }; /* two colours: 1 bit a pixel */
    AUTO(bytes_free) struct bytes *out = bytes_new(PNG_MAX);
    png_alloc_size_t size = 0;
    png_image image = {
        .version = PNG_IMAGE_VERSION,
        .width = (png_uint_32)side,
        .height = (png_uint_32)side,
        .format = PNG_FORMAT_RGB_COLORMAP,
        .colormap_entries = 2,
    };
    char *at;

    if (!png_image_write_get_memory_size(image, size, 0, pixels, 0, palette))
        return RAISE(err, ST_INTERNAL, "libpng: %s", image.message);
    at = out ? bytes_extend(out, size) : NULL;
    if (!at)
        return RAISE(err, ST_NOMEM, "PNG of %zu bytes", (size_t)size);
    if (!png_image_write_to_memory(&image, at, &size, 0, pixels, 0, palette))
        return RAISE(err, ST_INTERNAL, "libpng: %s", image.message);
    *ret_png = TAKE(out);
    return ST_OK;
}

enum status qr_png(const char *text, struct bytes **ret_png, struct err *err)
{
    AUTO(QRcode_free) QRcode *code = encode(text, err);
    AUTO(bytes_free) struct bytes *pixels = NULL;
    char *at;
    int side, scale, width;

    if (!code)
        return err->status;
    side = side_of(code);
    scale = side < PICTURE_PX ? (PICTURE_PX + side / 2) / side : 1;
    if (scale < 2)
        scale = 2; /* a module of one pixel does not survive a screen */
    width = side * scale;
    pixels = bytes_new(PIXELS_MAX);
    at = pixels ? bytes_extend(pixels, (size_t)width * (size_t)width) : NULL;
    if (!at)
        return RAISE(err, ST_NOMEM, "picture of %d by %d", width, width);
    for (int y = 0; y < width; y++)
        for (int x = 0; x < width; x++)
            *at++ = dark(code, x / scale, y / scale) ? 1 : 0;
    return write_png(slice_u8(bytes_slice(pixels)), width, ret_png, err);
}

enum status qr_svg(const char *text, struct bytes **ret_svg, struct err *err)
{
    AUTO(QRcode_free) QRcode *code = encode(text, err);
    AUTO(bytes_free) struct bytes *svg = bytes_new(DRAWING_MAX);
    int side;

    if (!svg)
        return RAISE(err, ST_NOMEM, "SVG");
    if (!code)
        return err->status;
    side = side_of(code);
    bytes_addf(svg,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
               "viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
               "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path fill=\"#000\" d=\"",
               PICTURE_PX, PICTURE_PX, side, side, side, side);
    for (int y = 0; y < side; y++)
        for (int x = 0, run; x < side; x += run + 1) {
            for (run = 0; dark(code, x + run, y);)
                run++;
            if (run)
                bytes_addf(svg, "M%d %dh%dv1h-%dz", x, y, run, run);
        }
    bytes_add_str(svg, "\"/></svg>\n");
    TRY(bytes_check(svg, "SVG", err));
    *ret_svg = TAKE(svg);
    return ST_OK;
}

/* Two rows of modules a line. Colours are set (black on bright white), so that the terminal's own
 * do not matter. */
enum status qr_terminal(const char *text, struct bytes **ret_text, struct err *err)
{
    static const char *const blocks[] = { " ", "▀", "▄", "█" };
    AUTO(QRcode_free) QRcode *code = encode(text, err);
    AUTO(bytes_free) struct bytes *out = bytes_new(DRAWING_MAX);
    int side;

    if (!out)
        return RAISE(err, ST_NOMEM, "QR code for the terminal");
    if (!code)
        return err->status;
    side = side_of(code);
    for (int y = 0; y < side; y += 2) {
        bytes_add_str(out, "\033[30;107m");
        for (int x = 0; x < side; x++)
            bytes_add_str(out, blocks[dark(code, x, y) + 2 * dark(code, x, y + 1)]);
        bytes_add_str(out, "\033[0m\n");
    }
    TRY(bytes_check(out, "QR code for the terminal", err));
    *ret_text = TAKE(out);
    return ST_OK;
}
