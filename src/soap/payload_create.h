/* createSigningSession: values out of the generated types; inside the room only. */
#pragma once

#include "model/request.h"
#include "soap/engine.h"
#include "soap/field.h"

/* Types, presence and counts by signing.xsd, ceilings by limits; rules are mobile's. ST_INPUT with
 * code, field and limit. Everything in *ret is the reader's arena's. */
MUST_USE enum status payload_create(const struct reader *r, const struct codec_params *limits,
                                    const struct _s__createSigningSession *in,
                                    struct create_session *ret);
