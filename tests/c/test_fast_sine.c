/* The largest error of the fast sine against the C library's long double, in units in the last
 * place of float64. */
#include <float.h>

#include "check.h"
#include "fast_sine.h"

/* The bound that csrc/fast_sine.h states. */
#define MOST 2.5

typedef struct worst {
    double error, at;
} worst;

#if LDBL_MANT_DIG > DBL_MANT_DIG

/* Distance of doubles at this value. */
static long double last_place(long double value)
{
    int exponent;
    frexpl(value, &exponent);
    return ldexpl(1.0L, exponent < -1021 ? -1074 : exponent - DBL_MANT_DIG);
}

static void measure(double x, worst *largest)
{
    const long double exact = sinl(x);
    const long double difference = (long double)pb_fast_sine(x) - exact;
    const double error = (double)(fabsl(difference) / last_place(exact));
    if (!(error <= largest->error))
        *largest = (worst){error, x};
}

/* Deviate between 0 and 1, the same ones in every run. */
static double deviate(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)(state >> 11) * 0x1p-53;
}

/* What a lattice factor asks for: pi times an index, and that times N. */
static void of_lattice_factors(worst *largest)
{
    for (int i = 0; i < 4000000; i++) {
        const double x = PB_PI * (1000.0 * deviate() - 500.0);
        measure(x, largest);
        measure(x * floor(1.0 + 200.0 * deviate()), largest);
    }
}

static void within_reach(worst *largest)
{
    for (int i = 0; i < 4000000; i++)
        measure(PB_FAST_SINE_LIMIT * (2.0 * deviate() - 1.0), largest);
}

/* The doubles next to every zero, and others close to it. */
static void near_zeros(double limit, worst *largest)
{
    const long double pi = 3.14159265358979323846264338327950288L;
    for (int64_t m = 1; (double)m * PB_PI < limit; m++) {
        const double zero = (double)((long double)m * pi);
        measure(zero, largest);
        measure(-zero, largest);
        measure(nextafter(zero, 0.0), largest);
        measure(nextafter(zero, INFINITY), largest);
        measure(zero * (1.0 + 1e-9 * deviate()), largest);
        measure((double)m * PB_PI, largest);
    }
}

/* Where the remainder is just above a power of two and its sine just below: the two roundings of
 * the reduction count double there. */
static void above_powers_of_two(worst *largest)
{
    for (int exponent = 1; exponent < 6; exponent++) {
        const double power = ldexp(1.0, -exponent), beyond = asin(power) - power;
        for (int i = 0; i < 1000000; i++) {
            const double multiple = PB_PI * floor(PB_FAST_SINE_LIMIT / PB_PI * deviate());
            measure(multiple + (power + beyond * deviate()), largest);
        }
    }
}

static void tiny(worst *largest)
{
    for (int exponent = -1060; exponent < 0; exponent++)
        for (int i = 0; i < 100; i++)
            measure(ldexp(1.0 + deviate(), exponent), largest);
}

static worst report(const char *where, worst largest)
{
    printf("largest error %s: %.4f ULP at %.17g\n", where, largest.error, largest.at);
    return largest;
}

int main(void)
{
    worst lattice = {0.0, 0.0}, reach = {0.0, 0.0}, zeros = {0.0, 0.0}, small = {0.0, 0.0},
          far_zeros = {0.0, 0.0}, powers = {0.0, 0.0};
    of_lattice_factors(&lattice);
    within_reach(&reach);
    near_zeros(500.0 * 200.0 * PB_PI, &zeros);
    near_zeros(PB_FAST_SINE_LIMIT, &far_zeros);
    above_powers_of_two(&powers);
    tiny(&small);
    CHECK(report("in lattice factors", lattice).error <= MOST);
    CHECK(report("within reach", reach).error <= MOST);
    CHECK(report("near zeros of lattice factors", zeros).error <= MOST);
    CHECK(report("near all zeros within reach", far_zeros).error <= MOST);
    CHECK(report("above powers of two", powers).error <= MOST);
    CHECK(report("of tiny arguments", small).error <= MOST);
    CHECK_BITS(pb_fast_sine(0.0), 0.0);
    return check_summary();
}

#else

int main(void)
{
    puts("long double is no wider than double here: nothing to measure against");
    return SKIPPED;
}

#endif
