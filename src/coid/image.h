/* The requirements to a photo that can be judged here (seed 002 annex 1, rule 5; flows.md section
 * 2): read out of the picture itself by libpng and libjpeg, never by its name. For src/coid only.
 *
 * Pixels are not decoded: a few kilobytes can unfold into hundreds of megabytes. That a picture is
 * whole is known from its frame: the chunks of a PNG up to IEND with the checksums of all that make
 * up the picture, the markers of a JPEG up to EOI. What stands behind that end does not matter. */
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
 * ST_INPUT, field photo: code photoTooLarge (over max_bytes), imageType (neither PNG nor JPEG),
 * imageBroken (its header cannot be read, or its end is missing), imageTooSmall, imageTooLarge
 * (rule 5, the number in the text: short side at least 480, long side at least 640, both at most
 * 4096); with the limit. ST_NOMEM.
 */
MUST_USE enum status image_check(struct slice photo, size_t max_bytes, struct image *ret,
                                 struct err *err);
/* By its first bytes: image/png, image/jpeg or application/octet-stream. */
const char *image_type(struct slice photo);
