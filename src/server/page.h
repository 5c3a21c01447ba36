/* GET /sign/ID, /sign/ID/qr.png, /sign/ID/qr.svg, /sign/ID/status: the signing page. */
#pragma once

#include "http/http.h"
#include "server/service.h"

void page_handle(const struct service *service, struct http_request *request);
