/* Fuzzes the judgement of photos: frames by us, headers by libpng and libjpeg. */
#include "fuzz.h"

#include "coid/image.h"

#include <string.h>

enum { PHOTO_MAX = 1 << 20 };

bool fuzz_take(struct slice in)
{
    struct image image = { 0 };
    struct err err = { 0 };
    const enum status status = image_check(in, PHOTO_MAX, &image, &err);

    promise(status == ST_OK || status == ST_INPUT);
    if (status != ST_OK) {
        promise(err.code[0] != '\0' && strcmp(err.field, "photo") == 0 && image.width == 0);
        return false;
    }
    promise(strcmp(image.content_type, image_type(in)) == 0);
    promise(image.width >= 480 && image.height >= 480);
    promise(image.width >= 640 || image.height >= 640);
    promise(image.width <= 4096 && image.height <= 4096);
    return true;
}
