/* Pictures made by libpng and libjpeg: small in bytes, of any size in pixels. */
#pragma once

#include "base/bytes.h"

/* The caller's, or the test ends. */
struct bytes *make_png(uint32_t width, uint32_t height);
struct bytes *make_jpeg(uint32_t width, uint32_t height, bool progressive);
/* Adds a chunk with its right checksum. */
void add_png_chunk(struct bytes *png, const char type[4], struct slice data);
