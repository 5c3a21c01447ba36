/* How certificates are judged, as [trust] says. */
#pragma once

#include "conf/conf.h"
#include "crypto/trust.h"

enum revocation judging_revocation(const struct conf *conf);
enum revocation_scope judging_scope(const struct conf *conf);
/* The word of one of the settings …_unknown. */
enum unknown judging_unknown(const char *word);
/* NULL: as each certificate says. Borrowed from conf. */
const char *judging_ocsp_url(const struct conf *conf);
