#include "sample.h"

#include "base/text.h"

static const struct meta_item meta[] = { { "Номер", "17" }, { "empty", "" } };

static const struct document documents[] = {
    { .id = 7, /* order is the caller's, not the ids' */
      .method = METHOD_CMS_WITH_DATA,
      .name = { "Договор", "Келісім", "Contract" },
      .meta = meta,
      .meta_count = 2,
      .content = { "%PDF\0\xff\x01", 7 },
      .mime = "application/pdf" },
    { .id = 3,
      .name = { "Заявление", "", "" },
      .meta = meta,
      .meta_count = 1,
      .content = { "<a>ж</a>", 9 },
      .mime = NULL },
};

static const struct expected_signer signers[] = {
    { "800101300123", "", ROLE_INDIVIDUAL, 0 },
    { "", "123456789021", ROLE_CEO | ROLE_SIGN_RIGHT, 0 },
    { "", "", 0, 0 },
};

static const struct evidence_item evidence[] = {
    { EVIDENCE_CERTIFICATE, { "\x30\x00", 2 } },
    { EVIDENCE_OCSP, { "ocsp", 4 } },
    { EVIDENCE_REPORT, { "{}", 2 } },
};

static struct signer signer(void)
{
    return (struct signer){
        .subject = "CN=ТЕСТ ТЕСТ,serialNumber=IIN800101300123,C=KZ",
        .issuer = "CN=ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ,C=KZ",
        .common_name = "ТЕСТ ТЕСТ",
        .iin = "800101300123",
        .serial = "1d2e",
        .not_before_ms = 1700000000123,
        .not_after_ms = 4102444799999, /* past 2038 */
        .roles = ROLE_INDIVIDUAL,
        .key_usage = USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION,
        .sha256 = { 1, 2, 3 },
        .pin = "",
    };
}

struct sample sample_of(unsigned number)
{
    struct sample sample = {
        .session = { .sender_id = "ekzamen",
                     .description = "Подписание \"договора\" 🙂",
                     .language = "kk",
                     .method = METHOD_MIX_SIGN,
                     .auth = AUTH_TOKEN,
                     .back_url = "https://example.kz/back",
                     .organisation = { { "ТОО", "ЖШС", "LLP" }, "123456789021" },
                     .documents = documents,
                     .document_count = 2,
                     .signers = signers,
                     .signer_count = 1 },
        .done = { { .id = 7,
                    .content = { "signed\0seven", 12 },
                    .signer = signer(),
                    .signed_at_ms = 1795337000123,
                    .evidence = evidence,
                    .evidence_count = 3 },
                  { .id = 3,
                    .content = { "<a>signed</a>", 13 },
                    .signer = signer(),
                    .signed_at_ms = 1795337000456,
                    .evidence = evidence,
                    .evidence_count = 1 } },
    };

    sample.session.id = id_new(1795337000000 + number);
    for (size_t i = 0; i < 32; i++) {
        sample.secrets.token_sha256[i] = (uint8_t)(number + i);
        sample.secrets.page_id_sha256[i] = (uint8_t)((size_t)number * 3 + i + 100);
    }
    return sample;
}
