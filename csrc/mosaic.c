/* Mosaic domains and the generator that draws them, contract §4. */
#include "factors.h"
#include "units.h"

#define MULTIPLIER 16807
#define MODULUS 2147483647
#define QUOTIENT 127773 /* of modulus and multiplier, and the remainder: Schrage's method */
#define REMAINDER 2836
#define SHUFFLED 32
#define WARM_UP 8

/* Minimal standard generator with a Bays-Durham shuffle. */
typedef struct generator {
    int32_t state;
    int32_t last;
    int32_t shuffle[SHUFFLED];
} generator;

static int32_t advance(generator *g)
{
    const int32_t k = g->state / QUOTIENT;
    g->state = MULTIPLIER * (g->state - k * QUOTIENT) - REMAINDER * k;
    if (g->state < 0)
        g->state += MODULUS;
    return g->state;
}

static generator seeded(int32_t seed)
{
    generator g = {.state = seed > 1 ? seed : 1};
    for (int i = 0; i < WARM_UP; i++)
        advance(&g);
    for (int i = SHUFFLED - 1; i >= 0; i--)
        g.shuffle[i] = advance(&g);
    g.last = g.shuffle[0];
    return g;
}

/* The next deviate between 0 and 1, single precision. */
static float deviate(generator *g)
{
    const int32_t fresh = advance(g);
    const int32_t place = g->last / (1 + (MODULUS - 1) / SHUFFLED);
    g->last = g->shuffle[place];
    g->shuffle[place] = fresh;
    const double scaled = (1.0 / MODULUS) * g->last;
    const float value = (float)scaled;
    return value > 1.0 - 1.2e-7 ? (float)(1.0 - 1.2e-7) : value;
}

static double symmetric_deviate(generator *g)
{
    return 2.0 * deviate(g) - 1.0;
}

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

static void random_domain(double spread, generator *g, double *matrix)
{
    const double r1 = symmetric_deviate(g);
    const double r2 = symmetric_deviate(g);
    const double r3 = symmetric_deviate(g);
    const float rot = (float)spread * powf((float)(1.0 - r3 * r3), (float)(1.0 / 3.0));
    const double across = sqrt(1.0 - r2 * r2);
    const pb_vec3 axis = {across * sin(PB_PI * r1), across * cos(PB_PI * r1), r2};
    rotation(axis, rot, matrix);
}

void pb_mosaic_domains(double spread, int64_t domains, int32_t seed, double *matrices)
{
    generator g = seeded(seed);
    for (int64_t i = 0; i < domains; i++)
        random_domain(spread, &g, matrices + 9 * i);
    /* The first domain is not turned, but its deviates have been drawn. */
    for (int i = 0; i < 9; i++)
        matrices[i] = i % 4 == 0 ? 1.0 : 0.0;
}
