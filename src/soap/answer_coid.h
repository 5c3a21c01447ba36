/* What ЦОИД told, as the types of coid.xsd; inside the room only. */
#pragma once

#include "soap/answer.h"

/* The answer of reply->op, one of ЦОИД's operations. ST_INTERNAL: the reply has none. */
MUST_USE enum status answer_coid(const struct writer *w, const struct reply *reply,
                                 struct data *ret);

/* NULL (the element is left out) when it says nothing. */
MUST_USE enum status coid_put_date(const struct writer *w, const struct coid_date *in,
                                   struct c__Date **ret);
MUST_USE enum status coid_put_person(const struct writer *w, const struct coid_person *in,
                                     struct c__Person **ret);
