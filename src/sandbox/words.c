#include "sandbox/words.h"

#include <pthread.h>

static const struct {
    const char *name;
    const char *text[LANGUAGE_COUNT_];
} words[] = {
    { "lang", { "ru", "kk", "en" } },
    { "title", { "Телефон песочницы", "Құмсалғыш телефоны", "The sandbox's telephone" } },
    { "lead",
      { "Показывает то, что показало бы приложение eGov Mobile, и подписывает тестовыми ключами "
        "песочницы. Обмен с сервером — настоящий.",
        "eGov Mobile қосымшасы көрсететін нәрсені көрсетіп, құмсалғыштың сынақ кілттерімен қол "
        "қояды. Сервермен алмасу — нағыз.",
        "Shows what the eGov Mobile app would show, and signs with the sandbox's test keys. What "
        "it says to the server is the real protocol." } },
    { "app", { "QR-подписание", "QR арқылы қол қою", "Signing by QR" } },
    { "language", { "Язык приложения", "Қосымша тілі", "The app's language" } },
    /* the form */
    { "scan_title", { "Сканировать QR", "QR сканерлеу", "Scan a QR" } },
    { "qr_label",
      { "Текст QR-кода или ссылка", "QR-код мәтіні немесе сілтеме", "The QR's text, or a link" } },
    { "qr_help",
      { "mobileSign:https://… или ссылка, которая открывает приложение",
        "mobileSign:https://… немесе қосымшаны ашатын сілтеме",
        "mobileSign:https://… or the link that opens the app" } },
    { "key_label", { "Чей ключ в телефоне", "Телефонда кімнің кілті", "Whose key is in it" } },
    { "scan_button", { "Открыть документы", "Құжаттарды ашу", "Open the documents" } },
    /* the keys: sandbox/family.c */
    { "gost2015", { "ГОСТ 34.10-2015", "МЕМСТ 34.10-2015", "GOST 34.10-2015" } },
    { "gost2004", { "ГОСТ 34.310-2004", "МЕМСТ 34.310-2004", "GOST 34.310-2004" } },
    { "rsa", { "RSA", "RSA", "RSA" } },
    { "individual", { "физическое лицо", "жеке тұлға", "an individual" } },
    { "individual-2", { "другое физическое лицо", "басқа жеке тұлға", "another individual" } },
    { "legal-entity",
      { "сотрудник организации", "ұйым қызметкері", "an employee of a legal entity" } },
    { "ceo", { "первый руководитель", "бірінші басшы", "the head of a legal entity" } },
    { "individual-revoked",
      { "сертификат отозван", "сертификат кері қайтарылған", "a revoked certificate" } },
    { "individual-expired",
      { "сертификат просрочен", "сертификат мерзімі өткен", "an expired certificate" } },
    /* what is to be signed */
    { "expiry_label",
      { "Срок действия QR-кода:", "QR-кодтың қолданылу мерзімі:", "The QR code is valid until:" } },
    { "organisation_label", { "Организация", "Ұйым", "Organisation" } },
    { "bin_label", { "БИН", "БСН", "BIN" } },
    { "documents", { "Документы", "Құжаттар", "Documents" } },
    { "open_file", { "Открыть", "Ашу", "Open" } },
    { "save_file", { "Сохранить", "Сақтау", "Save" } },
    { "bytes_unit", { "байт", "байт", "bytes" } },
    { "text_cut",
      { "Показано только начало.", "Тек басы ғана көрсетілді.", "Only the beginning is shown." } },
    { "xml_hidden",
      { "XML-документ: приложение его содержимое не отображает",
        "XML-құжат: қосымша оның мазмұнын көрсетпейді",
        "An XML document: the app does not show what is in it" } },
    { "type_hidden",
      { "Файл этого типа в приложении не отображается",
        "Мұндай түрдегі файл қосымшада көрсетілмейді",
        "The app does not show files of this type" } },
    { "data_broken",
      { "Данные файла — не base64: показать нечего",
        "Файл деректері base64 емес: көрсететін ештеңе жоқ",
        "The file's data is not base64: there is nothing to show" } },
    { "sign", { "Подписать", "Қол қою", "Sign" } },
    { "refuse", { "Отказать", "Бас тарту", "Refuse" } },
    /* what came of it */
    { "done_signed", { "Подписано и отправлено", "Қол қойылып, жіберілді", "Signed and sent" } },
    { "done_refused",
      { "Вы отказались подписывать", "Сіз қол қоюдан бас тарттыңыз", "You have refused to sign" } },
    { "failed_scan",
      { "Не удалось открыть QR-код", "QR-кодты ашу мүмкін болмады",
        "The QR could not be opened" } },
    { "failed_fetch",
      { "Не удалось получить документы", "Құжаттарды алу мүмкін болмады",
        "The documents could not be fetched" } },
    { "failed_sign",
      { "Не удалось подписать", "Қол қою мүмкін болмады", "The documents could not be signed" } },
    { "failed_send",
      { "Подписи не приняты", "Қолтаңбалар қабылданбады", "The signatures were not accepted" } },
    { "failed_refuse",
      { "Отказ не передан", "Бас тарту жіберілмеді", "The refusal was not taken" } },
    { "not_allowed",
      { "Адрес не входит в список тех, к которым обращается телефон: shepctl sandbox run "
        "--phone-allow HOST",
        "Мекенжай телефон жүгінетін тізімде жоқ: shepctl sandbox run --phone-allow HOST",
        "The address is not among those that this telephone calls: shepctl sandbox run "
        "--phone-allow HOST" } },
    { "no_answer",
      { "Ответа от сервера нет", "Серверден жауап жоқ", "There was no answer from the server" } },
    { "server_said", { "Сообщение сервера", "Сервер хабары", "The server's message" } },
    { "details", { "Подробно", "Толығырақ", "In detail" } },
    { "back", { "Вернуться на сайт", "Сайтқа оралу", "Back to the site" } },
    { "again", { "Сканировать ещё раз", "Қайтадан сканерлеу", "Scan again" } },
    { "gone",
      { "Этого сеанса телефона больше нет: отсканируйте QR-код ещё раз",
        "Телефонның бұл сеансы жоқ: QR-кодты қайтадан сканерлеңіз",
        "This walk is over: scan the QR once more" } },
    { "wire", { "Для разработчика", "Әзірлеушіге", "For developers" } },
    { "key_word", { "Ключ", "Кілт", "Key" } },
};

enum { WORDS = sizeof(words) / sizeof(words[0]) };

static struct template_value values[LANGUAGE_COUNT_][WORDS + 1]; /* written once, by fill() */

static void fill(void)
{
    for (size_t language = 0; language < LANGUAGE_COUNT_; language++)
        for (size_t i = 0; i < WORDS; i++)
            values[language][i] =
                (struct template_value){ .name = words[i].name,
                                         .text = slice_str(words[i].text[language]) };
}

const struct template_value *words_all(enum language language)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, fill);
    return values[language];
}

struct slice words_find(enum language language, const char *name)
{
    for (const struct template_value *word = words_all(language); word->name; word++)
        if (strcmp(word->name, name) == 0)
            return word->text;
    return SLICE("");
}
