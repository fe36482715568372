/* The fingerprint of the C library's functions is of their results in this process. */
#include <fenv.h>

#include "check.h"
#include "pb_platform.h"

static void one_process_has_one(void)
{
    CHECK(pb_libm_fingerprint() == pb_libm_fingerprint());
}

/* Results that a compiler had computed would not follow the rounding mode. */
static void other_results_have_another(void)
{
    const uint64_t nearest = pb_libm_fingerprint();
    CHECK_INT(fesetround(FE_UPWARD), 0);
    const uint64_t upward = pb_libm_fingerprint();
    CHECK_INT(fesetround(FE_TONEAREST), 0);
    CHECK(upward != nearest);
    CHECK(pb_libm_fingerprint() == nearest);
}

int main(void)
{
    one_process_has_one();
    other_results_have_another();
    return check_summary();
}
