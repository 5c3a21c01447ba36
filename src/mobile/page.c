/* What the signing page may know of a session. */
#include "base/text.h"
#include "mobile/internal.h"

/* «document N: CHECK: …» as judge.c writes it; whatever else refuses a PUT is the returned JSON. */
static enum message message_of_refusal(struct slice reason)
{
    const char *colon = reason.len ? memmem(reason.at, reason.len, ": ", 2) : NULL;
    struct slice rest = colon ? slice_skip(reason, (size_t)(colon - reason.at) + 2) : reason;
    enum check check = reason_check(rest);

    if (slice_eq_str(reason, REASON_OTHER_LOGIN))
        return MSG_LOGIN_OTHER;
    if (check < CHECK_COUNT_)
        return judge_message(check);
    return slice_starts(rest, SLICE("signer:")) ? MSG_SIGNERS : MSG_CHANGED;
}

/* "" unless somebody tried in vain. */
static const char *why(const struct signing_session *session, enum language language)
{
    struct slice reason = slice_str(session->reason);

    if (session->state == SESSION_FAILED && slice_eq_str(reason, "refused"))
        return message_text(MSG_REFUSED, language);
    if (session->state == SESSION_SIGNED || session->state == SESSION_CANCELLED || reason.len == 0)
        return "";
    if (slice_starts(reason, SLICE(STORE_LOGIN_REASON)))
        return message_text(login_message(slice_skip(reason, strlen(STORE_LOGIN_REASON))),
                            language);
    if (session->failed_puts == 0)
        return "";
    return message_text(message_of_refusal(reason), language);
}

static const char *name_in(const struct names *names, enum language language)
{
    const char *const all[] = { names->ru, names->kz, names->en };

    return all[language];
}

static enum status fill_links(const struct mobile *mobile, const struct signing_session *session,
                              struct mobile_page *ret_page, struct err *err)
{
    struct urls urls = { 0 };

    TRY(urls_make(mobile, &session->id, &urls, err));
    text_copy(ret_page->qr_text, sizeof(ret_page->qr_text), urls.qr_text->at);
    text_copy(ret_page->link, sizeof(ret_page->link), urls.link->at);
    text_copy(ret_page->business_link, sizeof(ret_page->business_link), urls.business_link->at);
    urls_free(&urls);
    return ST_OK;
}

static void fill(const struct signing_session *session, enum language language,
                 struct mobile_page *page)
{
    const bool live = session->state <= SESSION_DOCUMENTS_SENT;

    page->state = session->state;
    page->was_opened = session->documents_sent_ms != 0;
    page->why = why(session, language);
    page->refusals = session->failed_puts;
    page->expires_ms = session->expires_ms;
    page->left_ms = live ? session->expires_ms - session->read_ms : 0;
    page->signer_count = session_turns_wanted(session);
    page->signed_count = session->turn_count;
    text_copy(page->organisation, sizeof(page->organisation),
              name_in(&session->organisation.name, language));
    text_copy(page->back_url, sizeof(page->back_url), session->back_url);
}

enum status mobile_page_find(struct mobile *mobile, struct slice page_id, enum language language,
                             struct mobile_page *ret_page, struct err *err)
{
    AUTO(signing_session_free) struct signing_session *session = NULL;
    struct mobile_page page = { 0 };
    struct session_key key = { 0 };
    uint8_t hash[32];

    if (!secret_lookup(page_id, hash))
        return RAISE(err, ST_NOT_FOUND, "no such signing page");
    key.page_id_sha256 = hash;
    TRY(store_session_find(mobile->p.store, &key, SESSION_HEAD, mobile_content_max(mobile),
                           &session, err));
    fill(session, language, &page);
    TRY(fill_links(mobile, session, &page, err));
    *ret_page = page;
    return ST_OK;
}
