#include "coid/image.h"
#include "coid/read_fields.h"

#include <stdlib.h>

#define AT(member) .offset = offsetof(struct coid_verification, member)

static const struct field requisites[] = {
    { "name", .kind = FIELD_TEXT, AT(requisites_name) },
    { "bin", .kind = FIELD_DIGITS, AT(requisites_bin) },
};

/* photo, requisites and requestDate may be missing (C-16); photo is "" when asked again. */
static const struct field verification[] = {
    { "iin", .kind = FIELD_DIGITS, AT(iin), .required = true },
    { "vendor", .kind = FIELD_TEXT, AT(vendor) },
    { "result", .kind = FIELD_DECIMAL, AT(result), .required = true },
    { "x_idempotency_key", .kind = FIELD_TEXT, AT(idempotency_key) },
    { "photo", .kind = FIELD_BASE64, AT(photo) },
    { "requisites", .kind = FIELD_OBJECT, .offset = 0, .shape = ROWS(requisites),
      .also = offsetof(struct coid_verification, has_requisites) },
    { "requestDate", .kind = FIELD_DATE, AT(request_date) },
};
static const struct shape verification_shape = ROWS(verification);

enum status read_verification(struct reading *r, const struct json *json,
                              struct coid_verification *ret, struct err *err)
{
    struct coid_verification told = { .data_until = "" };

    read_root(r, json, &verification_shape, &told);
    told.similarity = strtod(told.result, NULL);
    if (!(told.similarity >= 0 && told.similarity <= 1))
        read_spoil(r, &(struct place){ NULL, "result", 0 }, "0..1", "is beyond 0..1");
    TRY(read_end(r, err));
    told.photo_type = told.photo.len > 0 ? image_type(told.photo) : "";
    *ret = told;
    return ST_OK;
}
