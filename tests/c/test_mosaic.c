/* Mosaic domains and their generator, contract §4. */
#include "check.h"
#include "fixture.h"

#define DOMAINS 5

/* Golden case mosaic: -mosaic 1.5 -mosaic_domains 5 -mosaic_seed 42. */
static const double GOLDEN[DOMAINS][9] = {
    {1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0},
    {0.9996657284654455, -0.025802091212537025, -0.0016381149867766456, 0.025808264688027414,
     0.9996594336949407, 0.003866535723756714, 0.0015377923925874253, -0.003907520156095083,
     0.9999911832015256},
    {0.999763079367842, -0.01269414579594029, -0.017681736211172822, 0.012860663189740145,
     0.9998737149233451, 0.009335820676795429, 0.017560993002964032, -0.009561007682280654,
     0.9998000793442904},
    {0.9996777710500823, 0.008026030451442666, -0.024081879152834666, -0.007941425507119076,
     0.9999619616414819, 0.003606803437163947, 0.024109911431900704, -0.003414396771316156,
     0.9997034830715725},
    {0.9997426179736416, 0.016905447318188285, 0.015129562392257307, -0.016957032188028583,
     0.9998508136911705, 0.0032877683127629787, -0.015071724074683978, -0.003543474576768734,
     0.9998801362770141},
};

static pb_experiment mosaic(void)
{
    pb_experiment e = gnnqqny();
    e.mosaic_spread = 1.5;
    e.mosaic_domains = DOMAINS;
    e.mosaic_seed = 42;
    return e;
}

static void golden_domains(void)
{
    laid_out run = lay_out(mosaic());
    CHECK_BITS(run.setup.crystal.mosaic_spread, 0.02617993877991494);
    CHECK_INT(run.setup.crystal.domains, DOMAINS);
    CHECK_INT(run.setup.steps, 20);
    for (int i = 0; i < DOMAINS; i++)
        for (int j = 0; j < 9; j++)
            CHECK_BITS(run.domain_matrices[9 * i + j], GOLDEN[i][j]);
    clear_laid_out(&run);
}

/* Rows and columns of unit length at right angles, right-handed; the first domain is not turned. */
static void domains_are_rotations(void)
{
    double matrices[9 * 100];
    pb_mosaic_domains(0.5, 100, 7, matrices);
    for (int j = 0; j < 9; j++)
        CHECK_BITS(matrices[j], j % 4 == 0 ? 1.0 : 0.0);
    for (int i = 0; i < 100; i++) {
        const double *m = matrices + 9 * i;
        for (int r = 0; r < 3; r++)
            for (int s = 0; s < 3; s++)
                CHECK_NEAR(m[3 * r] * m[3 * s] + m[3 * r + 1] * m[3 * s + 1] +
                               m[3 * r + 2] * m[3 * s + 2],
                           r == s ? 1.0 : 0.0, 1e-14);
        CHECK_NEAR(m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
                       m[2] * (m[3] * m[7] - m[4] * m[6]),
                   1.0, 1e-14);
        /* Turned by at most the spread: the trace is 1 + 2 cos. */
        CHECK((m[0] + m[4] + m[8] - 1.0) / 2.0 >= cos(0.5) - 1e-7);
    }
}

/* More domains begin with the same ones; seeds 0 and 1 both start the generator at 1. */
static void seeds(void)
{
    double few[9 * 3], many[9 * 20], other[9 * 3], zero[9 * 3], one[9 * 3];
    pb_mosaic_domains(0.1, 3, 42, few);
    pb_mosaic_domains(0.1, 20, 42, many);
    pb_mosaic_domains(0.1, 3, 43, other);
    pb_mosaic_domains(0.1, 3, 0, zero);
    pb_mosaic_domains(0.1, 3, 1, one);
    CHECK(memcmp(few, many, sizeof few) == 0);
    CHECK(memcmp(few, other, sizeof few) != 0);
    CHECK(memcmp(zero, one, sizeof zero) == 0);
}

static int64_t domains_of(double spread, int64_t domains)
{
    pb_experiment e = gnnqqny();
    pb_setup setup = {0};
    e.mosaic_spread = spread;
    e.mosaic_domains = domains;
    CHECK_INT(pb_derive(&e, &setup), PB_OK);
    return setup.crystal.domains;
}

static void counts(void)
{
    CHECK_INT(domains_of(PB_NOT_GIVEN, 0), 1);
    CHECK_INT(domains_of(PB_NOT_GIVEN, 7), 1);
    CHECK_INT(domains_of(0.0, 7), 1);
    CHECK_INT(domains_of(1.0, 0), 10);
    CHECK_INT(domains_of(1.0, 7), 7);
}

int main(void)
{
    golden_domains();
    domains_are_rotations();
    seeds();
    counts();
    return check_summary();
}
