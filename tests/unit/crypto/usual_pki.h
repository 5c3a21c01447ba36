/* One usual PKI for all tests of a program: pki, made by its group's setup. */
#pragma once

#include "unit/crypto/fixture.h"

extern struct pki *pki;

int setup_pki(void **state);
int teardown_pki(void **state);
