/* A signing session with everything in it, for the store's tests. */
#pragma once

#include "store/store.h"

struct sample {
    struct signing_session session;
    struct session_secrets secrets;
    struct signed_document done[2]; /* what would come back for its two documents */
};
/* number: makes ids and secrets differ. The sample owns nothing. */
struct sample sample_of(unsigned number);
