/* Texts for citizens: what happened, and what to do now. No codes, no names of our own. */
#include "mobile/messages.h"

#include <stdbool.h>

static const char *const texts[MSG_COUNT_][LANGUAGE_COUNT_] = {
    [MSG_UNKNOWN] = { "Ссылка недействительна: такого запроса на подпись нет. Получите новый "
                      "QR-код на сайте организации.",
                      "Сілтеме жарамсыз: мұндай қол қою сұрауы жоқ. Ұйымның сайтынан жаңа QR-код "
                      "алыңыз.",
                      "This link is not valid: there is no such signing request. Get a new QR code "
                      "on the organisation's site." },
    [MSG_BEARER] = { "Доступ к документам не подтверждён. Отсканируйте QR-код ещё раз.",
                     "Құжаттарға қолжетімділік расталмады. QR-кодты қайта сканерлеңіз.",
                     "Access to the documents was not confirmed. Scan the QR code again." },
    [MSG_LOGIN] = { "Сначала нужно войти с ключом ЭЦП. Отсканируйте QR-код ещё раз и подтвердите "
                    "вход.",
                    "Алдымен ЭЦҚ кілтімен кіру керек. QR-кодты қайта сканерлеп, кіруді растаңыз.",
                    "You have to sign in with your key first. Scan the QR code again and confirm "
                    "the sign-in." },
    [MSG_LOGIN_INVALID] = { "Вход с ключом ЭЦП не удалось подтвердить. Отсканируйте QR-код ещё "
                            "раз; если не поможет, обновите eGov Mobile.",
                            "ЭЦҚ кілтімен кіруді растау мүмкін болмады. QR-кодты қайта "
                            "сканерлеңіз; "
                            "көмектеспесе, eGov Mobile қосымшасын жаңартыңыз.",
                            "Your sign-in could not be confirmed. Scan the QR code again; if that "
                            "does not help, update eGov Mobile." },
    [MSG_LOGIN_ADDRESS] = { "Вход подтверждён для другого QR-кода. Отсканируйте этот QR-код ещё "
                            "раз и подтвердите вход.",
                            "Кіру басқа QR-код үшін расталған. Осы QR-кодты қайта сканерлеп, "
                            "кіруді растаңыз.",
                            "The sign-in was confirmed for another QR code. Scan this QR code "
                            "again and confirm the sign-in." },
    [MSG_LOGIN_TIME] = { "Время на телефоне не совпадает с временем сервиса. Включите "
                         "автоматическую установку даты, времени и часового пояса и отсканируйте "
                         "QR-код ещё раз.",
                         "Телефондағы уақыт сервис уақытына сәйкес келмейді. Күнді, уақытты және "
                         "уақыт белдеуін автоматты түрде орнатуды қосып, QR-кодты қайта "
                         "сканерлеңіз.",
                         "The telephone's time is not that of the service. Switch on automatic "
                         "date, time and time zone, and scan the QR code again." },
    [MSG_LOGIN_SEEN] = { "Этот вход уже был использован. Отсканируйте QR-код ещё раз и войдите "
                         "заново.",
                         "Бұл кіру бұрын пайдаланылған. QR-кодты қайта сканерлеп, жаңадан кіріңіз.",
                         "This sign-in was used before. Scan the QR code again and sign in anew." },
    [MSG_LOGIN_KEY] = { "Этим ключом нельзя войти: нужен личный ключ аутентификации (AUTH), а не "
                        "ключ для подписи. Отсканируйте QR-код ещё раз и выберите ключ AUTH.",
                        "Бұл кілтпен кіруге болмайды: қол қою кілті емес, жеке аутентификация "
                        "кілті (AUTH) қажет. QR-кодты қайта сканерлеп, AUTH кілтін таңдаңыз.",
                        "You cannot sign in with this key: it takes your own authentication key "
                        "(AUTH), not the signing key. Scan the QR code again and choose the AUTH "
                        "key." },
    [MSG_LOGIN_LIMIT] = { "Слишком много попыток входа. Получите новый QR-код на сайте "
                          "организации.",
                          "Кіру әрекеттері тым көп. Ұйымның сайтынан жаңа QR-код алыңыз.",
                          "There were too many attempts to sign in. Get a new QR code on the "
                          "organisation's site." },
    [MSG_LOGIN_OTHER] = { "Документы подписал не тот, кто вошёл. Подпишите их своим ключом или "
                          "отсканируйте QR-код ещё раз и войдите сами.",
                          "Құжаттарға кірген адам емес, басқа тұлға қол қойған. Өз кілтіңізбен қол "
                          "қойыңыз немесе QR-кодты қайта сканерлеп, өзіңіз кіріңіз.",
                          "The documents were signed by somebody else than who signed in. Sign "
                          "them with your own key, or scan the QR code again and sign in "
                          "yourself." },
    [MSG_EXPIRED] = { "Срок действия QR-кода истёк. Получите новый QR-код на сайте организации.",
                      "QR-кодтың қолданылу мерзімі өтті. Ұйымның сайтынан жаңа QR-код алыңыз.",
                      "The QR code has expired. Get a new one on the organisation's site." },
    [MSG_SIGNED] = { "Документы по этому QR-коду уже подписаны. Больше ничего делать не нужно.",
                     "Осы QR-код бойынша құжаттарға қол қойылған. Басқа әрекет қажет емес.",
                     "The documents of this QR code are signed already. There is nothing more to "
                     "do." },
    [MSG_SIGNED_BEFORE] = { "Вы уже подписали эти документы. Больше ничего делать не нужно: "
                            "ожидаются подписи других лиц.",
                            "Сіз бұл құжаттарға қол қойып қойдыңыз. Басқа әрекет қажет емес: басқа "
                            "тұлғалардың қолтаңбалары күтілуде.",
                            "You have signed these documents already. There is nothing more to do: "
                            "the signatures of others are waited for." },
    [MSG_CANCELLED] = { "Организация отменила запрос на подпись. Обратитесь в организацию.",
                        "Ұйым қол қою сұрауын кері қайтарды. Ұйымға хабарласыңыз.",
                        "The organisation has cancelled this signing request. Please contact it." },
    [MSG_FAILED] = { "Запрос на подпись закрыт после нескольких неудачных попыток. Получите новый "
                     "QR-код на сайте организации.",
                     "Бірнеше сәтсіз әрекеттен кейін қол қою сұрауы жабылды. Ұйымның сайтынан жаңа "
                     "QR-код алыңыз.",
                     "This signing request was closed after several failed attempts. Get a new QR "
                     "code on the organisation's site." },
    [MSG_REFUSED] = { "Вы отказались подписать эти документы. Чтобы подписать их, получите новый "
                      "QR-код на сайте организации.",
                      "Сіз бұл құжаттарға қол қоюдан бас тарттыңыз. Қол қою үшін ұйымның сайтынан "
                      "жаңа QR-код алыңыз.",
                      "You have refused to sign these documents. To sign them after all, get a new "
                      "QR code on the organisation's site." },
    [MSG_METHOD] = { "Приложение обратилось к сервису неподдерживаемым способом. Обновите eGov "
                     "Mobile и повторите.",
                     "Қосымша сервиске қолдау көрсетілмейтін тәсілмен жүгінді. eGov Mobile "
                     "қосымшасын жаңартып, қайталап көріңіз.",
                     "The app called the service in a way that is not supported. Update eGov "
                     "Mobile and try again." },
    [MSG_TOO_LARGE] = { "Подписанные документы слишком велики для отправки. Обратитесь в "
                        "организацию, которая их прислала.",
                        "Қол қойылған құжаттардың көлемі тым үлкен. Оларды жіберген ұйымға "
                        "хабарласыңыз.",
                        "The signed documents are too large to be sent. Please contact the "
                        "organisation that sent them." },
    [MSG_NOT_JSON] = { "Ответ приложения не удалось прочитать: в нём нет подписанных документов. "
                       "Обновите eGov Mobile и подпишите ещё раз.",
                       "Қосымшаның жауабын оқу мүмкін болмады: онда қол қойылған құжаттар жоқ. "
                       "eGov Mobile қосымшасын жаңартып, қайта қол қойыңыз.",
                       "The app's answer could not be read: there are no signed documents in it. "
                       "Update eGov Mobile and sign again." },
    [MSG_STRANGER] = { "Из вашей сети пришло слишком много недействительных ссылок. Подождите "
                       "несколько минут и повторите.",
                       "Сіздің желіңізден тым көп жарамсыз сілтеме келді. Бірнеше минут күтіп, "
                       "қайталаңыз.",
                       "Too many links that are not valid came from your network. Wait a few "
                       "minutes and try again." },
    [MSG_UNAVAILABLE] = { "Сервис временно недоступен. Повторите через несколько минут: "
                          "QR-код остаётся в силе.",
                          "Сервис уақытша қолжетімсіз. Бірнеше минуттан кейін қайталаңыз: QR-код "
                          "күшінде қалады.",
                          "The service is temporarily unavailable. Try again in a few minutes: the "
                          "QR code stays valid." },
    [MSG_REVOCATION] = { "Сейчас не удаётся узнать, действует ли ваш сертификат: НУЦ РК не "
                         "отвечает. Повторите через несколько минут: QR-код остаётся в силе.",
                         "Сертификатыңыздың жарамдылығын қазір тексеру мүмкін емес: ҚР ҰКО жауап "
                         "бермейді. Бірнеше минуттан кейін қайталаңыз: QR-код күшінде қалады.",
                         "Whether your certificate is valid cannot be learnt now: the National "
                         "Certification Authority does not answer. Try again in a few minutes: "
                         "the QR code stays valid." },
    [MSG_INTERNAL] = { "На сервере произошла ошибка, она записана. Повторите позже или обратитесь "
                       "в организацию.",
                       "Серверде қате орын алды, ол тіркелді. Кейінірек қайталаңыз немесе ұйымға "
                       "хабарласыңыз.",
                       "An error happened on the server, and it was recorded. Try again later or "
                       "contact the organisation." },
    [MSG_CHANGED] = { "Подписано не то, что прислала организация. Отсканируйте QR-код заново и "
                      "подпишите документы ещё раз.",
                      "Ұйым жіберген құжаттан басқа құжатқа қол қойылды. QR-кодты қайта сканерлеп, "
                      "құжаттарға тағы бір рет қол қойыңыз.",
                      "What was signed is not what the organisation sent. Scan the QR code again "
                      "and sign the documents once more." },
    [MSG_FORMAT] = { "Подпись не удалось распознать. Подпишите документы ещё раз; если не поможет, "
                     "обновите eGov Mobile.",
                     "Қолтаңбаны тану мүмкін болмады. Құжаттарға қайта қол қойыңыз; көмектеспесе, "
                     "eGov Mobile қосымшасын жаңартыңыз.",
                     "The signature could not be recognised. Sign the documents again; if that "
                     "does not help, update eGov Mobile." },
    [MSG_ALGORITHM] = { "Ключи такого вида здесь не принимаются. Получите новые ключи ЭЦП в eGov "
                        "Mobile и подпишите ими.",
                        "Мұндай кілттер қабылданбайды. eGov Mobile арқылы жаңа ЭЦҚ кілттерін алып, "
                        "солармен қол қойыңыз.",
                        "Keys of this kind are not accepted here. Get new keys of your digital "
                        "signature in eGov Mobile and sign with them." },
    [MSG_CONTENT] = { "Подпись не соответствует документу. Отсканируйте QR-код заново и подпишите "
                      "документы ещё раз.",
                      "Қолтаңба құжатқа сәйкес келмейді. QR-кодты қайта сканерлеп, құжаттарға тағы "
                      "бір рет қол қойыңыз.",
                      "The signature does not fit the document. Scan the QR code again and sign "
                      "the documents once more." },
    [MSG_PATH] = { "Сертификат подписи выдан не НУЦ РК. Подпишите ключом ЭЦП, выданным НУЦ РК.",
                   "Қолтаңба сертификатын ҚР ҰКО бермеген. ҚР ҰКО берген ЭЦҚ кілтімен қол қойыңыз.",
                   "The certificate was not issued by the National Certification Authority. Sign "
                   "with a key issued by it." },
    [MSG_DATES] = { "Срок действия вашего сертификата ЭЦП истёк или ещё не начался. Получите новый "
                    "ключ ЭЦП и подпишите им.",
                    "ЭЦҚ сертификатыңыздың мерзімі өтіп кеткен немесе әлі басталмаған. Жаңа ЭЦҚ "
                    "кілтін алып, сонымен қол қойыңыз.",
                    "Your certificate has expired or is not valid yet. Get a new key and sign with "
                    "it." },
    [MSG_REVOKED] = { "Ваш сертификат ЭЦП отозван. Получите новый ключ ЭЦП и подпишите им.",
                      "ЭЦҚ сертификатыңыз кері қайтарылған. Жаңа ЭЦҚ кілтін алып, сонымен қол "
                      "қойыңыз.",
                      "Your certificate has been revoked. Get a new key and sign with it." },
    [MSG_KEY_USAGE] = { "Этот ключ не предназначен для подписи документов (например, это ключ "
                        "аутентификации AUTH). Подпишите ключом для подписи.",
                        "Бұл кілт құжаттарға қол қоюға арналмаған (мысалы, бұл AUTH аутентификация "
                        "кілті). Қол қоюға арналған кілтпен қол қойыңыз.",
                        "This key is not meant for signing documents (it may be an AUTH key for "
                        "logging in). Sign with your signing key." },
    [MSG_ROLE] = { "Для этого документа нужна подпись лица с другими полномочиями. Проверьте, "
                   "каким "
                   "ключом вы подписываете.",
                   "Бұл құжат үшін өкілеттігі басқа тұлғаның қолтаңбасы қажет. Қай кілтпен қол "
                   "қойып отырғаныңызды тексеріңіз.",
                   "This document needs the signature of somebody with another authority. Check "
                   "which key you sign with." },
    [MSG_OWNER] = { "Этот документ должно подписать другое лицо. Проверьте, что вы вошли под своим "
                    "именем и подписываете своим ключом.",
                    "Бұл құжатқа басқа тұлға қол қоюы тиіс. Өз атыңыздан кіріп, өз кілтіңізбен қол "
                    "қойып отырғаныңызды тексеріңіз.",
                    "Somebody else must sign this document. Check that you are logged in as "
                    "yourself and sign with your own key." },
    [MSG_TIMESTAMP] = { "В подписи нет верной метки времени НУЦ РК. Проверьте связь с интернетом и "
                        "подпишите ещё раз.",
                        "Қолтаңбада ҚР ҰКО-ның жарамды уақыт белгісі жоқ. Интернет байланысын "
                        "тексеріп, қайта қол қойыңыз.",
                        "The signature has no valid timestamp of the National Certification "
                        "Authority. Check your connection and sign again." },
    [MSG_SIGNERS] = { "Все документы должно подписать одно лицо, по одной подписи на документ. "
                      "Подпишите их ещё раз одним ключом.",
                      "Барлық құжатқа бір тұлға, әр құжатқа бір рет қол қоюы тиіс. Оларға бір "
                      "кілтпен қайта қол қойыңыз.",
                      "One person must sign all documents, once each. Sign them again with one "
                      "key." },
    [MSG_NO_MORE] = { "Попыток больше нет: получите новый QR-код на сайте организации.",
                      "Әрекеттер таусылды: ұйымның сайтынан жаңа QR-код алыңыз.",
                      "There are no attempts left: get a new QR code on the organisation's site." },
    [MSG_WHY_SCANNED] = { "Приложение прочло QR-код, но документы не запросило. Если так остаётся, "
                          "адрес сервиса не внесён в белый список eGov Mobile.",
                          "Қосымша QR-кодты оқыды, бірақ құжаттарды сұрамады. Осылай қала берсе, "
                          "сервис мекенжайы eGov Mobile ақ тізіміне енгізілмеген.",
                          "The app has read the QR code but not asked for the documents. If this "
                          "stays so, the service's address is not on eGov Mobile's whitelist." },
    [MSG_WHY_EXPIRED] = { "Документы были показаны, но до истечения срока подпись не пришла. Об "
                          "отказе приложение не сообщает: возможно, гражданин отказался.",
                          "Құжаттар көрсетілді, бірақ мерзім өткенше қолтаңба келмеді. Қосымша бас "
                          "тарту туралы хабарламайды: азамат бас тартқан болуы мүмкін.",
                          "The documents were shown, but no signature came before the end. The app "
                          "does not report a refusal: the citizen may have refused." },
    [MSG_WHY_EXPIRED_HALFWAY] = { "До истечения срока подписали не все, чьи подписи ожидались.",
                                  "Мерзім өткенше қолтаңбасы күтілгендердің бәрі бірдей қол "
                                  "қойған жоқ.",
                                  "Not all whose signatures were expected signed before the end." },
    [MSG_WHY_EXPIRED_UNOPENED] = { "До истечения срока документы никто не запросил.",
                                   "Мерзім өткенше құжаттарды ешкім сұрамады.",
                                   "Nobody asked for the documents before the end." },
    [MSG_WHY_CANCELLED] = { "Отменено отправителем.", "Жіберуші кері қайтарды.",
                            "Cancelled by the sender." },
};

const char *message_text(enum message message, enum language language)
{
    return texts[message][language];
}

struct language_name {
    struct slice tag; /* primary subtag, lower case */
    enum language language;
};

static const struct language_name names[] = {
    { { "ru", 2 }, LANGUAGE_RU },
    { { "kk", 2 }, LANGUAGE_KK },
    { { "kz", 2 }, LANGUAGE_KK }, /* not a language, but sent (flows.md section 1) */
    { { "en", 2 }, LANGUAGE_EN },
};

static bool language_parse(struct slice tag, enum language *ret)
{
    char primary[2];

    if (tag.len < 2 || (tag.len > 2 && tag.at[2] != '-' && tag.at[2] != '_'))
        return false;
    for (size_t i = 0; i < 2; i++)
        primary[i] = (char)(tag.at[i] | 0x20);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (slice_eq(names[i].tag, (struct slice){ primary, 2 })) {
            *ret = names[i].language;
            return true;
        }
    return false;
}

enum language language_of(const char *name)
{
    enum language language;

    return language_parse(slice_str(name), &language) ? language : LANGUAGE_RU;
}

/* The part of *rest before the separator; *rest goes on behind it. */
static struct slice next_part(struct slice *rest, char separator)
{
    const char *end = rest->len ? memchr(rest->at, separator, rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->at) : rest->len;
    struct slice part = { rest->at, len };

    *rest = slice_skip(*rest, end ? len + 1 : len);
    return slice_trim(part);
}

/* qvalue of RFC 9110 in thousandths; 0 (refused) when it is none. */
static int quality(struct slice parameter)
{
    int value = 0, digits = 0;

    if (parameter.len < 3 || (parameter.at[0] | 0x20) != 'q' || parameter.at[1] != '=')
        return 1000; /* another parameter: not ours to judge */
    if (parameter.at[2] == '1')
        return 1000;
    if (parameter.at[2] != '0')
        return 0;
    for (size_t i = 4; i < parameter.len && digits < 3; i++, digits++) {
        if (parameter.at[i] < '0' || parameter.at[i] > '9')
            return 0;
        value = value * 10 + (parameter.at[i] - '0');
    }
    for (; digits < 3; digits++)
        value *= 10;
    return value;
}

enum language language_accepted(struct slice accept_language)
{
    enum { ITEMS_MAX = 32 };
    enum language best = LANGUAGE_RU;
    int best_quality = 0;

    for (int i = 0; accept_language.len && i < ITEMS_MAX; i++) {
        struct slice item = next_part(&accept_language, ',');
        enum language language;
        bool known = language_parse(next_part(&item, ';'), &language);
        int q = quality(slice_trim(item));
        if (known && q > best_quality) {
            best = language;
            best_quality = q;
        }
    }
    return best;
}
