/* What the app shows of a document (req 1.32): text, a PDF, XML of SIGN_BYTES_ARRAY, or nothing. */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "sandbox/phone.h"

enum view_kind {
    VIEW_HIDDEN = 0, /* its name and metadata only: XML by method XML, and other types */
    VIEW_TEXT,
    VIEW_XML,
    VIEW_PDF,
    VIEW_BROKEN, /* data is not the base64 that its method and type ask for */
};

struct view {
    enum view_kind kind;
    struct slice content; /* the document's own bytes; those of the JSON when VIEW_BROKEN */
};

/* Content is borrowed from the document's value, or from *ret_decoded when it came as base64; that
 * is the caller's: bytes_free(), NULL otherwise. ST_NOMEM. */
MUST_USE enum status view_make(const struct phone_document *document, struct view *ret_view,
                               struct bytes **ret_decoded, struct err *err);
