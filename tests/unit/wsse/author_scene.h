/* A payload with its author's signature, on its way through the gate and to the judgement. */
#pragma once

#include "unit/wsse/fixture.h"
#include "wsse/business.h"

/* Of the PKI's leaf. */
#define IIN "123456789011"
#define BIN "123456789021"
/* The payload. */
#define P "<p:r xmlns:p=\"urn:p\"><v>1</v></p:r>"

extern const struct author_rule anyone;

/* A payload signed as a document of its own; the caller's. */
char *author_sign(const char *xml, const struct key *key);

/* As content of an element: the caller's, like all texts here. */
char *author_escape(const char *xml);
/* A signed payload with another value; with its signature one level down. */
char *author_tampered(const char *xml);
char *author_signature_moved_down(const char *xml);

/* What the gate made of a request with data between the two, or with the payload as text, its
 * transport signed by the RSA leaf. The caller's: verified_free(). */
struct verified *author_receive_between(const char *before, const char *data, const char *after);
struct verified *author_receive(const char *payload);

/* wsse_judge_author() by a gate with these parameters, or with the usual ones. */
enum status author_judge_with(const struct wsse_params *params, const struct verified *env,
                              const struct author_rule *rule, struct signer *author,
                              struct err *err);
enum status author_judge(const struct verified *env, const struct author_rule *rule,
                         struct signer *author, struct err *err);
/* Refused so, with these words, and neither IIN nor BIN among them. */
void author_expect_refused(const char *name, enum status got, const struct err *err,
                           enum status want, const char *words);
