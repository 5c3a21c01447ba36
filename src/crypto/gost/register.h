/* What OpenSSL keeps for the whole process: object identifiers, signature triples, digest names. */
#pragma once

/*
 * Once per process, guarded by a lock; 1 when all is registered, by us or by another copy of this
 * library (the static one beside the module). 0 with an error raised when OpenSSL is out of memory
 * or one of our OIDs bears a foreign name, under which keys would not be found.
 */
int kz_register(void);
