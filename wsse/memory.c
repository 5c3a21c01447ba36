#include "wsse/memory.h"

#include <libxml/xmlerror.h>
#include <string.h>

static _Thread_local unsigned refusals;

unsigned memory_refusals(void)
{
    return refusals;
}

/* libxml2 sets the type. NOLINTNEXTLINE(readability-non-const-parameter) */
void memory_on_error(void *ctx, struct _xmlError *error)
{
    (void)ctx;
    refusals += error->code == XML_ERR_NO_MEMORY;
}

void memory_on_text(void *ctx, const char *fmt, ...)
{
    (void)ctx;
    refusals += strstr(fmt, "memory") != NULL;
}
