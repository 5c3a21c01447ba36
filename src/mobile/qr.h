/* QR pictures: ECC M, quiet zone of 4 modules (flows.md section 1). */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

/* About 300 px square, 1-bit PNG. */
MUST_USE enum status qr_png(const char *text, struct bytes **ret_png, struct err *err);
MUST_USE enum status qr_svg(const char *text, struct bytes **ret_svg, struct err *err);
/* Unicode half blocks for a terminal with dark-on-light or light-on-dark colours. */
MUST_USE enum status qr_terminal(const char *text, struct bytes **ret_text, struct err *err);
