/*
 * Dual numbers in the place of double: the core's own sources, compiled as C++ with this file
 * before them, compute every quantity together with its derivatives along PB_TANGENTS directions.
 *
 * A value is computed by the operations of the core, in its order, so that its bits are the core's.
 * Conditions look at values alone: where a quantity is not differentiable, the tangent is that of
 * the branch that was taken. Conversions to an integer or to float lose the tangent; the core
 * rounds to single precision by pb_single, which keeps it.
 *
 * With PB_BINARY128 values and tangents are binary128 (quad.h), and what is computed is the truth
 * that the same formulas have.
 */
#ifndef PB_DUAL_HPP
#define PB_DUAL_HPP

/* Every header of the system that the core includes, before double gets its new meaning. */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <type_traits>

#ifdef PB_BINARY128
#include "quad.h"
#else
typedef double pb_real;
#define PB_REAL(function) function
#endif

/* The double of the caller. */
typedef double pb_plain;

#ifndef PB_TANGENTS
#define PB_TANGENTS 8
#endif

struct pb_dual {
    pb_real value;
    pb_real tangent[PB_TANGENTS];

    pb_dual() = default;
    template <class T, class = typename std::enable_if<std::is_arithmetic<T>::value>::type>
    pb_dual(T constant) : value(constant), tangent{}
    {
    }
    explicit operator double() const
    {
        return (double)value;
    }
    explicit operator float() const
    {
        return (float)value;
    }
    explicit operator int32_t() const
    {
        return (int32_t)value;
    }
    explicit operator int64_t() const
    {
        return (int64_t)value;
    }
    explicit operator bool() const
    {
        return value != 0;
    }
    pb_dual &operator+=(const pb_dual &b)
    {
        return *this = *this + b;
    }
    pb_dual &operator-=(const pb_dual &b)
    {
        return *this = *this - b;
    }
    pb_dual &operator*=(const pb_dual &b)
    {
        return *this = *this * b;
    }
    pb_dual &operator/=(const pb_dual &b)
    {
        return *this = *this / b;
    }

    friend pb_dual operator+(const pb_dual &a, const pb_dual &b)
    {
        return along(a.value + b.value, a, 1, b, 1);
    }
    friend pb_dual operator-(const pb_dual &a, const pb_dual &b)
    {
        return along(a.value - b.value, a, 1, b, -1);
    }
    friend pb_dual operator*(const pb_dual &a, const pb_dual &b)
    {
        return along(a.value * b.value, a, b.value, b, a.value);
    }
    friend pb_dual operator/(const pb_dual &a, const pb_dual &b)
    {
        const pb_real quotient = a.value / b.value;
        pb_dual result;
        result.value = quotient;
        for (int i = 0; i < PB_TANGENTS; i++)
            result.tangent[i] = (a.tangent[i] - quotient * b.tangent[i]) / b.value;
        return result;
    }
    friend pb_dual operator-(const pb_dual &a)
    {
        return chained(-a.value, a, -1);
    }
    friend bool operator==(const pb_dual &a, const pb_dual &b)
    {
        return a.value == b.value;
    }
    friend bool operator!=(const pb_dual &a, const pb_dual &b)
    {
        return a.value != b.value;
    }
    friend bool operator<(const pb_dual &a, const pb_dual &b)
    {
        return a.value < b.value;
    }
    friend bool operator>(const pb_dual &a, const pb_dual &b)
    {
        return a.value > b.value;
    }
    friend bool operator<=(const pb_dual &a, const pb_dual &b)
    {
        return a.value <= b.value;
    }
    friend bool operator>=(const pb_dual &a, const pb_dual &b)
    {
        return a.value >= b.value;
    }

    /* A function of one argument: its value and its derivative there. */
    static pb_dual chained(pb_real value, const pb_dual &a, pb_real derivative)
    {
        pb_dual result;
        result.value = value;
        for (int i = 0; i < PB_TANGENTS; i++)
            result.tangent[i] = derivative * a.tangent[i];
        return result;
    }

    /* A function of two arguments: its value and its partial derivatives there. */
    static pb_dual along(pb_real value, const pb_dual &a, pb_real by_a, const pb_dual &b,
                         pb_real by_b)
    {
        pb_dual result;
        result.value = value;
        for (int i = 0; i < PB_TANGENTS; i++)
            result.tangent[i] = by_a * a.tangent[i] + by_b * b.tangent[i];
        return result;
    }
};

static inline pb_dual sin(const pb_dual &x)
{
    return pb_dual::chained(PB_REAL(sin)(x.value), x, PB_REAL(cos)(x.value));
}

static inline pb_dual cos(const pb_dual &x)
{
    return pb_dual::chained(PB_REAL(cos)(x.value), x, -PB_REAL(sin)(x.value));
}

static inline pb_dual exp(const pb_dual &x)
{
    const pb_real value = PB_REAL(exp)(x.value);
    return pb_dual::chained(value, x, value);
}

/* At 0 the derivative of a norm is taken as 0, not as infinite. */
static inline pb_dual sqrt(const pb_dual &x)
{
    const pb_real value = PB_REAL(sqrt)(x.value);
    return pb_dual::chained(value, x, value == 0 ? 0 : 1 / (2 * value));
}

static inline pb_dual atan2(const pb_dual &y, const pb_dual &x)
{
    const pb_real squared = x.value * x.value + y.value * y.value;
    return pb_dual::along(PB_REAL(atan2)(y.value, x.value), y, x.value / squared, x,
                          -y.value / squared);
}

static inline pb_dual fabs(const pb_dual &x)
{
    return pb_dual::chained(PB_REAL(fabs)(x.value), x, x.value < 0 ? -1 : 1);
}

/* Steps are flat, but where they jump. */
static inline pb_dual ceil(const pb_dual &x)
{
    return pb_dual::chained(PB_REAL(ceil)(x.value), x, 0);
}

static inline pb_dual floor(const pb_dual &x)
{
    return pb_dual::chained(PB_REAL(floor)(x.value), x, 0);
}

static inline pb_dual rint(const pb_dual &x)
{
    return pb_dual::chained(PB_REAL(rint)(x.value), x, 0);
}

static inline pb_dual trunc(const pb_dual &x)
{
    return pb_dual::chained(PB_REAL(trunc)(x.value), x, 0);
}

static inline pb_dual fmin(const pb_dual &a, const pb_dual &b)
{
    return a.value <= b.value || isnan(b.value) ? a : b;
}

static inline pb_dual fmax(const pb_dual &a, const pb_dual &b)
{
    return a.value >= b.value || isnan(b.value) ? a : b;
}

static inline bool isnan(const pb_dual &x)
{
    return isnan(x.value);
}
static inline bool isinf(const pb_dual &x)
{
    return isinf(x.value);
}
static inline bool isfinite(const pb_dual &x)
{
    return isfinite(x.value);
}

/* fast_sine.h works on the bits of a double: here its sine is the C library's. */
#define PB_FAST_SINE_H
#define PB_FAST_SINE_LIMIT 3.0e6

static inline pb_dual pb_fast_sine(const pb_dual &x)
{
    return sin(x);
}

/* See tangents.h. */

static inline bool pb_varies(const pb_dual &x)
{
    for (int i = 0; i < PB_TANGENTS; i++)
        if (x.tangent[i] != 0)
            return true;
    return false;
}

template <class vector> static inline vector PB_DIFFERENTIATED_AS(const vector &v, vector turned)
{
    turned.x.value = v.x.value;
    turned.y.value = v.y.value;
    turned.z.value = v.z.value;
    return turned;
}

static inline pb_dual pb_single(const pb_dual &x)
{
    return pb_dual::chained((float)x.value, x, 1);
}

#define double pb_dual

#endif
