/* Whose seal a journal file's is to be, and whether it is. Not thread-safe. */
#pragma once

#include "base/auto.h"
#include "conf/conf.h"
#include "crypto/cert.h"
#include "crypto/key.h"
#include "crypto/trust.h"
#include "journal/proof.h"

enum { SEAL_JUDGE_PINS = 64, SEAL_JUDGE_SIGNERS = 32 };

/* Zeroed: nobody is trusted, and no seal is good. */
struct seal_judge {
    struct trust *trust;                /* owned; NULL: none */
    struct cert *pins[SEAL_JUDGE_PINS]; /* owned */
    size_t pin_count;
    char bin[16];                          /* "": of anybody who is trusted */
    char signers[SEAL_JUDGE_SIGNERS][512]; /* whose seals were good */
    size_t signer_count;
};
/* Trusts a folder's authorities, or a certificate's file. ST_INPUT; what trust_add_dir() says. */
MUST_USE enum status seal_judge_add_dir(struct seal_judge *judge, const char *dir, struct err *err);
MUST_USE enum status seal_judge_add_pin(struct seal_judge *judge, const char *path,
                                        struct err *err);
/* As the configuration says: its authorities, and the organization of its own key; of a key that
 * names none, the certificate itself. Errors as key_open(). */
MUST_USE enum status seal_judge_from(struct seal_judge *judge, const struct conf *conf,
                                     struct err *err);
/* The same of a key that is open already. */
MUST_USE enum status seal_judge_own(struct seal_judge *judge, const struct cert *own,
                                    const char *trust_dir, struct err *err);
/* A zeroed one is fine. */
void seal_judge_clear(struct seal_judge *judge);
DEFINE_AUTO(struct seal_judge, seal_judge_clear)

/* For struct proof_params and struct archiving. */
enum seal_word seal_judge(struct seal_judge *who, struct slice statement, struct slice sig,
                          char why[SEAL_WHY_BYTES]);
