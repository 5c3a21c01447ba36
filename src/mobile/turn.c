/* Whose turn a signature is. Each expected signer signs once, in any order; nobody signs twice. */
#include "mobile/turn.h"

#include "base/slice.h"

#include <string.h>

bool turn_same_signer(const struct signer *a, const struct signer *b)
{
    if (a->iin[0] || b->iin[0])
        return slice_eq_str(slice_str(a->iin), b->iin) && slice_eq_str(slice_str(a->bin), b->bin);
    return memcmp(a->sha256, b->sha256, sizeof(a->sha256)) == 0;
}

static bool is_taken(const struct signing_session *session, uint32_t turn)
{
    for (size_t i = 0; i < session->turn_count; i++)
        if (session->turns[i].turn == turn)
            return true;
    return false;
}

static bool is_named(const char *number)
{
    return number && number[0];
}

static bool fits(const char *expected, const char *found)
{
    return !is_named(expected) || slice_eq_str(slice_str(expected), found);
}

/* What of an expectation the signer meets: IIN before BIN before role. */
enum { MEETS_ROLE = 1, MEETS_BIN = 2, MEETS_IIN = 4, MEETS_ALL = 7 };

static unsigned met(const struct expected_signer *expected, const struct signer *signer)
{
    unsigned bits = 0;

    if (fits(expected->iin, signer->iin))
        bits |= MEETS_IIN;
    if (fits(expected->bin, signer->bin))
        bits |= MEETS_BIN;
    if (expected->roles == 0 || (signer->roles & expected->roles))
        bits |= MEETS_ROLE;
    return bits;
}

static unsigned named(const struct expected_signer *expected)
{
    unsigned bits = is_named(expected->iin) ? MEETS_IIN : 0;

    if (is_named(expected->bin))
        bits |= MEETS_BIN;
    if (expected->roles != 0)
        bits |= MEETS_ROLE;
    return bits;
}

/* The turn he took already. */
static bool find_taken(const struct signing_session *session, const struct signer *signer,
                       uint32_t *ret_turn)
{
    for (size_t i = 0; i < session->signed_count; i++)
        if (turn_same_signer(&session->signed_documents[i].signer, signer)) {
            *ret_turn = session->signed_documents[i].turn;
            return true;
        }
    return false;
}

/* The open turn that he meets in most of what it names, one that he meets wholly before all others;
 * false: none is open. */
static bool find_open(const struct signing_session *session, const struct signer *signer,
                      uint32_t *ret_turn)
{
    unsigned best = 0;
    bool found = false;

    for (uint32_t turn = 0; turn < session->signer_count; turn++) {
        const struct expected_signer *expected = &session->signers[turn];
        unsigned bits = met(expected, signer);
        unsigned rank = bits == MEETS_ALL ? MEETS_ALL + named(expected) : bits & named(expected);
        if (is_taken(session, turn) || (found && rank <= best))
            continue;
        best = rank;
        *ret_turn = turn;
        found = true;
    }
    return found;
}

static const struct expected_signer *choose(struct turn_chooser *chooser,
                                            const struct signer *signer)
{
    static const struct expected_signer anybody = { "", "", 0, 0 };
    const struct signing_session *session = chooser->session;
    uint32_t turn = 0;

    if (find_taken(session, signer, &turn)) {
        chooser->kind = TURN_AGAIN;
    } else if (session->signer_count == 0) {
        chooser->kind = is_taken(session, 0) ? TURN_NONE : TURN_OPEN;
        return chooser->kind == TURN_OPEN ? &anybody : NULL;
    } else if (!find_open(session, signer, &turn)) {
        return NULL;
    } else if (met(&session->signers[turn], signer) == MEETS_ALL) {
        chooser->kind = TURN_OPEN;
    }
    chooser->turn = turn;
    return turn < session->signer_count ? &session->signers[turn] : &anybody;
}

const struct expected_signer *turn_expect(void *ctx, const struct signer *signer)
{
    struct turn_chooser *chooser = ctx;

    if (!chooser->expected)
        chooser->expected = choose(chooser, signer);
    return chooser->expected;
}
