/* Whom ЦОИД of the sandbox knows: IINs with a meaning, and everybody else. For src/sandbox/centre
 * only. */
#pragma once

#include "base/bytes.h"
#include "sandbox/centre_bills.h"

#include <stdbool.h>

enum person_shape {
    SHAPE_PLAIN,   /* codes are strings, times without zone: what real answers have */
    SHAPE_PRINTED, /* as seed 002 section 6.3 prints it: codes are numbers, times with an offset */
    SHAPE_SPARSE,  /* few members, "-" for what is not known; comparisons without photo, requisites
                      and date */
    SHAPE_FOREIGN, /* foreignData in place of district and region */
    SHAPE_EXTRAS,  /* members that no description names */
};

/* One row of the table; the faults are names of sandbox/centre_faults.h. */
struct person {
    const char *iin; /* its check digit is right */
    const char *name;
    const char *result; /* of a comparison; NULL: by the IIN, and a good one */
    enum person_shape shape;
    const char *verify_fault; /* of POST /verify, and of GET when there is something to tell; NULL:
                                 none */
    const char *data_fault;   /* of POST /data; NULL: none */
    const char *about;
};

size_t people_count(void);
const struct person *people_at(size_t i);
/* NULL: somebody without a meaning. */
const struct person *people_find(const char *iin);

/* The similarity of whatever photo, as JSON; the same each time. */
void people_result(const char *iin, char dst[BILL_RESULT_TEXT]);
/* {"person":{…}}, the same each time; mcdb: with mobilephone. */
void people_write(struct bytes *json, const char *iin, bool mcdb);
/* The photo of ГБД ФЛ, one for all: base64. NULL when out of memory. */
struct bytes *people_photo(void);
