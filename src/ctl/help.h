/* What --help tells, in a file of its own: whoever defines these two himself is told it instead of
 * the terminal, as the manual's maker does (src/manual/ctl_page.c). */
#pragma once

#include "ctl/ctl.h"

void ctl_help_usage(const struct usage *usage);
/* commands: as of ctl_dispatch() */
void ctl_help_commands(FILE *out, const char *program, const struct command *commands);
