/* Fuzzes the one door for foreign XML: both profiles of signatures, judged without trust, and the
 * content of documents. What is found valid must have passed every check; canonical XML must be
 * its own canonical form. */
#include "crypto/init.h"
#include "wsse/xmlsig.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct xml_limits limits = { 1 << 20, 64 };

static void promise(bool kept)
{
    if (!kept)
        abort();
}

static bool has_passed(const struct report *report, enum check check)
{
    for (size_t i = 0; i < report_row_count(report); i++)
        if (report_row(report, i).check == check && report_row(report, i).outcome == OUTCOME_PASSED)
            return true;
    return false;
}

static void check_report(enum verdict verdict, const struct report *report)
{
    promise((verdict == VERDICT_VALID) == (report_culprit(report) == CHECK_COUNT_));
    for (enum check check = CHECK_FORMAT; verdict == VERDICT_VALID && check <= CHECK_COVERAGE;
         check++)
        promise(has_passed(report, check));
}

static void check_content(struct slice xml)
{
    AUTO(bytes_free) struct bytes *once = NULL;
    AUTO(bytes_free) struct bytes *twice = NULL;
    const struct xml_limits wider = { 8 << 20, 64 };
    struct err err;

    if (xml_content_c14n(xml, &limits, &once, &err) != ST_OK)
        return;
    promise(xml_content_c14n(bytes_slice(once), &wider, &twice, &err) == ST_OK);
    promise(slice_eq(bytes_slice(once), bytes_slice(twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice xml = slice_mem(data, size);
    const struct judge how = { .signature_only = true };
    AUTO(report_free) struct report *envelope = report_new();
    AUTO(report_free) struct report *document = report_new();
    struct err err;

    promise(envelope && document && crypto_init(&err) == ST_OK && wsse_init(&err) == ST_OK);
    check_report(xmlsig_judge_envelope(&how, xml, &limits, envelope), envelope);
    check_report(xmlsig_judge_enveloped(&how, xml, &limits, document), document);
    (void)xml_document_kind(xml, &limits);
    check_content(xml);
    return 0;
}
