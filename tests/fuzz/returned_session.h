/* One session of two documents, for the target `returned` and its seeds. */
#pragma once

#include "mobile/mobile.h"

const struct mobile *returned_mobile(void);
const struct signing_session *returned_session(void);
