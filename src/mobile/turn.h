/* Whose turn a signature is, when several sign in any order. For this room and its tests only. */
#pragma once

#include "model/session.h"

#include <stdbool.h>

/* The same person in the same capacity: IIN and BIN, or the certificate when it names nobody. */
bool turn_same_signer(const struct signer *a, const struct signer *b);
enum turn_kind { TURN_NONE = 0, TURN_OPEN, TURN_AGAIN };
struct turn_chooser {
    const struct signing_session *session; /* with the result so far */
    enum turn_kind kind; /* NONE: nobody expected is this signer; AGAIN: signed before */
    uint32_t turn;       /* of OPEN and AGAIN */
    const struct expected_signer *expected; /* NULL: nobody was asked for yet */
};
/**
 * struct judge's expect, ctx is a struct turn_chooser: the signer of the first document settles
 * the turn, the others are compared with the same expectation. Of the open expectations that the
 * signer meets, that which names most of him, so that it is left for nobody else; then the first.
 * When he meets none: the nearest, so that the report says what he lacks.
 */
const struct expected_signer *turn_expect(void *ctx, const struct signer *signer);
