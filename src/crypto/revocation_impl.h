/* What one certificate's sources say of its revocation, for the files that ask and report. */
#pragma once

#include "crypto/revocation.h"

enum word_state {
    WORD_NONE = 0, /* nothing that may be relied upon: text tells why */
    WORD_UNKNOWN,  /* the responder was asked and does not know the certificate */
    WORD_REVOKED,
    WORD_GOOD,
};

struct word {
    enum word_state state;
    int64_t revoked_ms;
    int reason; /* enum crl_reason; -1: not given */
    struct report_source source;
    char remark[WHY_MAX]; /* what was learnt of the responder itself, in brackets; "" */
    bool spared;          /* WORD_NONE: a responder that failed a moment ago was not asked */
    char text[WHY_MAX];   /* "good by OCSP as of …", or the reason of WORD_NONE */
};

/* One certificate that is asked about. */
struct question {
    const struct judge *judge;
    const struct cert *subject, *issuer;
    bool is_authority; /* an intermediate or a timestamp authority: a responder is asked
                          when it names one, else the lists are */
    bool insists;      /* the lists say nothing: responders that fail are asked all the same */
};

/* An answer kept for this very signature (req 0.23). */
bool word_of_receipt(const struct question *q, struct word *ret);
/* The answers given beside the document, else the responders; a good one is kept as receipt. */
void word_of_responders(const struct question *q, struct word *ret);
/* Whether word_of_responders() has anybody to ask. */
bool has_responders(const struct question *q);
/* The lists of the issuer (req 0.24). */
void word_of_lists(const struct question *q, struct word *ret);

static inline bool has_lists(const struct judge *judge)
{
    return judge->io && judge->io->find_crl;
}
