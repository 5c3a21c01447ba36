/* The links that start a signing: QR text, m.egov.kz, page.link (req 1.01–1.06, C-25). */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

/* mobileSign: + API №1, no spaces (req 1.01). */
MUST_USE enum status link_qr_text(const char *api1, struct bytes **ret, struct err *err);
/* Puts API №1 in place of {API1} of a template; & = ? of it are percent-encoded, :// and / stay
 * (req 1.05). */
MUST_USE enum status link_render(const char *template_url, const char *api1, struct bytes **ret,
                                 struct err *err);
/* The seed's templates (req 1.02, 1.03). */
#define LINK_IOS "https://mgovsign.page.link/?link={API1}&isi=1476128386&ibi=kz.egov.mobile"
#define LINK_ANDROID "https://mgovsign.page.link/?link={API1}&apn=kz.mobile.mgov"
