/* pb_platform.h: what this core was built with and runs on. */
#ifndef PB_PLATFORM_H
#define PB_PLATFORM_H

#include <stdint.h>

/* Compiler, flags and build type, in one line; never NULL, never freed. */
const char *pb_build_info(void);

/*
 * A hash of what the C library's sin, cos, tan, exp, log, atan2, pow and powf return for fixed
 * arguments in this process. Where it differs, so may the last bits of everything computed here: a
 * C library takes other variants of these functions on other processors.
 */
uint64_t pb_libm_fingerprint(void);

#endif
