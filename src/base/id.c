#include "base/id.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

static void fill_random(uint8_t *at, size_t len)
{
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno != EINTR)
            abort(); /* no kernel entropy: nothing here may go on */
        if (got > 0) {
            at += got;
            len -= (size_t)got;
        }
    }
}

struct id id_new(int64_t now_ms)
{
    uint8_t b[ID_BYTES];

    fill_random(b, sizeof(b));
    for (int i = 0; i < 6; i++)
        b[i] = (uint8_t)(now_ms >> (8 * (5 - i)));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x70); /* version 7 */
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80); /* variant of RFC 9562 */
    return id_from_bytes(b);
}

struct id id_from_bytes(const uint8_t src[ID_BYTES])
{
    static const size_t groups[] = { 4, 2, 2, 2, 6 };
    struct id id;
    char *out = id.text;

    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (i > 0)
            *out++ = '-';
        text_hex(slice_mem(src, groups[i]), out);
        out += 2 * groups[i];
        src += groups[i];
    }
    return id;
}

static bool is_dash_place(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

bool id_parse(struct slice text, struct id *ret)
{
    struct id id;

    if (text.len != ID_TEXT - 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (is_dash_place(i) ? c != '-' : text_hex_digit(c) < 0)
            return false;
        id.text[i] = (char)(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    }
    id.text[ID_TEXT - 1] = '\0';
    *ret = id;
    return true;
}

void id_to_bytes(const struct id *id, uint8_t dst[ID_BYTES])
{
    const char *at = id->text;

    for (size_t i = 0; i < ID_BYTES; i++) {
        if (*at == '-')
            at++;
        dst[i] = (uint8_t)((unsigned)text_hex_digit(at[0]) << 4 | (unsigned)text_hex_digit(at[1]));
        at += 2;
    }
}
