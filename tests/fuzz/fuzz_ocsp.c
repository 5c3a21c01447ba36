/* Fuzzes OCSP answers: judged whole, and, since no mutation passes a signature, what stands behind
 * it once more by itself. */
#include "crypto/ocsp_impl.h"
#include "world.h"

static void read_singles(const struct ocsp_query *query, struct slice in)
{
    struct ocsp_answer answer = { 0 };
    AUTO(OCSP_BASICRESP_free) OCSP_BASICRESP *basic = ocsp_open_response(in, &answer);

    if (!basic)
        promise(answer.text[0] != '\0');
    for (int i = 0; basic && i < OCSP_resp_count(basic) && i < 4; i++) {
        struct ocsp_answer single = { 0 };
        (void)ocsp_judge_single_times(query, OCSP_resp_get0(basic, i), &single);
        ocsp_tell_state(OCSP_resp_get0(basic, i), &single);
    }
}

static enum ocsp_state ask(size_t family, struct slice in)
{
    const struct ocsp_query query = { .subject = world()->leaf[family],
                                      .issuer = world()->ca[family],
                                      .nonce = SLICE("0123456789abcdef"),
                                      .now_ms = WORLD_NOW_MS };
    struct ocsp_answer answer = { 0 };

    ocsp_judge_response(&query, in, &answer);
    promise(answer.text[0] != '\0');
    if (family == 0)
        read_singles(&query, in);
    return answer.state;
}

bool fuzz_take(struct slice in)
{
    bool good = false;

    for (size_t family = 0; family < WORLD_FAMILIES; family++)
        good = ask(family, in) == OCSP_GOOD || good;
    return good;
}
