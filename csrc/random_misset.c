/* The angles of a random orientation, contract §8. */
#include "factors.h"
#include "units.h"
#include "vec3.h"

/* Radians, as large as it is in the contract: the domain may be turned to any orientation. */
#define SPREAD 90.0

pb_vec3 pb_random_misset(int32_t seed)
{
    double matrix[9];
    pb_random_domains(SPREAD, 1, seed, matrix);
    pb_vec3 u[3];
    for (int row = 0; row < 3; row++) {
        const double *m = matrix + 3 * row;
        u[row] = pb_unit(pb_unit((pb_vec3){m[0], m[1], m[2]}));
    }
    if (u[2].x * u[2].x < 1.0)
        return (pb_vec3){
            atan2(u[2].y, u[2].z),
            atan2(-u[2].x, sqrt(u[2].y * u[2].y + u[2].z * u[2].z)),
            atan2(u[1].x, u[0].x),
        };
    return (pb_vec3){4 * atan2(1, 1), 2 * atan2(1, 1), atan2(u[0].y, -u[1].y)};
}
