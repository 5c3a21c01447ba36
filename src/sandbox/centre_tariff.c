#include "sandbox/centre_tariff.h"

/* The first two prices of Verigram and VisionLabs are the seed's. */
const struct tariff_vendor tariff_vendors[TARIFF_VENDORS] = {
    { 1, "VisionLabs", { 390, 204, 150, 120 } },    { 2, "FORENSICS", { 300, 160, 120, 100 } },
    { 3, "Verigram", { 210, 111, 90, 75 } },        { 4, "Biometric.kz", { 200, 105, 85, 70 } },
    { 5, "BTSDigital", { 190, 100.5, 80, 65.25 } },
};

const struct tariff_step tariff_steps[TARIFF_STEPS] = {
    { 1, 1000 }, { 1001, 3000 }, { 3001, 5000 }, { 5001, 0 }
};

const struct tariff_vendor *tariff_find(int64_t id)
{
    for (size_t i = 0; i < TARIFF_VENDORS; i++)
        if (tariff_vendors[i].id == id)
            return &tariff_vendors[i];
    return NULL;
}

int64_t tariff_share(const struct tariff_step *step, int64_t count)
{
    int64_t last = step->to && step->to < count ? step->to : count;

    return last >= step->from ? last - step->from + 1 : 0;
}
