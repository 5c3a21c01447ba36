/* What the directory of ЦОИД's authority holds (req 2.49, 2.50), for a real LDAP server: the
 * certificates that sign ЦОИД's answers, all at the entry that their name is a path to. */
#pragma once

#include "base/err.h"

#define DIRECTORY_FILE "ldap/coid.ldif"
#define DIRECTORY_BASE "c=KZ"

/* Writes DIR/ldap/coid.ldif anew from the holders' certificates (sandbox/family.h). ST_INPUT:
 * files. */
MUST_USE enum status directory_write(const char *dir, struct err *err);
