/* What createSigningSession warns its caller of: the session is made, but the app will not show the
 * citizen what is signed, or an older app cannot sign it (req 1.11, 1.32, 1.46). */
#include "base/text.h"
#include "mobile/internal.h"

static bool has_mime(const struct document *document, const char *mime)
{
    return document->mime && slice_eq_str(slice_str(document->mime), mime);
}

static bool is_of_no_shown_type(const struct document *document, enum sign_method method)
{
    (void)method;
    return document->mime && !has_mime(document, "text/plain") &&
           !has_mime(document, "application/pdf") && !has_mime(document, "application/xml");
}

static bool is_xml_by_cms(const struct document *document, enum sign_method method)
{
    return has_mime(document, "application/xml") && method != METHOD_SIGN_BYTES_ARRAY;
}

static bool is_text_of_another_charset(const struct document *document, enum sign_method method)
{
    (void)method;
    return has_mime(document, "text/plain") && !text_is_utf8(document->content);
}

/* ISO 32000-1, 7.5.2 */
static bool is_pdf_by_name_only(const struct document *document, enum sign_method method)
{
    (void)method;
    return has_mime(document, "application/pdf") &&
           !slice_starts(document->content, SLICE("%PDF-"));
}

/* At most one of these fits a document: each speaks of another mime. */
static const struct document_warning {
    const char *code;
    const char *field; /* below documents/document[N] */
    bool (*fits)(const struct document *document, enum sign_method method);
    const char *text[LANGUAGE_COUNT_];
} document_warnings[] = {
    { "mimeNotShown",
      "file/mime",
      is_of_no_shown_type,
      { "Приложение не покажет этот документ: оно показывает только text/plain, application/pdf и "
        "(при SIGN_BYTES_ARRAY) application/xml.",
        "Қосымша бұл құжатты көрсетпейді: ол тек text/plain, application/pdf және "
        "(SIGN_BYTES_ARRAY кезінде) application/xml түрлерін көрсетеді.",
        "The app will not show this document: it shows text/plain, application/pdf and (with "
        "SIGN_BYTES_ARRAY) application/xml only." } },
    { "xmlNotShown",
      "file/mime",
      is_xml_by_cms,
      { "Приложение не покажет этот документ: application/xml показывается только при "
        "SIGN_BYTES_ARRAY.",
        "Қосымша бұл құжатты көрсетпейді: application/xml тек SIGN_BYTES_ARRAY кезінде "
        "көрсетіледі.",
        "The app will not show this document: application/xml is shown with SIGN_BYTES_ARRAY "
        "only." } },
    { "textNotUtf8",
      "file/data",
      is_text_of_another_charset,
      { "Текст не в UTF-8: приложение покажет его искажённым.",
        "Мәтін UTF-8 кодтауында емес: қосымша оны бұрмалап көрсетеді.",
        "The text is not UTF-8: the app will show it garbled." } },
    { "pdfNotPdf",
      "file/data",
      is_pdf_by_name_only,
      { "Файл не начинается с «%PDF-»: приложение не сможет показать его как PDF.",
        "Файл «%PDF-» деп басталмайды: қосымша оны PDF ретінде көрсете алмайды.",
        "The file does not begin with “%PDF-”: the app cannot show it as a PDF." } },
};
enum { DOCUMENT_WARNINGS = sizeof(document_warnings) / sizeof(document_warnings[0]) };

static const char *const new_app[LANGUAGE_COUNT_] = {
    "MIX_SIGN поддерживают приложения с версии 2.4.1 (iOS) и 1.6.77 (Android): с более старыми "
    "подписать не получится.",
    "MIX_SIGN әдісін 2.4.1 (iOS) және 1.6.77 (Android) нұсқасынан бастап қосымшалар қолдайды: "
    "ескі нұсқалармен қол қою мүмкін емес.",
    "MIX_SIGN needs the app of version 2.4.1 (iOS) or 1.6.77 (Android) at least: older ones cannot "
    "sign.",
};

static enum status warn_of_document(const struct signing_session *session, size_t i,
                                    struct arena *arena, struct session_created *created,
                                    struct err *err)
{
    const struct document *document = &session->documents[i];
    const enum language language = language_of(session->language);
    char path[96];

    for (size_t k = 0; k < DOCUMENT_WARNINGS; k++) {
        const struct document_warning *row = &document_warnings[k];
        if (!row->fits(document, method_of(session, document)->method))
            continue;
        text_format(path, sizeof(path), "documents/document[%zu]/%s", i + 1, row->field);
        struct session_warning *warning = &created->warnings[created->warning_count++];
        *warning = (struct session_warning){ row->code, arena_text(arena, slice_str(path)),
                                             row->text[language] };
        return warning->field ? ST_OK : RAISE(err, ST_NOMEM, "warnings");
    }
    return ST_OK;
}

enum status warnings_find(const struct signing_session *session, struct arena *arena,
                          struct session_created *ret, struct err *err)
{
    ret->warning_count = 0;
    ret->warnings = arena_array(arena, session->document_count + 1, sizeof(*ret->warnings));
    if (!ret->warnings)
        return RAISE(err, ST_NOMEM, "warnings");
    if (session->method == METHOD_MIX_SIGN)
        ret->warnings[ret->warning_count++] =
            (struct session_warning){ "newerAppNeeded", "signMethod",
                                      new_app[language_of(session->language)] };
    for (size_t i = 0; i < session->document_count; i++)
        TRY(warn_of_document(session, i, arena, ret, err));
    return ST_OK;
}
