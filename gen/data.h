/* The anyType `data` of SyncChannel, serialized by us: written from one of the contract's elements
 * or from text, skipped when read (the payload travels by verified_payload()). */
#pragma once

struct data {
    int type;            /* SOAP_TYPE_… of the element in it; 0: text */
    const void *element; /* of that type; borrowed */
    const char *tag;     /* prefix:name, where no type is that element's own; borrowed */
    const char *text;    /* borrowed */
};
