/* The step from bytes to a point of nettle, shared by the curve and the signature. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct ecc_point;

/* point is initialised for its curve; 1 when LE(x) ‖ LE(y), size bytes each, lies on it. */
int kz_nettle_point_set(struct ecc_point *point, const uint8_t *bytes, size_t size);
