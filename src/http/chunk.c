#include "http/chunk.h"

#include "base/text.h"

enum {
    MAX_DIGITS = 8,       /* of a chunk's size */
    MAX_LINE_BYTES = 256, /* a size with its extensions */
    MAX_TRAILER_BYTES = 4096
};

static bool on_size(struct chunk *chunk, char c)
{
    int digit = text_hex_digit(c);

    if (digit >= 0) {
        chunk->left = chunk->left * 16 + (unsigned)digit;
        return ++chunk->digits <= MAX_DIGITS;
    }
    chunk->state = c == '\r' ? CHUNK_SIZE_LF : CHUNK_EXTENSION;
    return chunk->digits > 0 && (c == '\r' || c == ';' || c == ' ' || c == '\t');
}

static bool on_extension(struct chunk *chunk, char c)
{
    if (c == '\r')
        chunk->state = CHUNK_SIZE_LF;
    return c == '\r' || c == '\t' || ((unsigned char)c >= 0x20 && c != 0x7f);
}

static bool on_size_lf(struct chunk *chunk, char c)
{
    chunk->state = chunk->left > 0 ? CHUNK_DATA : CHUNK_TRAILER_START;
    chunk->framing = 0;
    return c == '\n';
}

static bool on_data_cr(struct chunk *chunk, char c)
{
    chunk->state = CHUNK_DATA_LF;
    return c == '\r';
}

static bool on_data_lf(struct chunk *chunk, char c)
{
    *chunk = (struct chunk){ .state = CHUNK_SIZE };
    return c == '\n';
}

static bool on_trailer(struct chunk *chunk, char c)
{
    if (c == '\r')
        chunk->state = chunk->state == CHUNK_TRAILER_START ? CHUNK_END_LF : CHUNK_TRAILER_LF;
    else
        chunk->state = CHUNK_TRAILER;
    return c == '\r' || c == '\t' || ((unsigned char)c >= 0x20 && c != 0x7f);
}

static bool on_trailer_lf(struct chunk *chunk, char c)
{
    chunk->state = CHUNK_TRAILER_START;
    return c == '\n';
}

static bool on_end_lf(struct chunk *chunk, char c)
{
    chunk->state = CHUNK_DONE;
    return c == '\n';
}

static bool (*const steps[])(struct chunk *chunk, char c) = {
    [CHUNK_SIZE] = on_size,       [CHUNK_EXTENSION] = on_extension,
    [CHUNK_SIZE_LF] = on_size_lf, [CHUNK_DATA_CR] = on_data_cr,
    [CHUNK_DATA_LF] = on_data_lf, [CHUNK_TRAILER_START] = on_trailer,
    [CHUNK_TRAILER] = on_trailer, [CHUNK_TRAILER_LF] = on_trailer_lf,
    [CHUNK_END_LF] = on_end_lf,
};

static bool framing_fits(struct chunk *chunk)
{
    size_t max = chunk->state >= CHUNK_TRAILER_START ? MAX_TRAILER_BYTES : MAX_LINE_BYTES;

    return ++chunk->framing <= max;
}

static struct slice take_data(struct chunk *chunk, struct slice *in)
{
    struct slice data = { in->at, in->len < chunk->left ? in->len : (size_t)chunk->left };

    *in = slice_skip(*in, data.len);
    chunk->left -= data.len;
    if (chunk->left == 0)
        chunk->state = CHUNK_DATA_CR;
    return data;
}

enum refusal chunk_next(struct chunk *chunk, struct slice *in, struct slice *ret_data)
{
    *ret_data = (struct slice){ in->at, 0 };
    while (in->len > 0 && !chunk_done(chunk)) {
        if (chunk->state == CHUNK_DATA) {
            *ret_data = take_data(chunk, in);
            return REFUSAL_NONE;
        }
        char c = in->at[0];
        *in = slice_skip(*in, 1);
        if (!framing_fits(chunk) || !steps[chunk->state](chunk, c))
            return REFUSAL_CHUNK;
    }
    return REFUSAL_NONE;
}
