#include "sandbox/centre_people.h"

#include "base/embedded.h"
#include "base/text.h"
#include "crypto/encode.h"

#include <string.h>

/* assets/coid-photo.jpg */
extern const struct embedded centre_assets[];

static const struct person people[] = {
    { "900101300017", "man", "0.9959589839", SHAPE_PLAIN, NULL, NULL,
      "a man with everything in order" },
    { "900101400013", "woman", "0.9773761034011841", SHAPE_SPARSE, NULL, NULL,
      "a woman of whom little is known: few members, \"-\" in place of values, codes as numbers" },
    { "900101300027", "printed", "0.9990431553", SHAPE_PRINTED, NULL, NULL,
      "the person of the technical document: codes as numbers, times with an offset" },
    { "900101300037", "foreigner", "0.9312", SHAPE_FOREIGN, NULL, NULL,
      "born and registered abroad: foreignData" },
    { "900101300047", "extras", "0.9959589839", SHAPE_EXTRAS, NULL, NULL,
      "has members that no description names" },
    { "900101300057", "low", "0.5", SHAPE_PLAIN, NULL, NULL, "similarity 0.5" },
    { "900101300067", "zero", "0.0", SHAPE_PLAIN, NULL, NULL, "similarity 0.0" },
    { "900101300077", "threshold", "0.85", SHAPE_PLAIN, NULL, NULL,
      "similarity 0.85, which passes" },
    { "900101300087", "below", "0.8499", SHAPE_PLAIN, NULL, NULL,
      "similarity 0.8499, which does not" },
    { "900101300097", "no-photo", NULL, SHAPE_PLAIN, "404-person", NULL,
      "ГБД ФЛ has no photo: 404" },
    { "900101300106", "two-faces", NULL, SHAPE_PLAIN, "500-faces", NULL,
      "every photo shows two faces: 500" },
    { "900101300116", "no-face", NULL, SHAPE_PLAIN, "500-face", NULL,
      "no face is found in any photo: 500" },
    { "900101300126", "poor-photo", NULL, SHAPE_PLAIN, "500-quality", NULL,
      "every photo is too poor: 500" },
    { "900101300136", "gbdfl-down", NULL, SHAPE_PLAIN, "523-gbdfl", NULL,
      "ГБД ФЛ is away when the photo is asked for: 523" },
    { "900101300146", "kdp-down", NULL, SHAPE_PLAIN, "523-kdp", NULL,
      "КДП gives no token when the photo is asked for: 523" },
    { "900101300156", "data-kdp-down", NULL, SHAPE_PLAIN, NULL, "523-kdp",
      "КДП gives no token when the data are asked for: 523" },
    { "900101300166", "data-504", NULL, SHAPE_PLAIN, NULL, "504",
      "ГБД ФЛ does not answer when the data are asked for: 504" },
    { "900101300176", "slow", NULL, SHAPE_PLAIN, "slow", "slow", "every answer comes after 5 s" },
    { "900101300186", "bad-jws", NULL, SHAPE_PLAIN, "bad-jws", "bad-jws",
      "the signature is of other bytes" },
    { "900101300196", "no-jws", NULL, SHAPE_PLAIN, "no-jws", "no-jws", "there is no signature" },
    { "900101300205", "unknown-kid", NULL, SHAPE_PLAIN, "unknown-kid", "unknown-kid",
      "the signature names a certificate that nobody has" },
    { "900101300215", "expired-signer", NULL, SHAPE_PLAIN, "expired-signer", "expired-signer",
      "the signer's certificate has run out" },
    { "900101300225", "not-json", NULL, SHAPE_PLAIN, "not-json", "not-json",
      "the answer is signed and no JSON" },
    { "900101300235", "empty-body", NULL, SHAPE_PLAIN, "empty-body", "empty-body",
      "the answer is signed and empty" },
    { "900101300245", "html-502", NULL, SHAPE_PLAIN, "502-html", NULL,
      "a page of HTML with 502, and no comparison" },
    { "900101300255", "data-html-502", NULL, SHAPE_PLAIN, NULL, "502-html",
      "a page of HTML with 502 in place of the data" },
    { "900101300265", "timeout", NULL, SHAPE_PLAIN, "register-then-504", NULL,
      "the comparison is done and billed, the answer is 504" },
};

enum { PEOPLE = sizeof(people) / sizeof(people[0]), PHOTO_MAX = 65536 };

size_t people_count(void)
{
    return PEOPLE;
}

const struct person *people_at(size_t i)
{
    return &people[i];
}

const struct person *people_find(const char *iin)
{
    for (size_t i = 0; i < PEOPLE; i++)
        if (strcmp(people[i].iin, iin) == 0)
            return &people[i];
    return NULL;
}

void people_result(const char *iin, char dst[BILL_RESULT_TEXT])
{
    const struct person *person = people_find(iin);
    unsigned part = 0; /* of 0.1, in 1/10000 */

    for (const char *c = iin; *c; c++)
        part = (part * 31 + (unsigned char)*c) % 999;
    if (person && person->result)
        (void)text_copy(dst, BILL_RESULT_TEXT, person->result);
    else
        (void)text_format(dst, BILL_RESULT_TEXT, "0.9%03u1", part);
}

struct bytes *people_photo(void)
{
    const struct embedded *photo = embedded_find(centre_assets, SLICE("coid-photo.jpg"));

    return photo ? base64_encode(photo->bytes) : NULL;
}
