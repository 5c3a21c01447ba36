#include "fuzz.h"

#include <stdlib.h>

void promise(bool kept)
{
    if (!kept)
        abort();
}
