#include "server/admin/console.h"

const struct console_page console_pages[] = {
    { NULL, NULL, 0, false, NULL },
};
