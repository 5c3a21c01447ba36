#include "rest_kit.h"

#include "certs.h"

const char good[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    "Content-Length: 11\r\n\r\n{\"ok\":true}";

struct rest *make_rest(const char *ca, unsigned max_parallel)
{
    struct rest *rest = NULL;
    struct err err = { 0 };
    char path[CERT_PATH];
    struct rest_params params = { .ca_file = ca ? certs_path(ca, path) : NULL,
                                  .max_parallel = max_parallel,
                                  .user_agent = "shepd/test" };

    assert_int_equal(rest_new(&params, &rest, &err), ST_OK);
    return rest;
}
