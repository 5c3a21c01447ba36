#include "server/page_texts.h"

const struct page_text page_texts[] = {
    { "lang", { "ru", "kk", "en" } },
    { "title", { "Подписание документов", "Құжаттарға қол қою", "Signing documents" } },
    { "languages", { "Язык страницы", "Бет тілі", "Language of the page" } },
    { "asks",
      { "просит подписать документы", "құжаттарға қол қоюды сұрайды",
        "asks you to sign documents" } },
    { "open", { "Открыть eGov Mobile", "eGov Mobile ашу", "Open eGov Mobile" } },
    { "open_business", { "Открыть eGov Business", "eGov Business ашу", "Open eGov Business" } },
    { "open_link",
      { "Открыть по ссылке вместо QR-кода", "QR-код орнына сілтемемен ашу",
        "Open by a link instead of the QR code" } },
    { "copy", { "Скопировать ссылку", "Сілтемені көшіру", "Copy the link" } },
    { "copied", { "Ссылка скопирована", "Сілтеме көшірілді", "The link is copied" } },
    { "other_device",
      { "Подписать на другом телефоне: показать QR-код",
        "Басқа телефонда қол қою: QR-кодты көрсету",
        "Sign on another telephone: show the QR code" } },
    { "qr_alt",
      { "QR-код для приложения eGov Mobile. Вместо него можно открыть ссылку рядом.",
        "eGov Mobile қосымшасына арналған QR-код. Оның орнына жанындағы сілтемені ашуға болады.",
        "QR code for the eGov Mobile app. The link beside it can be opened instead." } },
    { "steps", { "Ход подписания", "Қол қою барысы", "Progress of the signing" } },
    { "done", { ": выполнено", ": орындалды", ": done" } },
    { "time_left", { "Осталось времени:", "Қалған уақыт:", "Time left:" } },
    { "signed_of",
      { "Подписали: {{signed}} из {{signers}}", "Қол қойғандар: {{signers}} адамнан {{signed}}",
        "Signed: {{signed}} of {{signers}}" } },
    { "refused", { "Не получилось.", "Сәтсіз болды.", "It did not succeed." } },
    { "back",
      { "Вернуться на сайт организации", "Ұйымның сайтына оралу",
        "Return to the organisation's site" } },
    { "close",
      { "Эту страницу можно закрыть.", "Бұл бетті жабуға болады.", "You may close this page." } },
    { "note",
      { "Документы видны только в приложении: здесь их нет.",
        "Құжаттар тек қосымшада көрінеді: мұнда олар жоқ.",
        "The documents are shown in the app only, not here." } },
    { "renews",
      { "Страница обновляется сама.", "Бет өздігінен жаңарады.",
        "This page refreshes by itself." } },
    { "reload", { "Обновить страницу", "Бетті жаңарту", "Refresh the page" } },
    { "offline",
      { "Нет связи с сервисом. Пробуем ещё раз: подписанию это не мешает.",
        "Сервиспен байланыс жоқ. Қайта қосылып жатырмыз: бұл қол қоюға кедергі емес.",
        "No connection to the service. Trying again: signing is not affected." } },
    { "sandbox", { "Песочница", "Құмсалғыш", "Sandbox" } },
    { "sandbox_note",
      { "Сервис для испытаний: подписи здесь не имеют силы.",
        "Сынақ сервисі: мұндағы қолтаңбалардың күші жоқ.",
        "A service for trials: signatures made here have no force." } },
    { "open_phone",
      { "Открыть телефон песочницы", "Құмсалғыш телефонын ашу", "Open the sandbox's telephone" } },
    { "unknown", { "Страница не найдена", "Бет табылмады", "Page not found" } },
    { "unavailable",
      { "Сервис временно недоступен", "Сервис уақытша қолжетімсіз",
        "The service is temporarily unavailable" } },
    { NULL, { NULL, NULL, NULL } },
};

static const char *const steps[PAGE_STEPS][LANGUAGE_COUNT_] = {
    [SESSION_CREATED] = { "Ожидается сканирование", "Сканерлеу күтілуде", "Waiting for the scan" },
    [SESSION_SCANNED] = { "QR-код отсканирован", "QR-код сканерленді", "QR code scanned" },
    [SESSION_DOCUMENTS_SENT] = { "Документы открыты", "Құжаттар ашылды", "Documents open" },
    [SESSION_SIGNED] = { "Подписано", "Қол қойылды", "Signed" },
};

/* On a telephone nobody scans. */
static const char *const telephone_steps[SESSION_DOCUMENTS_SENT][LANGUAGE_COUNT_] = {
    [SESSION_CREATED] = { "Ожидается приложение", "Қосымша күтілуде", "Waiting for the app" },
    [SESSION_SCANNED] = { "Запрос принят", "Сұрау қабылданды", "Request received" },
};

const char *page_step(int step, enum page_device device, enum language language)
{
    if (device == PAGE_TELEPHONE && step < SESSION_DOCUMENTS_SENT)
        return telephone_steps[step][language];
    return steps[step][language];
}

static const struct page_state_text states[] = {
    [SESSION_CREATED] = { { "Отсканируйте QR-код", "QR-кодты сканерлеңіз", "Scan the QR code" },
                          { "Откройте eGov Mobile на телефоне, нажмите «QR» и наведите камеру на "
                            "код.",
                            "Телефонда eGov Mobile қосымшасын ашып, «QR» түймесін басыңыз да, "
                            "камераны кодқа бағыттаңыз.",
                            "Open eGov Mobile on your telephone, press “QR” and point the camera "
                            "at the code." } },
    [SESSION_SCANNED] = { { "QR-код отсканирован", "QR-код сканерленді", "QR code scanned" },
                          { "Подтвердите вход в приложении: документы сейчас откроются.",
                            "Қосымшаға кіруді растаңыз: құжаттар қазір ашылады.",
                            "Confirm the login in the app: the documents are about to open." } },
    [SESSION_DOCUMENTS_SENT] = { { "Документы открыты в приложении", "Құжаттар қосымшада ашылды",
                                   "Documents open in the app" },
                                 { "Проверьте документы и подпишите их в eGov Mobile.",
                                   "Құжаттарды тексеріп, eGov Mobile қосымшасында қол қойыңыз.",
                                   "Check the documents and sign them in eGov Mobile." } },
    [SESSION_SIGNED] = { { "Документы подписаны", "Құжаттарға қол қойылды",
                           "The documents are signed" },
                         { "Подписи проверены и переданы организации.",
                           "Қолтаңбалар тексеріліп, ұйымға берілді.",
                           "The signatures were checked and handed to the organisation." } },
    [SESSION_EXPIRED] = { { "Срок действия истёк", "Мерзімі өтті", "Expired" },
                          { "Никто не открыл документы вовремя. Получите новый QR-код на сайте "
                            "организации.",
                            "Құжаттарды ешкім уақытында ашпады. Ұйымның сайтынан жаңа QR-код "
                            "алыңыз.",
                            "Nobody opened the documents in time. Get a new QR code on the "
                            "organisation's site." } },
    [SESSION_CANCELLED] = { { "Запрос отменён", "Сұрау кері қайтарылды", "Request cancelled" },
                            { "Организация отменила запрос на подпись. За разъяснением обратитесь "
                              "в организацию.",
                              "Ұйым қол қою сұрауын кері қайтарды. Түсініктеме алу үшін ұйымға "
                              "хабарласыңыз.",
                              "The organisation has cancelled this signing request. Please contact "
                              "it for the reason." } },
    [SESSION_FAILED] = { { "Документы не подписаны", "Құжаттарға қол қойылмады",
                           "The documents are not signed" },
                         { "", "", "" } },
};

static const struct page_state_text telephone_created = {
    { "Откройте документы в приложении", "Құжаттарды қосымшада ашыңыз",
      "Open the documents in the app" },
    { "Нажмите кнопку: документы откроются в eGov Mobile, там их можно прочитать и подписать.",
      "Түймені басыңыз: құжаттар eGov Mobile қосымшасында ашылады, сонда оқып, қол қоюға болады.",
      "Press the button: the documents open in eGov Mobile, where you can read and sign them." },
};
static const struct page_state_text telephone_scanned = {
    { "Приложение приняло запрос", "Қосымша сұрауды қабылдады",
      "The app has received the request" },
    { "Подтвердите вход в приложении: документы сейчас откроются.",
      "Қосымшаға кіруді растаңыз: құжаттар қазір ашылады.",
      "Confirm the login in the app: the documents are about to open." },
};
/* The app does not report a refusal (flows.md section 1): perhaps it was one. */
static const struct page_state_text expired_opened = {
    { "Срок действия истёк", "Мерзімі өтті", "Expired" },
    { "Документы были открыты, но подпись не пришла вовремя. Чтобы подписать, получите новый "
      "QR-код на сайте организации.",
      "Құжаттар ашылды, бірақ қолтаңба уақытында келмеді. Қол қою үшін ұйымның сайтынан жаңа "
      "QR-код алыңыз.",
      "The documents were opened, but no signature came in time. To sign them, get a new QR code "
      "on the organisation's site." },
};

const struct page_state_text *page_state_text(enum session_state state, enum page_device device,
                                              bool was_opened)
{
    if (device == PAGE_TELEPHONE && state == SESSION_CREATED)
        return &telephone_created;
    if (device == PAGE_TELEPHONE && state == SESSION_SCANNED)
        return &telephone_scanned;
    if (state == SESSION_EXPIRED && was_opened)
        return &expired_opened;
    return &states[state];
}
