/* A signing session with everything in it, for the store's tests. */
#pragma once

#include "store/store.h"

enum { SAMPLE_SIGNERS = 3 };

struct sample {
    struct signing_session session; /* expects the first of them; signer_count may be raised */
    struct session_secrets secrets;
    struct signed_document done[2]; /* what would come back for its two documents */
};
/* number: makes ids and secrets differ. The sample owns nothing. */
struct sample sample_of(unsigned number);
