// Whether compiler and C library have binary128 and its functions, for arithmetic.cmake.
#include <math.h>

int main(int argc, char **)
{
    const _Float128 x = argc;
    return (int)(sinf128(x) + atan2f128(x, x) + expf128(x) + rintf128(x));
}
