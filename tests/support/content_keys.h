/* Keys of contents for tests with a real store. */
#pragma once

#include "crypto/vault.h"

/* Writes a file of one key, k1, into dir and opens it; ends the program when that fails. */
struct vault *content_keys_open(const char *dir);
