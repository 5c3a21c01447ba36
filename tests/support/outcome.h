/* What a call that may fail came to: the call gives its status and names its error `err`. */
#pragma once

#include "base/err.h"
#include "support/cmocka.h"

#define assert_ok(call)                                                                            \
    do {                                                                                           \
        struct err err_ = { .text = "" };                                                          \
        struct err *err = &err_;                                                                   \
        enum status status_ = (call);                                                              \
        if (status_ != ST_OK)                                                                      \
            fail_msg("%s: %s: %s (%s:%d)", #call, status_name(status_), err_.text, err_.file,      \
                     err_.line);                                                                   \
    } while (0)
#define assert_status(call, want)                                                                  \
    do {                                                                                           \
        struct err err_ = { .text = "" };                                                          \
        struct err *err = &err_;                                                                   \
        enum status status_ = (call);                                                              \
        if (status_ != (want))                                                                     \
            fail_msg("%s: %s: %s", #call, status_name(status_), err_.text);                        \
    } while (0)
