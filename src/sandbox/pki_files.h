/* The places and small files of a sandbox folder, shared by making and opening it. */
#pragma once

#include "sandbox/family.h"
#include "sandbox/file.h"

enum { PKI_URL_TEXT = 128 };

MUST_USE enum status pki_pass_path(char dst[FILE_PATH_MAX], const char *dir, struct err *err);
MUST_USE enum status pki_authority_path(char dst[FILE_PATH_MAX], const char *dir,
                                        const struct family *family, const struct entity *entity,
                                        struct err *err);
/* ST_NOT_FOUND: no authority.conf. */
MUST_USE enum status pki_read_base_url(const char *dir, char dst[PKI_URL_TEXT], struct err *err);
