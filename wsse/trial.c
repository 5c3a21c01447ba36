/* One judgement on its way. */
#include "wsse/trial.h"

bool trial_fail(struct trial *trial, enum status status, const char *text)
{
    trial->status = status;
    return REFUSE(trial, CHECK_FORMAT, "%s", text);
}

unsigned trial_algorithms(const struct trial *trial)
{
    return trial->judge->algorithms ? trial->judge->algorithms : (unsigned)ALG_DEFAULT;
}
