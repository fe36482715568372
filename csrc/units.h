/* Constants and unit conversions, contract §1. */
#ifndef PB_UNITS_H
#define PB_UNITS_H

/* ISO C11 has no M_PI; these are the doubles glibc's math.h gives. */
#define PB_PI 3.14159265358979323846
#define PB_1_PI 0.31830988618379067154

#define PB_RTD (180.0 * PB_1_PI)

#define PB_R_E_SQR 7.94079248018965e-30 /* m², classical electron radius squared */
#define PB_AVOGADRO 6.02214179e23

static inline double pb_radians(double degrees)
{
    return degrees / PB_RTD;
}

static inline double pb_metres(double mm)
{
    return mm / 1000.0;
}

#endif
