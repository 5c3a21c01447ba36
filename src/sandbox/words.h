/* What the telephone in the browser says in words of its own. */
#pragma once

#include "base/template.h"
#include "mobile/messages.h"

/* All of them, by name, to go on with at the end of a page's own values. */
const struct template_value *words_all(enum language language);
/* One of them; a name that is not there is our own mistake and gives an empty text. */
struct slice words_find(enum language language, const char *name);
