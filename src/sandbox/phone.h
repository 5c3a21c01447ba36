/* A citizen's telephone with eGov Mobile: scans, shows, signs and sends back, as the app does
 * (seed 001; flows.md section 1). One step after the other, each once. Not thread-safe. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/slice.h"
#include "crypto/key.h"
#include "rest/rest.h"

#include <stddef.h>
#include <stdint.h>

struct phone;

struct phone_params {
    const struct key *key;      /* the citizen's; borrowed, as all here: must outlive the phone */
    const struct key *auth_key; /* for auth_type Eds; NULL: none */
    struct rest *rest;
    const char *tsp_url;  /* of the TSA for CMS; NULL: no timestamp */
    const char *language; /* ru, kk or en: Accept-Language (req 1.42) */
    const struct clock *clock;
    int64_t wait_ms; /* of one call */
};

MUST_USE enum status phone_new(const struct phone_params *params, struct phone **ret_phone,
                               struct err *err);
/* NULL is fine. */
void phone_free(struct phone *phone);
DEFINE_AUTO(struct phone, phone_free)

/* What the server said to the last call: shown by the app as it is (req 1.43). */
struct phone_answer {
    long status;         /* 0: there was no answer */
    char message[1024];  /* of {"message":…}; "" when there is none */
    char back_url[1024]; /* where the app leads the citizen afterwards; "" when nowhere */
};
const struct phone_answer *phone_answer(const struct phone *phone); /* borrowed */

/* API №1, as the app shows it (req 1.46); borrowed from the phone, "" where it says nothing. */
struct phone_offer {
    const char *api1;
    const char *description;
    const char *expiry_date;
    const char *organisation; /* in the phone's language */
    const char *bin;
    const char *uri; /* API №2 */
    const char *auth_type;
};

/**
 * Reads what a camera or a link gives, and fetches API №1.
 *
 * text   `mobileSign:` + URL (the QR, req 1.01), or an https link whose parameter `link` is the URL
 *
 * ST_INPUT        neither of them, or no http(s) URL in it
 * ST_UPSTREAM     not answered with 200 and the JSON of API №1; phone_answer() may say why
 * ST_TIMEOUT
 */
MUST_USE enum status phone_scan(struct phone *phone, struct slice text,
                                struct phone_offer *ret_offer, struct err *err);

/* Texts are borrowed until the phone is freed, the value until phone_sign() replaces it. */
struct phone_document {
    int64_t id;
    struct slice name; /* in the phone's language */
    struct slice mime; /* empty for XML documents */
    struct slice method;
    struct slice value; /* what is to be signed, as the JSON has it */
    size_t meta_count;
};

/* A row of what the app shows beside a document (req 1.29). */
struct phone_meta {
    struct slice name;
    struct slice value;
};

/**
 * Fetches API №2 with the authorisation that API №1 asked for (req 1.18–1.20, 1.22).
 * ST_INPUT: auth_type Eds without an authentication key; ST_UPSTREAM, ST_TIMEOUT.
 */
MUST_USE enum status phone_fetch(struct phone *phone, struct err *err);
size_t phone_document_count(const struct phone *phone);
struct phone_document phone_document(const struct phone *phone, size_t i);
struct phone_meta phone_document_meta(const struct phone *phone, size_t i, size_t k);

/**
 * Signs every document by its method in its place, all else untouched (req 1.36).
 * ST_INPUT: a method this telephone cannot do, or a document that is not what the method wants;
 * ST_UPSTREAM, ST_TIMEOUT: the TSA.
 */
MUST_USE enum status phone_sign(struct phone *phone, struct err *err);

/* PUTs what phone_sign() made to API №2 (req 1.37); ST_OK whatever the server says: phone_answer().
 * ST_UPSTREAM, ST_TIMEOUT: no answer. */
MUST_USE enum status phone_send(struct phone *phone, struct err *err);

/* «Отказать»: DELETE, which only the sandbox knows (architecture.md section 4). After phone_scan();
 * with auth_type Eds it signs in first, as phone_fetch() does. Errors as phone_fetch(). */
MUST_USE enum status phone_refuse(struct phone *phone, struct err *err);
