/*
 * check.h: checks that print where and what failed, and are counted.
 *
 * main ends with `return check_summary();`, which fails where a check failed or none was run.
 */
#ifndef PB_CHECK_H
#define PB_CHECK_H

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SKIPPED 77 /* what tests/c/CMakeLists.txt takes for a test that cannot run here */

static int check_count, check_failures;

/* Counts a check; whether it failed. */
static inline int check_failed(int ok)
{
    check_count++;
    check_failures += !ok;
    return !ok;
}

static inline void check_true(int ok, const char *what, const char *file, int line)
{
    if (check_failed(ok))
        fprintf(stderr, "%s:%d: %s\n", file, line, what);
}

static inline void check_int(int64_t actual, int64_t expected, const char *what, const char *file,
                             int line)
{
    if (check_failed(actual == expected))
        fprintf(stderr, "%s:%d: %s is %" PRId64 ", not %" PRId64 "\n", file, line, what, actual,
                expected);
}

/* The same double bit for bit; 0 and -0 differ, NaN equals itself. */
static inline void check_bits(double actual, double expected, const char *what, const char *file,
                              int line)
{
    if (check_failed(memcmp(&actual, &expected, sizeof actual) == 0))
        fprintf(stderr, "%s:%d: %s is %.17g, not %.17g\n", file, line, what, actual, expected);
}

/* Within `most` of what is expected. */
static inline void check_near(double actual, double expected, double most, const char *what,
                              const char *file, int line)
{
    if (check_failed(fabs(actual - expected) <= most))
        fprintf(stderr, "%s:%d: %s is %.17g, not within %g of %.17g\n", file, line, what, actual,
                most, expected);
}

#define CHECK(condition) check_true((condition) != 0, #condition, __FILE__, __LINE__)
#define CHECK_INT(actual, expected) check_int(actual, expected, #actual, __FILE__, __LINE__)
#define CHECK_BITS(actual, expected) check_bits(actual, expected, #actual, __FILE__, __LINE__)
#define CHECK_NEAR(actual, expected, most)                                                         \
    check_near(actual, expected, most, #actual, __FILE__, __LINE__)

static inline int check_summary(void)
{
    printf("%d checks, %d failed\n", check_count, check_failures);
    return check_count == 0 || check_failures > 0;
}

#endif
