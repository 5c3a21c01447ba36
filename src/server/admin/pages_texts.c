#include "server/admin/console.h"

const struct console_word pages_texts[] = {
    { NULL, { NULL, NULL, NULL } },
};
