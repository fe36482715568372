/* Mosaic domains, contract §4. */
#include "deviates.h"
#include "factors.h"
#include "tangents.h"
#include "units.h"

/* Rotation about the axis v by rot, row by row. */
static void rotation(pb_vec3 v, double rot, double *m)
{
    const double s = sin(rot), c = cos(rot);
    const double t = 1.0 - c;
    m[0] = t * (v.x * v.x) + c;
    m[1] = t * v.x * v.y - s * v.z;
    m[2] = t * v.x * v.z + s * v.y;
    m[3] = t * v.x * v.y + s * v.z;
    m[4] = t * (v.y * v.y) + c;
    m[5] = t * v.y * v.z - s * v.x;
    m[6] = t * v.x * v.z - s * v.y;
    m[7] = t * v.y * v.z + s * v.x;
    m[8] = t * (v.z * v.z) + c;
}

static void random_domain(double spread, pb_deviates *g, double *matrix)
{
    const double r1 = pb_symmetric_deviate(g);
    const double r2 = pb_symmetric_deviate(g);
    const double r3 = pb_symmetric_deviate(g);
    /* In single precision, as the contract has it. */
    const double share = powf((float)(1.0 - r3 * r3), (float)(1.0 / 3.0));
    const double rot = pb_single(pb_single(spread) * share);
    const double across = sqrt(1.0 - r2 * r2);
    const pb_vec3 axis = {across * sin(PB_PI * r1), across * cos(PB_PI * r1), r2};
    rotation(axis, rot, matrix);
}

void pb_random_domains(double spread, int64_t domains, int32_t seed, double *matrices)
{
    pb_deviates g = pb_seed_deviates(seed);
    for (int64_t i = 0; i < domains; i++)
        random_domain(spread, &g, matrices + 9 * i);
}

void pb_mosaic_domains(double spread, int64_t domains, int32_t seed, double *matrices)
{
    pb_random_domains(spread, domains, seed, matrices);
    /* The first domain is not turned, but its deviates have been drawn. */
    for (int i = 0; i < 9; i++)
        matrices[i] = i % 4 == 0 ? 1.0 : 0.0;
}
