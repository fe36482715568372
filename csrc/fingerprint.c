/*
 * A fingerprint of the C library's functions: which variant of each this process runs.
 *
 * One release of a C library has several variants of a function and takes one by the processor:
 * glibc's sine with fused multiplication differs from its other sines in some last bits. No version
 * number says which was taken; results do. The first eight arguments of a function were chosen
 * because the variants of glibc 2.36 with and without AVX2 and FMA differ there (log: two; tan and
 * powf: none in 400000), the others at random.
 */
#include "pb_platform.h"

#include <stddef.h>
#include <math.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Volatile, so that no compiler computes the results by itself. */
static const volatile double SIN_ARGUMENTS[] = {
    -0x1.59a9ef86387a8p+4, -0x1.87ac56658fb8fp+6, 0x1.87392f19eefb4p+5, -0x1.95b55fc59f57cp+4,
    -0x1.f32cb231629e7p+5, 0x1.8cec0cc08db54p+4,  0x1.76887a878052ep+6, -0x1.f2d48590f5a48p+4,
    -0x1.248233eb14618p+6, 0x1.15f26de839fc4p+6,  0x1.a60a157c9f11cp+5, -0x1.87e3ba206a900p+5,
};
static const volatile double COS_ARGUMENTS[] = {
    0x1.05f206d44a310p+2,  0x1.d34ea59faa670p+3,  0x1.e32ed621649a0p+4,  0x1.0615c15f9ade2p+6,
    0x1.914179b25523cp+5,  -0x1.1a314a9c2c2acp+6, 0x1.38e499ecbe478p+5,  -0x1.578933fa18913p+6,
    -0x1.36448ce030e3dp+6, 0x1.a4952ad60ff60p+2,  -0x1.20728ad86fb93p+6, 0x1.79edf7a4a965cp+5,
};
static const volatile double TAN_ARGUMENTS[] = {
    -0x1.28f58ce6126d0p+6, -0x1.58fe22adf7d26p+6, -0x1.b2e5bfc2b6498p+4, 0x1.2f24aa600c44cp+6,
    -0x1.8944c66c94520p+1, 0x1.e0f1c0142ba20p+5,  0x1.35a0a79218e78p+5,  -0x1.ef62662904348p+4,
    -0x1.85732493f5872p+6, 0x1.8d8bf51b0d9e8p+5,  -0x1.59be22b5138d6p+6, -0x1.507a319d2a16ap+5,
};
static const volatile double EXP_ARGUMENTS[] = {
    -0x1.1352ae514034bp+5, -0x1.37c38f51ae1acp+5, 0x1.78d9e82b4c2a0p+3,  -0x1.742cb21ad8f6cp+3,
    -0x1.5019df28eb699p+5, 0x1.0407ba0fefcc4p+5,  -0x1.817bd431e6944p+5, -0x1.0d4425efdcd2ap+5,
    -0x1.5aa510695dbf8p+5, -0x1.227658957bbaap+5, 0x1.67836a1b0c400p+5,  0x1.4466e26cf2d70p+4,
};
static const volatile double LOG_ARGUMENTS[] = {
    0x1.96a7608babe17p+19, 0x1.0e4c16ad8cafbp+19, 0x1.fcefba81015b5p+18, 0x1.b38f53978cafep+19,
    0x1.c004cca94c716p+16, 0x1.b5e2f33c9d966p+19, 0x1.9575620ccaddap+18, 0x1.d98fe28989c56p+19,
    0x1.91004a40c068ep+17, 0x1.e4b7dee126f61p+19, 0x1.584bb8b5feb33p+16, 0x1.b3befa92b6ab6p+19,
};
static const volatile double ATAN2_ARGUMENTS[][2] = {
    {0x1.b34928f443c70p-4, 0x1.19a34b5b984acp-1},  {-0x1.bb69a76256b00p-2, 0x1.0af36b478428ep-1},
    {-0x1.f41193267dd0cp-1, 0x1.a0f28b6510deep-1}, {-0x1.6b179dfc642e0p-5, 0x1.dbcb9b0b5b02cp-2},
    {-0x1.9113dbbf60720p-5, 0x1.5a30b6988a400p-3}, {-0x1.6a03587dcbb2cp-1, 0x1.67314fa428390p-3},
    {0x1.a7043e61f57acp-1, 0x1.b747a9942a5eap-1},  {0x1.0d43b79b35d4cp-2, 0x1.e3fef97c00364p-2},
    {0x1.d988781000800p-9, 0x1.40ec781bf0410p-1},  {0x1.6818daa0755b4p-2, 0x1.89f6578e30d70p-1},
    {0x1.45aca5b67989cp-2, 0x1.7e4f8b07ad0e6p-1},  {-0x1.c985a3f9efd08p-2, -0x1.5d67e0ebd0ab8p-2},
};
static const volatile double POW_ARGUMENTS[][2] = {
    {0x1.c0bfcee38df9ep+8, 0x1.1c6f156651faep+4},  {0x1.8139b9d1396b8p+4, 0x1.264a76d2bae90p+1},
    {0x1.4b97df530d712p+9, -0x1.60d7f2133d118p+2}, {0x1.7fe9c119027aap+8, 0x1.0153a057979dep+4},
    {0x1.5fb47b2c9db13p+9, -0x1.e9ec25c845e78p+1}, {0x1.ede3e2d1300c8p+8, -0x1.9271c021983f0p+0},
    {0x1.04aeb69b1a82cp+4, 0x1.0c6d1910488fcp+2},  {0x1.f9b9bd62ecd0ep+7, 0x1.920b08b39a800p-3},
    {0x1.880e628b207cdp+9, -0x1.c5eb26493fe64p+2}, {0x1.b08b28eb696bdp+9, 0x1.2874ad13b231ep+4},
    {0x1.054454286f7b1p+7, -0x1.45914c8366940p+0}, {0x1.752cee3732ff1p+7, 0x1.eee98d600771cp+2},
};
static const volatile float POWF_ARGUMENTS[][2] = {
    {0x1.ca27600000000p+9f, 0x1.cc3bce0000000p+0f},
    {0x1.bcab300000000p+9f, 0x1.32203e0000000p+2f},
    {0x1.506abe0000000p+8f, 0x1.8dd0920000000p+1f},
    {0x1.0f37f00000000p+9f, 0x1.20b98e0000000p+1f},
    {0x1.5a3b600000000p+8f, -0x1.840bf40000000p+1f},
    {0x1.c0d4440000000p+9f, -0x1.00afa20000000p+1f},
    {0x1.6f5aaa0000000p+8f, 0x1.9280200000000p+1f},
    {0x1.944f780000000p+9f, -0x1.6f5b3e0000000p+1f},
    {0x1.1555e60000000p+9f, 0x1.120c500000000p-1f},
    {0x1.35c51c0000000p+8f, 0x1.248a020000000p+1f},
    {0x1.4743ee0000000p+8f, -0x1.6c9b3a0000000p+1f},
    {0x1.83bec40000000p+7f, 0x1.4720120000000p+0f},
};

/* FNV-1a over the eight bytes of a result, the lowest first. */
static uint64_t hashed(uint64_t hash, double result)
{
    uint64_t bits;
    memcpy(&bits, &result, sizeof bits);
    for (int byte = 0; byte < 8; byte++)
        hash = (hash ^ (bits >> (8 * byte) & 0xff)) * 0x100000001b3;
    return hash;
}

static uint64_t of_one(uint64_t hash, double (*function)(double), const volatile double *arguments,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        hash = hashed(hash, function(arguments[i]));
    return hash;
}

static uint64_t of_two(uint64_t hash, double (*function)(double, double),
                       const volatile double (*arguments)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        hash = hashed(hash, function(arguments[i][0], arguments[i][1]));
    return hash;
}

static uint64_t of_powf(uint64_t hash)
{
    for (size_t i = 0; i < COUNT(POWF_ARGUMENTS); i++)
        hash = hashed(hash, (double)powf(POWF_ARGUMENTS[i][0], POWF_ARGUMENTS[i][1]));
    return hash;
}

uint64_t pb_libm_fingerprint(void)
{
    uint64_t hash = 0xcbf29ce484222325;
    hash = of_one(hash, sin, SIN_ARGUMENTS, COUNT(SIN_ARGUMENTS));
    hash = of_one(hash, cos, COS_ARGUMENTS, COUNT(COS_ARGUMENTS));
    hash = of_one(hash, tan, TAN_ARGUMENTS, COUNT(TAN_ARGUMENTS));
    hash = of_one(hash, exp, EXP_ARGUMENTS, COUNT(EXP_ARGUMENTS));
    hash = of_one(hash, log, LOG_ARGUMENTS, COUNT(LOG_ARGUMENTS));
    hash = of_two(hash, atan2, ATAN2_ARGUMENTS, COUNT(ATAN2_ARGUMENTS));
    hash = of_two(hash, pow, POW_ARGUMENTS, COUNT(POW_ARGUMENTS));
    return of_powf(hash);
}
