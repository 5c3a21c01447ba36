/* What the commands of `shepctl trust` share. */
#pragma once

#include "crypto/cert.h"
#include "ctl/known_root.h"

#include <stdint.h>
#include <stdio.h>

#define TRUST_DIR "/etc/shepd/trust"

/* Whole days until the certificate ends; negative when it has. */
int64_t trust_days_left(const struct cert *cert, int64_t now_ms);
/* "known: production root, НЕГІЗГІ … (GOST) 2022", or that it is not among them. */
void trust_show_known(FILE *out, const struct cert *cert);
/* "root" or "intermediate". */
const char *trust_kind(const struct cert *cert);
