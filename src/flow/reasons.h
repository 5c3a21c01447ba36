/* Why a request was not done, in Russian, by the code of its error. scripts/check-contract holds
 * the words to the tables of docs/INTEGRATION.md. */
#pragma once

/* A constant; NULL: the code has no words here. */
const char *reason_of(const char *code);
