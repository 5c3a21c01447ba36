#include "unit/crypto/usual_pki.h"

struct pki *pki;

int setup_pki(void **state)
{
    setup_crypto(state);
    pki = pki_new(NULL);
    return 0;
}

int teardown_pki(void **state)
{
    (void)state;
    pki_free(pki);
    return 0;
}
