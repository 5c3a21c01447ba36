/* The requirements to a photo that can be judged here (seed 002 annex 1, rule 5; flows.md section
 * 2): read out of the picture itself by libpng and libjpeg, never by its name. For src/coid only.
 */
#pragma once

#include "base/err.h"
#include "base/slice.h"

#include <stddef.h>
#include <stdint.h>

struct image {
    const char *content_type; /* image/png or image/jpeg; static */
    uint32_t width, height;   /* pixels */
};
/**
 * ST_INPUT, field photo: code imageType (neither PNG nor JPEG), imageBroken (its header cannot be
 * read), imageTooSmall, imageTooLarge (rule 5, the number in the text: short side at least 480,
 * long side at least 640, both at most 4096), photoTooLarge (over max_bytes), with the limit.
 */
MUST_USE enum status image_check(struct slice photo, size_t max_bytes, struct image *ret,
                                 struct err *err);
/* By its first bytes: image/png, image/jpeg or application/octet-stream. */
const char *image_type(struct slice photo);
