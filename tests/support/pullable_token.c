/* A PKCS#11 module that stands in front of SoftHSM's and can be pulled: while the file named by
 * SHEP_TOKEN_PULLED is there, every call answers as if the device were gone. SoftHSM's own tokens
 * cannot: they live on in memory. The table of functions is PKCS#11 2.40's, by position. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FUNCTIONS = 68,
    CKR_OK = 0,
    CKR_GENERAL_ERROR = 5,
    CKR_DEVICE_REMOVED = 0x32,
};

typedef unsigned long any(unsigned long, unsigned long, unsigned long, unsigned long, unsigned long,
                          unsigned long);

struct function_list {
    unsigned char version[2];
    any *functions[FUNCTIONS];
};

static struct function_list *softhsm;
static struct function_list ours;

unsigned long C_GetFunctionList(struct function_list **ret_list);

static int is_pulled(void)
{
    const char *flag = secure_getenv("SHEP_TOKEN_PULLED");

    return flag && access(flag, F_OK) == 0;
}

/* One gate for each function whose answer depends on the device; six words hold any arguments. */
#define GATE(n)                                                                                    \
    static unsigned long gate_##n(unsigned long a, unsigned long b, unsigned long c,               \
                                  unsigned long d, unsigned long e, unsigned long f)               \
    {                                                                                              \
        return is_pulled() ? CKR_DEVICE_REMOVED : softhsm->functions[n](a, b, c, d, e, f);         \
    }
GATE(6)  /* C_GetTokenInfo */
GATE(12) /* C_OpenSession */
GATE(15) /* C_GetSessionInfo */
GATE(18) /* C_Login */
GATE(24) /* C_GetAttributeValue */
GATE(26) /* C_FindObjectsInit */
GATE(27) /* C_FindObjects */
GATE(33) /* C_DecryptInit */
GATE(34) /* C_Decrypt */
GATE(42) /* C_SignInit */
GATE(43) /* C_Sign */

static const struct {
    int place;
    any *gate;
} gates[] = {
    { 6, gate_6 },   { 12, gate_12 }, { 15, gate_15 }, { 18, gate_18 },
    { 24, gate_24 }, { 26, gate_26 }, { 27, gate_27 }, { 33, gate_33 },
    { 34, gate_34 }, { 42, gate_42 }, { 43, gate_43 },
};

__attribute__((visibility("default"))) unsigned long
C_GetFunctionList(struct function_list **ret_list)
{
    void *library = dlopen("/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW | RTLD_LOCAL);
    unsigned long (*get)(struct function_list **) = NULL;

    if (library)
        *(void **)&get = dlsym(library, "C_GetFunctionList");
    if (!get || get(&softhsm) != CKR_OK)
        return CKR_GENERAL_ERROR;
    ours = *softhsm;
    for (size_t i = 0; i < sizeof(gates) / sizeof(gates[0]); i++)
        ours.functions[gates[i].place] = gates[i].gate;
    *ret_list = &ours;
    return CKR_OK;
}
