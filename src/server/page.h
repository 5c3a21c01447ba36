/* GET /sign/ID, its parts /sign/ID/qr.png, qr.svg and status, and the files it needs: the signing
 * page. */
#pragma once

#include "http/http.h"
#include "server/service.h"

void page_handle(const struct service *service, struct http_request *request);
