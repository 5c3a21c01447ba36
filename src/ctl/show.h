/* Certificates and verdicts as a person reads them. */
#pragma once

#include "crypto/cert.h"
#include "crypto/report.h"

#include <stdio.h>

/* Several lines of name and value, indented by two. */
void show_signer(FILE *out, const struct signer *signer);
void show_cert(FILE *out, const struct cert *cert);
/* The verdict, the facts and a line per check. what: the file and its profile. */
void show_report(FILE *out, const struct report *report, const char *what);
/* A line per check alone. */
void show_checks(FILE *out, const struct report *report);
