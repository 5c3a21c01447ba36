#include "flow/reasons.h"

#include <stdlib.h>
#include <string.h>

struct reason {
    const char *code;
    const char *words;
};

/* Sorted by code, as strcmp() sorts. */
static const struct reason reasons[] = {
    { "answerForged", "подпись ответа ЦОИД неверна" },
    { "answerInvalid", "ответ ЦОИД не такой, как условлено; что именно — в field" },
    { "answerUnproven", "сертификат подписи ЦОИД сейчас не найти или не проверить" },
    { "answerUnsigned", "ответ ЦОИД не подписан" },
    { "conflict", "другой экземпляр успел раньше" },
    { "consentIinMismatch", "согласие дал не тот, кого верифицировали" },
    { "consentMissing", "нет согласия клиента" },
    { "consentTextIncomplete", "в тексте согласия должны быть ИИН и ФИО" },
    { "dailyLimit", "сравнения отправителя на сегодня исчерпаны" },
    { "dataBelowThreshold", "ЦОИД не выдал данных: схожесть мала" },
    { "dataTooLate", "ЦОИД не выдал данных: верификация устарела" },
    { "documentFileInvalid", "текст для SIGN_BYTES_ARRAY не в UTF-8" },
    { "documentFileMissing", "нет файла, а способ подписывает файл" },
    { "documentIdInvalid", "не номер документа" },
    { "documentIdRepeated", "номер документа повторяется" },
    { "documentUnknown", "такого документа в сессии нет" },
    { "documentXmlInvalid", "documentXml — не XML, с DTD, слишком глубокий или не в UTF-8" },
    { "documentXmlMissing", "нет documentXml, а способ XML подписывает его" },
    { "documentXmlSigned", "в documentXml уже есть подпись" },
    { "documentsTooLarge", "документы вместе слишком велики" },
    { "duplicateSigner", "тот же ИИН с тем же БИН дважды" },
    { "fieldInvalid", "недопустимое значение" },
    { "fieldMissing", "поля нет или оно пусто" },
    { "fieldTooLong", "символов больше, чем можно" },
    { "fieldUnknown", "такого поля нет" },
    { "gbdflUnavailable", "523 от ЦОИД: ему недоступна ГБД ФЛ" },
    { "iinInvalid", "в ИИН не 12 цифр или (по настройке) неверна контрольная цифра" },
    { "imageBroken", "изображение повреждено" },
    { "imageRefused", "ЦОИД не принял фотографию (приложение 1)" },
    { "imageTooLarge", "больше точек, чем берёт ЦОИД (правило 5)" },
    { "imageTooSmall", "меньше точек, чем берёт ЦОИД (правило 5)" },
    { "imageType", "по содержимому не PNG и не JPEG" },
    { "inProgress", "первый запрос с этим messageId ещё выполняется" },
    { "internal", "наша ошибка" },
    { "kdpUnavailable", "523 от ЦОИД: ему недоступен КДП" },
    { "messageIdReused", "тот же messageId с другими данными в течение 72 часов" },
    { "metaTooMany", "слишком много строк meta" },
    { "monthInvalid", "нет такого месяца, или он не начался" },
    { "notAcceptable", "406 от ЦОИД, его слова — в upstreamText" },
    { "notFound", "у нас чего-то нет" },
    { "organisationNotYours", "БИН организации — не БИН отправителя" },
    { "payloadMissing", "бизнес-данных нет" },
    { "payloadNotOneElement", "в data не один элемент" },
    { "payloadNotXml", "текст в data — не XML" },
    { "periodInvalid", "период: не даты, концы наоборот, дольше 366 дней или в будущем" },
    { "personNotFound", "ЦОИД не нашёл человека или фото по ИИН" },
    { "photoTooLarge", "фотография слишком велика" },
    { "reportNotFound", "у ЦОИД нет такого отчёта" },
    { "resultTooLarge", "результат слишком велик: запрашивайте документы по одному" },
    { "sessionFinal", "сессия завершена, отменить её нельзя" },
    { "sessionNotSigned", "результата ещё нет или не будет" },
    { "sessionUnknown", "у отправителя нет такой сессии" },
    { "similarityNotFound", "ЦОИД не знает верификации с этим ключом" },
    { "timeout", "не успели в отведённое время или не дождались ответа" },
    { "tooManyDocuments", "документов больше, чем можно" },
    { "tooManySignatures", "слишком много подписей: подписанты, умноженные на документы" },
    { "tooManySigners", "подписантов больше, чем допускает сессия" },
    { "unavailable", "у нас что-то недоступно или занято" },
    { "unknownOperation", "корневой элемент — не операция этого сервиса" },
    { "upstream", "соседняя система ответила неверно" },
    { "upstreamBadRequest", "400 от ЦОИД: возможно, дело в нашем сертификате" },
    { "upstreamBiometric", "500 от ЦОИД: отказ биометрии. Такой verifyPhoto больше не "
                           "сравнивается: нужен новый messageId" },
    { "upstreamBusy", "слишком много обращений к ЦОИД" },
    { "upstreamForbidden", "401 или 403 от ЦОИД: он нас не пускает" },
    { "upstreamMethod", "405 от ЦОИД" },
    { "upstreamNotFound", "ЦОИД ответил 404 и не сказал, чего не нашёл" },
    { "upstreamOpen", "ЦОИД часто отказывал, пока к нему не обращаемся" },
    { "upstreamStatus", "иной код ответа ЦОИД" },
    { "upstreamTimeout", "504 от ЦОИД: он не дождался тех, кто за ним" },
    { "upstreamUnavailable", "502 от ЦОИД" },
    { "upstreamUnreachable", "нет связи с ЦОИД" },
    { "vendorNotFound", "ЦОИД отвечает, что такого поставщика нет" },
    { "vendorUnknown", "у ЦОИД нет такого поставщика: getVendors" },
    { "verificationBelowThreshold", "степень схожести мала для персональных данных" },
    { "verificationTooOld", "данные выдаются в течение суток: проведите новую верификацию" },
    { "verificationUnfinished", "результата ещё нет: повторите verifyPhoto с тем же messageId" },
    { "verificationUnknown", "нет такой верификации отправителя, или ЦОИД её отверг" },
};

static int compare_codes(const void *code, const void *reason)
{
    return strcmp(code, ((const struct reason *)reason)->code);
}

const char *reason_of(const char *code)
{
    const struct reason *found = bsearch(code, reasons, sizeof(reasons) / sizeof(reasons[0]),
                                         sizeof(reasons[0]), compare_codes);

    return found ? found->words : NULL;
}
