/* The parts of a SOAP 1.1 envelope with WS-Security, found by namespace and position alone. */
#pragma once

#include "wsse/dom.h"
#include "wsse/trial.h"

/* Borrowed from the document. */
struct envelope {
    xmlNode *header;    /* NULL: absent */
    xmlNode *body;      /* the one Body, a child of Envelope */
    xmlNode *security;  /* the one Security header for us */
    xmlNode *signature; /* the one ds:Signature in it, a child */
    xmlNode *timestamp; /* its wsu:Timestamp; NULL: absent */
};

/* A SOAP 1.1 Envelope: at most one Header, then one Body, nothing else. Refused: CHECK_FORMAT. */
bool envelope_open(struct trial *trial, const xmlDoc *doc, struct envelope *ret);

/* Security, Signature, Timestamp. No signature: trial->status is ST_UNSIGNED. */
bool envelope_find_signature(struct trial *trial, struct envelope *envelope);

/* SOAP 1.1 section 4.2.3: a header that must be understood and is not Security is refused. For
 * receivers; who only judges a signature does not ask. */
bool envelope_understands(struct trial *trial, const struct envelope *envelope);
