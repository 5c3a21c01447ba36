#include "base/endpoint.h"

#include "base/slice.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool is_host(const char *host)
{
    for (const char *at = host; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr(".-_:%", *at))
            return false;
    return *host != '\0';
}

static bool is_port(const char *port)
{
    size_t len = strlen(port);

    if (len < 1 || len >= ENDPOINT_PORT || !text_is_digits(slice_str(port), len))
        return false;
    long number = strtol(port, NULL, 10);
    return number >= 1 && number <= 65535;
}

/* Where the host ends, and what stands behind it: "" or ":port". */
static bool split(const char *text, struct slice *ret_host, const char **ret_rest)
{
    const char *colon = strchr(text, ':');
    const char *end = text + strlen(text);

    if (*text == '[') {
        text++;
        end = strchr(text, ']');
        *ret_rest = end ? end + 1 : NULL;
    } else {
        if (colon && !strchr(colon + 1, ':')) /* more than one: an address */
            end = colon;
        *ret_rest = end;
    }
    if (!end)
        return false;
    *ret_host = slice_mem(text, (size_t)(end - text));
    return **ret_rest == '\0' || **ret_rest == ':';
}

bool endpoint_parse(const char *text, const char *default_port, struct endpoint *ret)
{
    struct slice host;
    const char *rest;

    if (!split(text, &host, &rest))
        return false;
    return text_copy_slice(ret->host, sizeof(ret->host), host) && is_host(ret->host) &&
           text_copy(ret->port, sizeof(ret->port), *rest ? rest + 1 : default_port) &&
           is_port(ret->port);
}
