/* QR pictures, read back by an independent decoder (zbarimg of package zbar-tools). */
#include "mobile/qr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TEXT "mobileSign:https://sign.example.kz/m/Zm9vYmFyYmF6cXV4MTIzNA/mgovSign"

enum { SCALE = 6, SIDE_MAX = 200 };

/* Modules as a picture reader would see them, 1 = dark. */
struct grid {
    int side;
    char dark[SIDE_MAX][SIDE_MAX];
};

static void must_read_back(const char *suffix, const void *picture, size_t len, const char *want)
{
    char path[] = "/tmp/shep-qr-XXXXXX", command[128], got[4096];
    int fd = mkstemp(path);
    size_t n;
    FILE *pipe;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, picture, len), len);
    close(fd);
    snprintf(command, sizeof(command),
             "zbarimg --quiet --raw -Sdisable -Sqrcode.enable %s:%s 2>/dev/null", suffix, path);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    n = fread(got, 1, sizeof(got) - 1, pipe);
    assert_int_equal(pclose(pipe), 0);
    unlink(path);
    got[n] = '\0';
    got[strcspn(got, "\n")] = '\0';
    assert_string_equal(got, want);
}

static void grid_must_read_back(const struct grid *grid, const char *want)
{
    AUTO(bytes_free) struct bytes *pgm = bytes_new(1 << 24);

    bytes_addf(pgm, "P5 %d %d 255\n", grid->side * SCALE, grid->side * SCALE);
    for (int y = 0; y < grid->side * SCALE; y++)
        for (int x = 0; x < grid->side * SCALE; x++) {
            char grey = grid->dark[y / SCALE][x / SCALE] ? 0 : (char)0xff;
            bytes_add(pgm, (struct slice){ &grey, 1 });
        }
    assert_false(pgm->failed);
    must_read_back("pgm", pgm->at, pgm->len, want);
}

static uint32_t big_endian(const char *at)
{
    const uint8_t *u = (const uint8_t *)at;
    return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static void a_png_is_one_bit_about_300_px_and_reads_back(void **state)
{
    AUTO(bytes_free) struct bytes *png = NULL;
    struct err err;

    (void)state;
    assert_int_equal(qr_png(TEXT, &png, &err), ST_OK);
    assert_memory_equal(png->at, "\x89PNG\r\n\x1a\n", 8);
    assert_in_range(big_endian(png->at + 16), 250, 350); /* IHDR: width, height, depth */
    assert_int_equal(big_endian(png->at + 16), big_endian(png->at + 20));
    assert_int_equal(png->at[24], 1);
    must_read_back("png", png->at, png->len, TEXT); /* req 1.01 */
}

/* Draws the runs of the path: M x y h n v1h- n z. */
static void draw_svg(const char *svg, struct grid *grid)
{
    int n = 0, x, y, run;
    const char *at = strstr(svg, " d=\"");

    assert_int_equal(sscanf(strstr(svg, "viewBox"), "viewBox=\"0 0 %d", &grid->side), 1);
    assert_in_range(grid->side, 29, SIDE_MAX);
    for (at += 4; sscanf(at, "M%d %dh%dv1h-%*dz%n", &x, &y, &run, &n) == 3; at += n)
        memset(&grid->dark[y][x], 1, (size_t)run);
    assert_int_equal(*at, '"');
}

static void an_svg_reads_back_and_keeps_the_quiet_zone(void **state)
{
    AUTO(bytes_free) struct bytes *svg = NULL;
    struct grid grid = { 0 };
    struct err err;

    (void)state;
    assert_int_equal(qr_svg(TEXT, &svg, &err), ST_OK);
    draw_svg(svg->at, &grid);
    for (int i = 0; i < grid.side; i++)
        for (int q = 0; q < 4; q++) {
            assert_int_equal(grid.dark[q][i] + grid.dark[i][q], 0);
            assert_int_equal(grid.dark[grid.side - 1 - q][i] + grid.dark[i][grid.side - 1 - q], 0);
        }
    grid_must_read_back(&grid, TEXT);
}

static void draw_terminal(const char *text, struct grid *grid)
{
    static const struct {
        const char *block;
        char upper, lower;
    } blocks[] = { { "▀", 1, 0 }, { "▄", 0, 1 }, { "█", 1, 1 }, { " ", 0, 0 } };
    int x = 0, y = 0;

    while (*text) {
        size_t i = 0;
        if (*text == '\033') {
            text = strchr(text, 'm') + 1;
            continue;
        }
        if (*text == '\n') {
            grid->side = x;
            x = 0, y += 2, text++;
            continue;
        }
        while (i < 4 && strncmp(text, blocks[i].block, strlen(blocks[i].block)) != 0)
            i++;
        assert_in_range(i, 0, 3);
        grid->dark[y][x] = blocks[i].upper;
        grid->dark[y + 1][x++] = blocks[i].lower;
        text += strlen(blocks[i].block);
    }
}

static void terminal_blocks_read_back(void **state)
{
    AUTO(bytes_free) struct bytes *text = NULL;
    struct grid grid = { 0 };
    struct err err;

    (void)state;
    assert_int_equal(qr_terminal(TEXT, &text, &err), ST_OK);
    draw_terminal(text->at, &grid);
    grid_must_read_back(&grid, TEXT);
}

static void long_texts_still_fit_and_too_long_ones_are_refused(void **state)
{
    AUTO(bytes_free) struct bytes *png = NULL;
    struct bytes *none = NULL;
    char text[2400];
    struct err err;

    (void)state;
    memset(text, 'a', sizeof(text));
    text[2331] = '\0';
    assert_int_equal(qr_png(text, &png, &err), ST_OK);
    text[2331] = 'a', text[2332] = '\0';
    assert_int_equal(qr_png(text, &none, &err), ST_INPUT);
    assert_int_equal(qr_svg("", &none, &err), ST_INPUT);
    assert_int_equal(qr_terminal("", &none, &err), ST_INPUT);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_png_is_one_bit_about_300_px_and_reads_back),
        cmocka_unit_test(an_svg_reads_back_and_keeps_the_quiet_zone),
        cmocka_unit_test(terminal_blocks_read_back),
        cmocka_unit_test(long_texts_still_fit_and_too_long_ones_are_refused),
    };
    /* One thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    if (system("command -v zbarimg >/dev/null") != 0) {
        printf("SKIP: no zbarimg (package zbar-tools), QR codes cannot be read back\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
