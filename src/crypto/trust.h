/* Who is trusted, and the judgement of a signer: path, dates, revocation, purpose, owner
 * (Order № 1187; req 0.16–0.27). Every format function ends here. */
#pragma once

#include "base/auto.h"
#include "base/clock.h"
#include "crypto/algorithm.h"
#include "crypto/cert.h"
#include "crypto/crl_index.h"
#include "crypto/report.h"
#include "model/session.h"

/* Anchors and intermediates; immutable once built, shared by reference, thread-safe. Remembers the
 * paths of 1,024 signers; dates are judged anew each time. */
struct trust;

MUST_USE enum status trust_new(struct trust **ret_trust, struct err *err);
/* A self-signed certificate becomes an anchor, another an untrusted intermediate; one that is there
 * already is not added again. Only while the trust is being built by one thread. */
MUST_USE enum status trust_add(struct trust *trust, const struct cert *cert, struct err *err);
/* Every regular file of the folder, any name, DER or PEM (several PEM in one file too).
 * ST_INPUT: a file that holds no certificate, named; ST_NOT_FOUND: no such folder. */
MUST_USE enum status trust_add_dir(struct trust *trust, const char *dir, struct err *err);
struct trust *trust_ref(const struct trust *trust);
/* NULL is fine. */
void trust_free(struct trust *trust);
DEFINE_AUTO(struct trust, trust_free)
size_t trust_anchor_count(const struct trust *trust);
size_t trust_count(const struct trust *trust);                        /* of all certificates */
const struct cert *trust_at(const struct trust *trust, size_t i);     /* borrowed */
bool trust_holds(const struct trust *trust, const struct cert *cert); /* by SHA-256 */
/* Why the certificate cannot issue others (RFC 5280 section 6.1.4); NULL: it can. */
const char *trust_refuse_issuer(const struct cert *cert);

/* What crypto may ask of the outside; a NULL member means "source unreachable". */
struct fetch {
    const char *url;          /* http:// or https:// */
    const char *content_type; /* POST with body; NULL: GET */
    const char *accept;       /* NULL: any */
    struct slice body;
    size_t max_bytes;    /* ceiling of the answer */
    int64_t deadline_ms; /* monotonic */
};
struct receipt {        /* a stored good OCSP answer (req 0.23) */
    struct bytes *ocsp; /* DER OCSPResponse */
};
struct ocsp_cache; /* crypto/ocsp_cache.h */
struct trust_io {
    void *ctx;
    /* Questions to responders under way and their answers, shared by all who judge; borrowed.
     * NULL: everybody asks for himself. */
    struct ocsp_cache *answers;
    /* Waits some milliseconds before a question is repeated; NULL: it is repeated at once. */
    void (*pause)(void *ctx, int64_t ms);
    enum status (*fetch)(void *ctx, const struct fetch *fetch, struct bytes **ret_answer,
                         struct err *err);
    /* Keyed by SHA-256 of the signature value and of the certificate; ST_NOT_FOUND: none kept. */
    enum status (*find_receipt)(void *ctx, const uint8_t signature_sha256[32],
                                const uint8_t cert_sha256[32], struct bytes **ret_ocsp,
                                struct err *err);
    enum status (*keep_receipt)(void *ctx, const uint8_t signature_sha256[32],
                                const uint8_t cert_sha256[32], struct slice ocsp, struct err *err);
    /* Told of every certificate whose revocation may be asked of lists, before it is: so that they
     * are there when they are needed. */
    void (*see)(void *ctx, const struct cert *subject, const struct cert *issuer);
    /* The verified lists of the issuer's key; their dates are judged by who asks. subject names
     * where they are published. Answers from what is there, without the network; lists that were
     * never fetched yet are waited for until deadline_ms (monotonic).
     * ret_index is the caller's; ST_NOT_FOUND: none are there, the text may say why (req 0.24). */
    enum status (*find_crl)(void *ctx, const struct cert *subject, const struct cert *issuer,
                            int64_t deadline_ms, struct crl_index **ret_index, struct err *err);
};

enum purpose {
    PURPOSE_ANY,       /* KeyUsage is reported, not judged (shepctl verify --profile cert) */
    PURPOSE_SIGN,      /* digitalSignature + nonRepudiation (req 0.26) */
    PURPOSE_AUTH,      /* digitalSignature + keyEncipherment (req 0.27) */
    PURPOSE_TRANSPORT, /* digitalSignature at least: information systems sign with either kind */
    PURPOSE_TSA,       /* EKU timeStamping, critical */
    PURPOSE_OCSP,      /* authorised responder, RFC 6960 section 4.2.2.2 */
};

enum revocation {
    REVOCATION_OFF,
    REVOCATION_OCSP,
    REVOCATION_CRL,  /* the lists of trust_io.find_crl alone */
    REVOCATION_AUTO, /* OCSP; the lists where no usable answer is to be had (req 0.22, 0.24) */
};

/* Whose revocation is judged. Anchors are not: they are withdrawn from the trust. */
enum revocation_scope {
    REVOCATION_SIGNER, /* the signer's own certificate */
    REVOCATION_PATH,   /* and the intermediates of its path, a timestamp authority's certificate and
                          its path, and a responder's that has no id-pkix-ocsp-nocheck. A pinned
                          certificate is trusted as it stands, so its path is left out */
};

/* Evidence collected on the way, for the store; a list that grows, owned by its maker. */
struct evidence;
struct evidence *evidence_new(void);
void evidence_free(struct evidence *evidence);
DEFINE_AUTO(struct evidence, evidence_free)
size_t evidence_count(const struct evidence *evidence);
struct slice evidence_data(const struct evidence *evidence, size_t i); /* borrowed */
enum evidence_kind evidence_kind(const struct evidence *evidence, size_t i);
/* What is there already is not added again. A lost item (out of memory) is seen by
 * evidence_check(). */
void evidence_add(struct evidence *evidence, enum evidence_kind kind, struct slice data);
/* All that is in from, after what is in to; both may be NULL. */
void evidence_append(struct evidence *to, const struct evidence *from);
MUST_USE enum status evidence_check(const struct evidence *evidence, struct err *err);

/* How to judge: what all formats share. Borrowed throughout; zero-initialised is the strictest. */
struct judge {
    const struct trust *trust; /* may be NULL only with signature_only */
    const struct trust_io *io; /* NULL: no outside */
    int64_t now_ms;            /* the time of judgement, Unix ms; a valid timestamp's time is used
                                  for the signer's dates and path instead */
    enum purpose purpose;
    enum revocation revocation;
    enum revocation_scope scope;
    const char *ocsp_url;     /* responders in place of the certificate's AIA, separated by blanks,
                                 tried in order; NULL: as the certificate says. Certificates of
                                 authorities that name no responder are asked of lists alone */
    const struct slice *ocsp; /* answers given beside the document, DER: used in place of receipts
                                 and responder, the newest usable one counts */
    size_t ocsp_count;
    bool ocsp_is_kept;       /* they are receipts of this very signature: as of their date, whatever
                                their age (req 0.23) */
    bool signature_only;     /* everything about the signer and the timestamp stays out of the
                                verdict: those rows are skipped and tell what is seen */
    bool timestamp_required; /* CMS: an RFC 3161 token must be there */
    unsigned algorithms;     /* allowed, enum algorithm bits; 0: ALG_DEFAULT */
    unsigned timestamp_algorithms; /* likewise, of timestamps: their signature and their imprint */
    bool follow_aia;        /* an issuer that is missing is fetched from where the certificate says
                               (http alone); by default nobody is asked */
    const char *expect_iin; /* NULL or "": anybody */
    const char *expect_bin;
    unsigned expect_roles; /* any of enum role; 0: any */
    /* In place of the three above where several may sign: asked, once it is known who signed, whom
     * the signer is to be compared with; the answer is borrowed. NULL from it: nobody is expected,
     * and the owner fails. */
    const struct expected_signer *(*expect)(void *ctx, const struct signer *signer);
    void *expect_ctx;
    const struct cert *const *pins; /* certificates that are trusted as they stand (gateways) */
    size_t pin_count;
    const struct cert *const *extra; /* further untrusted certificates, e.g. of the message */
    size_t extra_count;
    int64_t skew_ms; /* allowed clock difference of responders and timestamp authorities; the dates
                        of certificates get none */
    int64_t deadline_ms;          /* monotonic, for fetches; 0: 25 s from now */
    uint8_t signature_sha256[32]; /* of the signature value: the receipt's key; format functions
                                     fill it */
    struct evidence *evidence;    /* may be NULL */
};

/**
 * Judges a signer's certificate: path, dates, revocation, key usage, role, owner; adds a row per
 * check to the report and the evidence used to judge->evidence.
 * Returns report_verdict()-like verdict of these rows alone. Thread-safe.
 */
MUST_USE enum verdict trust_judge(const struct judge *judge, const struct cert *signer,
                                  struct report *report);

/* trust_judge() at a time that is not judge->now_ms (a timestamp's); revocation is judged at
 * judge->now_ms all the same. who: put in front of every row, "" when there is one signer only. */
MUST_USE enum verdict trust_judge_at(const struct judge *judge, const struct cert *signer,
                                     int64_t at_ms, const char *who, struct report *report);

/**
 * Judges a certificate for its own sake: the issuer's signature, then as trust_judge() does. The
 * issuer is found in itself, judge->pins, judge->extra and the trust; none found is
 * OUTCOME_UNKNOWN, so with signature_only the verdict is INDETERMINATE. Thread-safe.
 */
MUST_USE enum verdict cert_judge(const struct judge *judge, const struct cert *cert,
                                 struct report *report);
